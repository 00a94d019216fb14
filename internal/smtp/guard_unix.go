//go:build unix

package smtp

import "syscall"

// stirred says whether the server has spoken, has gone, or may have, since the
// last read. It costs one system call and waits for nothing.
func (g *guard) stirred() bool {
	if g.raw == nil {
		c, ok := g.Conn.(syscall.Conn)
		if !ok {
			return false
		}
		raw, err := c.SyscallConn()
		if err != nil {
			return true // it is closed
		}
		g.raw = raw
	}
	quiet := false
	err := g.raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR
		return true
	})
	return err != nil || !quiet
}

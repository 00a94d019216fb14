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
		g.raw, g.look = raw, func(socket uintptr) bool {
			_, _, err := syscall.Recvfrom(int(socket), g.glimpse[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			g.quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR
			return true
		}
	}
	err := g.raw.Read(g.look)
	return err != nil || !g.quiet
}

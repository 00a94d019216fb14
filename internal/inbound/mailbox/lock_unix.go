//go:build unix

package mailbox

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock that mail servers take with fcntl, over the whole file:
// to write when it can be, else to read. It does not wait.
func lockFile(f *os.File, write bool) (held bool, err error) {
	lock := unix.Flock_t{Type: unix.F_RDLCK}
	if write {
		lock.Type = unix.F_WRLCK
	}
	err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

func unlockFile(f *os.File) error {
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_UNLCK})
}

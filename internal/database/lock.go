package database

import (
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"

	"epistle/internal/newsletter"
)

// Lock is a right that at most one process holds at a time. The kernel frees it
// when the holder ends, however it ends.
type Lock struct{ file *flock.Flock }

// Release gives the right back.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("release %s: %w", l.file.Path(), err)
	}
	return nil
}

// TrySenderLock takes the right to send if it is free: the lock on
// <database>.lock. It gives nil without an error when another process holds it.
func (db *DB) TrySenderLock() (*Lock, error) {
	return db.tryLock(".lock", "the sender's lock")
}

// TryJobLock takes the right to do one long change of the audience (an import, its
// undoing) if it is free: the lock on <database>.job. It gives nil without an
// error when another process holds it. Who holds it knows that an unfinished job
// is dead.
func (db *DB) TryJobLock() (*Lock, error) {
	return db.tryLock(".job", "the lock of long changes")
}

func (db *DB) tryLock(suffix, what string) (*Lock, error) {
	path := db.path + suffix
	file := flock.New(path, flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "%s cannot be taken: %w", what, err).
			At(path).With("Give this user the right to write the database's folder.")
	}
	if !ok {
		return nil, nil
	}
	return &Lock{file}, nil
}

// SenderRunning says whether some process holds the sender's lock right now.
func (db *DB) SenderRunning() (bool, error) {
	if _, err := os.Stat(db.path + ".lock"); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	l, err := db.TrySenderLock()
	if err != nil {
		return false, err
	}
	if l == nil {
		return true, nil
	}
	return false, l.Release()
}

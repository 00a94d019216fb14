package database

import (
	"github.com/gofrs/flock"

	"epistle/internal/newsletter"
)

// JobLock is the right to do one long change of the audience (an import, its
// undoing), held by at most one process at a time.
type JobLock struct{ lock *flock.Flock }

// TryJobLock takes the lock on <database>.job if it is free; nil without an error
// when another process holds it. The kernel frees it when the holder ends,
// however it ends, so that who holds it knows that an unfinished job is dead.
func (db *DB) TryJobLock() (*JobLock, error) {
	lock := flock.New(db.path+".job", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "the lock of long changes cannot be taken: %w", err).
			At(db.path + ".job").With("Give this user the right to write the database's folder.")
	}
	if !ok {
		return nil, nil
	}
	return &JobLock{lock}, nil
}

// Release gives the lock back.
func (l *JobLock) Release() error { return l.lock.Close() }

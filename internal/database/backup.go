package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"epistle/internal/newsletter"
)

// Backup writes a consistent copy of the database to a new file while others go
// on reading and writing. The copy is checked, synced and only then given its
// name, so a file of that name is always whole. An existing file is refused.
func (db *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return newsletter.Errorf(newsletter.Conflict, "the file exists already").At(path).
			With("Choose another name; a backup never overwrites a file.")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return newsletter.Errorf(newsletter.Unavailable, "the backup cannot be written: %w", err).At(path)
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	defer func() { _ = os.Remove(part) }()
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return newsletter.Errorf(newsletter.Unavailable, "an old, unfinished backup is in the way: %w", err).At(part)
	}
	// An empty file of mode 0600 first: VACUUM INTO accepts an empty target and
	// the secrets in it are never readable by others.
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return newsletter.Errorf(newsletter.Unavailable, "the backup cannot be written: %w", err).At(path).
			With("Check that the folder exists and that this user may write there.")
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", part, err)
	}
	if err := db.copyTo(ctx, part); err != nil {
		return err
	}
	if err := checkCopy(ctx, part); err != nil {
		return err
	}
	return publish(part, path)
}

// copyTo reads one snapshot on a connection of its own: VACUUM INTO only reads the
// database, but the readers' connections refuse it as a write.
func (db *DB) copyTo(ctx context.Context, path string) error {
	pool, err := connect(db.path, "_txlock=deferred", 1)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?1`, path)
	if err = errors.Join(err, pool.Close()); err != nil {
		return explain(path, fmt.Errorf("copy the database: %w", err))
	}
	return nil
}

// checkCopy asks SQLite whether the file is sound in every page.
func checkCopy(ctx context.Context, path string) error {
	pool, err := connect(path, "mode=ro&immutable=1", 1)
	if err != nil {
		return err
	}
	var verdict string
	err = pool.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&verdict)
	if err = errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if verdict != "ok" {
		return newsletter.Errorf(newsletter.Failed, "the copy is damaged: %s", verdict).At(path).
			With("Check the disk and try again.")
	}
	return nil
}

// publish makes the finished file durable and gives it its name.
func publish(part, path string) error {
	f, err := os.Open(part)
	if err != nil {
		return fmt.Errorf("open %s: %w", part, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", part, err)
	}
	// Link fails when the name has been taken meanwhile, which Rename would not.
	if err := os.Link(part, path); err != nil {
		return newsletter.Errorf(newsletter.Unavailable, "the backup cannot be given its name: %w", err).At(path)
	}
	return nil
}

// Checkpoint brings everything written so far into the database file and empties
// the write-ahead log, so that what was overwritten stands in neither. It waits for
// its turn to write; a reader that holds an old state for longer than the busy
// timeout is an error (Unavailable), and nothing is lost.
func (db *DB) Checkpoint(ctx context.Context) error {
	release, err := db.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	var busy, logged, moved int
	if err := db.writer.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &logged, &moved); err != nil {
		return explain(db.path, fmt.Errorf("empty the write-ahead log: %w", err))
	}
	if busy != 0 {
		return newsletter.Errorf(newsletter.Unavailable, "a program that reads holds an old state of the database; it is done, but the old words stand in the write-ahead log until that ends").
			At(db.path + "-wal").With("End what reads for long, such as a backup; the log is then emptied by itself.")
	}
	return nil
}

// CheckIntegrity asks SQLite whether the structure of the file is sound.
func (db *DB) CheckIntegrity(ctx context.Context) error {
	var verdict string
	if err := db.reader.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return explain(db.path, fmt.Errorf("check the database: %w", err))
	}
	if verdict != "ok" {
		return newsletter.Errorf(newsletter.Failed, "the database is damaged: %s", verdict).At(db.path).With("Go back to a backup.")
	}
	return nil
}

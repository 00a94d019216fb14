package database_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
)

// counted is a database with a table whose rows tests count.
func counted(t *testing.T) *database.DB {
	t.Helper()
	db := databasetest.New(t)
	if err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`CREATE TABLE counted (n INTEGER PRIMARY KEY)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

func rows(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *database.Tx) error { return tx.QueryRow(`SELECT COUNT(*) FROM counted`).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func insert(n int) func(*database.Tx) error {
	return func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO counted VALUES ($1)`, n)
		return err
	}
}

// gathered holds the turn to write until all have joined the queue, so that they
// are one group.
func gathered(t *testing.T, db *database.DB, changes ...func(*database.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(changes))
	var wg sync.WaitGroup
	if err := db.Write(t.Context(), func(*database.Tx) error {
		for i, fn := range changes {
			wg.Go(func() { errs[i] = db.WriteTogether(t.Context(), fn) })
		}
		database.AwaitWaiting(db, len(changes))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	return errs
}

func TestChangesTogetherAreEachWholeOrNotThere(t *testing.T) {
	t.Parallel()
	db := counted(t)
	broken := errors.New("broken")
	errs := gathered(t, db,
		insert(1),
		func(tx *database.Tx) error { return errors.Join(insert(2)(tx), broken) },
		func(tx *database.Tx) error { return errors.Join(insert(3)(tx), insert(3)(tx)) },
		func(tx *database.Tx) error { _ = insert(4)(tx); panic("out of oil") },
		insert(5),
	)
	if errs[0] != nil || errs[4] != nil || !errors.Is(errs[1], broken) || !database.IsUnique(errs[2]) || errs[3] == nil || !strings.Contains(errs[3].Error(), "out of oil") {
		t.Errorf("the errors are %v", errs)
	}
	if n := rows(t, db); n != 2 {
		t.Errorf("%d rows were written, want 2", n)
	}
}

func TestLostTransactionIsEverybodysError(t *testing.T) {
	t.Parallel()
	db := counted(t)
	lost := func(tx *database.Tx) error {
		_, err := tx.Exec(`ROLLBACK`) // what SQLite itself does on a full disk
		return errors.Join(err, errors.New("no room"))
	}
	for _, err := range gathered(t, db, insert(1), lost, insert(2)) {
		if err == nil {
			t.Error("a change is reported as written")
		}
	}
	if n := rows(t, db); n != 0 {
		t.Errorf("%d rows were written, want none", n)
	}
	if err := db.WriteTogether(t.Context(), insert(9)); err != nil || rows(t, db) != 1 {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWhoNoLongerWaitsHasChangedNothing(t *testing.T) {
	t.Parallel()
	db := counted(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Write(t.Context(), func(*database.Tx) error {
		done := make(chan error)
		go func() { done <- db.WriteTogether(ctx, insert(1)) }()
		database.AwaitWaiting(db, 1)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.WriteTogether(t.Context(), insert(2)); err != nil || rows(t, db) != 1 {
		t.Errorf("%d rows, %v", rows(t, db), err)
	}
}

func TestManyChangesTogether(t *testing.T) {
	t.Parallel()
	db := counted(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if err := db.WriteTogether(t.Context(), insert(100*g+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := rows(t, db); n != 400 {
		t.Errorf("%d rows, want 400", n)
	}
}

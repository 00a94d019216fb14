package database_test

import (
	"errors"
	"testing"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
)

func TestKeptStatementsAreLikeOthers(t *testing.T) {
	const note = `INSERT INTO audit (id, at, actor, action) VALUES ($1, $3, $2, $2)`
	db := databasetest.New(t)
	db.KeepCompiled(note)
	write := func(ids ...int) error {
		return db.Write(t.Context(), func(tx *database.Tx) error {
			for _, id := range ids {
				if n, err := tx.ExecHot(note, id, "ana", int64(7)); err != nil || n != 1 {
					return errors.Join(err, errors.New("not written"))
				}
			}
			return nil
		})
	}
	expect := func(want int, when string) {
		t.Helper()
		if n := count(t, db, "audit WHERE at = 7 AND actor = 'ana' AND action = 'ana'"); n != want {
			t.Errorf("%s: %d rows, want %d", when, n, want)
		}
	}
	if err := write(1, 2); err != nil {
		t.Fatal(err)
	}
	expect(2, "two in one transaction")
	if err := write(3, 3); !database.IsUnique(err) {
		t.Errorf("the same number twice: %v", err)
	}
	expect(2, "after a transaction that failed")
	if err := db.LoseConnection(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := write(4); err != nil {
		t.Errorf("on another connection: %v", err)
	}
	expect(3, "on another connection")
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.ExecHot(`DELETE FROM audit WHERE id = $1`, 4)
		return err
	})
	if err != nil {
		t.Errorf("a statement that is not kept: %v", err)
	}
	expect(2, "after a statement that is not kept")
	if err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.ExecHot(note, 5, struct{}{}, 7)
		return err
	}); err == nil {
		t.Error("a parameter that no column takes was taken")
	}
}

package database_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/newsletter"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestSchemaIsCurrent compares the schema after all migrations, from version
// zero, with the dump that is committed for reading and for reviews.
func TestSchemaIsCurrent(t *testing.T) {
	db := databasetest.New(t)
	got, err := db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const file = "schema.sql"
	got = "-- Made from the migrations by `make generate`; for reading.\n\n" + got
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the migrations make; run `make generate` and look at the difference", file)
	}
}

func TestParametersAreBoundByNumber(t *testing.T) {
	db := databasetest.New(t)
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		var got string
		if err := tx.QueryRow(`SELECT $3 || $1 || $1 || $2`, "A", "B", "C").Scan(&got); err != nil {
			return err
		}
		if got != "CAAB" {
			t.Errorf("$3$1$1$2 of A, B, C gives %s, want CAAB", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryConnectionHasEveryPragma(t *testing.T) {
	db := databasetest.New(t)
	check := func(tx *database.Tx) error {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"} {
			var got string
			if err := tx.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
		}
		return nil
	}
	if err := errors.Join(db.Read(t.Context(), check), db.Write(t.Context(), check)); err != nil {
		t.Fatal(err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := databasetest.New(t)
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM audit`)
		return err
	})
	if err == nil {
		t.Error("a reading transaction wrote")
	}
}

func TestFileIsForItsOwnerOnly(t *testing.T) {
	db := databasetest.New(t)
	for _, side := range []string{"", "-wal", ".queue", ".write"} {
		info, err := os.Stat(db.Path() + side)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s%s has mode %o, want 600", filepath.Base(db.Path()), side, mode)
		}
	}
}

func TestWriteRollsBackWhatFails(t *testing.T) {
	db := databasetest.New(t)
	boom := errors.New("boom")
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := tx.Exec(`INSERT INTO audit (at, actor, action) VALUES (1, 'a', 'b')`); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error %v, want boom", err)
	}
	if n := count(t, db, "audit"); n != 0 {
		t.Errorf("%d rows stayed of a failed transaction", n)
	}
}

func count(t *testing.T, db *database.DB, table string) (n int) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReopenKeepsEverythingAndItsSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b%c?d#e.db") // every character that means something in a URI
	first := keysOf(t, path)
	second := keysOf(t, path)
	if first == "" || first != second {
		t.Error("a second opening has other secrets than the first")
	}
	if other := keysOf(t, filepath.Join(t.TempDir(), "other.db")); other == first {
		t.Error("two databases share their secrets")
	}
}

func keysOf(t *testing.T, path string) (keys string) {
	t.Helper()
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT group_concat(purpose || hex(key)) FROM secrets`).Scan(&keys)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the database is not where it was asked for: %v", err)
	}
	return keys
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	db, err := database.Open(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		kind newsletter.Kind
	}{
		"another engine's address":      {"postgres://localhost/epistle", newsletter.Usage},
		"no path":                       {"", newsletter.Usage},
		"a folder that does not exist":  {filepath.Join(dir, "none", "x.db"), newsletter.Unavailable},
		"a file that is no database":    {text, newsletter.Unavailable},
		"a database of a newer program": {newer, newsletter.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := database.Open(t.Context(), c.path)
			if newsletter.KindOf(err) != c.kind || newsletter.RemedyOf(err) == "" {
				t.Errorf("error %v of kind %d with remedy %q, want kind %d and a remedy", err, newsletter.KindOf(err), newsletter.RemedyOf(err), c.kind)
			}
		})
	}
	if content, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(content), "this is no database") {
		t.Error("a file that is no database was changed")
	}
}

// TestTwoProgramsMigrateOnce opens a new file from two sides at once, as two
// processes started together do.
func TestTwoProgramsMigrateOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "epistle.db")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := database.Open(context.Background(), path)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if n := count(t, db, "secrets"); n != len(database.SecretPurposes) {
		t.Errorf("%d keys, want one for each of %d purposes", n, len(database.SecretPurposes))
	}
}

func TestOnlyOneHoldsTheSendersLock(t *testing.T) {
	db := databasetest.New(t)
	running := func(want bool) {
		t.Helper()
		if got, err := db.SenderRunning(); err != nil || got != want {
			t.Fatalf("SenderRunning is %t, %v, want %t", got, err, want)
		}
	}
	running(false)
	first, err := db.TrySenderLock()
	if err != nil || first == nil {
		t.Fatalf("the free lock was not given: %v", err)
	}
	running(true)
	if second, err := db.TrySenderLock(); err != nil || second != nil {
		t.Fatalf("the lock was given twice (%v)", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	running(false)
}

func TestBackupIsWholeWhileOthersWrite(t *testing.T) {
	db := databasetest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for ctx.Err() == nil {
			// Two rows in one transaction: a copy never has an odd number.
			err := db.Write(context.Background(), func(tx *database.Tx) error {
				_, err := tx.Exec(`INSERT INTO audit (at, actor, action) VALUES (1, 'a', 'b'), (2, 'a', 'b')`)
				return err
			})
			if err != nil {
				t.Errorf("write beside a backup: %v", err)
				return
			}
		}
	})
	path := filepath.Join(t.TempDir(), "copy.db")
	err := db.Backup(t.Context(), path)
	stop()
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode is %v, %v; want 600", info.Mode(), err)
	}
	restored, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = restored.Close() })
	if n := count(t, restored, "audit"); n%2 != 0 {
		t.Errorf("the copy has %d rows: half a transaction", n)
	}
	if n := count(t, restored, "secrets"); n != len(database.SecretPurposes) {
		t.Errorf("the copy has %d keys", n)
	}
}

func TestBackupOverwritesNothing(t *testing.T) {
	db := databasetest.New(t)
	path := filepath.Join(t.TempDir(), "precious.db")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path); newsletter.KindOf(err) != newsletter.Conflict {
		t.Errorf("error %v, want a conflict", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "precious" {
		t.Error("the file was overwritten")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files, want only the old one", len(files))
	}
}

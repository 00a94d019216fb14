// Package databasetest gives tests a real, migrated database in a folder of
// their own.
package databasetest

import (
	"path/filepath"
	"testing"

	"epistle/internal/database"
)

// New opens a fresh database that is closed and removed when the test ends.
func New(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "epistle.db"))
	if err != nil {
		t.Fatalf("open a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return db
}

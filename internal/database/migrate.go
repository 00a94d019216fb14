package database

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"epistle/internal/newsletter"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each step in a transaction of its own,
// while no other process writes.
func (db *DB) migrate(ctx context.Context) error {
	release, err := db.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	provider, err := db.migrator()
	if err != nil {
		return err
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > want {
		return newsletter.Errorf(newsletter.Usage, "the database has schema %d, this program knows up to %d", have, want).
			At(db.path).With("Use the newer program that wrote it, or a backup from before.")
	}
	if have == want {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate from schema %d to %d: %w", have, want, err)
	}
	return nil
}

func (db *DB) migrator() (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.writer, folder,
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunTx: makeSecrets}, nil)))
	if err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	return provider, nil
}

// SecretPurposes are the uses for which every database has a key of its own.
var SecretPurposes = []string{"link", "verp", "message-id", "address", "protect"}

// makeSecrets gives a new database its first key for each purpose. They live
// here, and so in every backup, so that a link sent a year ago works on a machine
// that has only the database.
func makeSecrets(ctx context.Context, tx *sql.Tx) error {
	for _, purpose := range SecretPurposes {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return fmt.Errorf("make the %s key: %w", purpose, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO secrets (purpose, key, made_at) VALUES (?1, ?2, ?3)`,
			purpose, key, time.Now().UnixMilli()); err != nil {
			return fmt.Errorf("store the %s key: %w", purpose, err)
		}
	}
	return nil
}

// Schema gives the SQL of all tables and indexes, sorted by name, for the
// committed dump that a test compares.
func (db *DB) Schema(ctx context.Context) (string, error) {
	var out string
	err := db.Read(ctx, func(tx *Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var s string
			if err := r.Scan(&s); err != nil {
				return err
			}
			out += s + ";\n\n"
			return nil
		}, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'
			ORDER BY tbl_name, type DESC, name`)
	})
	return out, err
}

// Version is the number of the newest migration that the file has.
func (db *DB) Version(ctx context.Context) (int64, error) {
	provider, err := db.migrator()
	if err != nil {
		return 0, err
	}
	v, err := provider.GetDBVersion(ctx)
	if err != nil && !errors.Is(err, goose.ErrVersionNotFound) {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return v, nil
}

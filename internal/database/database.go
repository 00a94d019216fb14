// Package database opens Epistle's SQLite file and hands out transactions.
//
// Its job, in order: make the file (mode 0600) if there is none, bring its
// schema up to date (and refuse one that is newer than this program), then give
// readers a pool of their own and writers one connection, one at a time. Writers
// of different processes take turns through two advisory file locks, so that a
// process that commits back to back cannot starve another. It also holds the
// lock that decides which process sends.
//
// SQL is written with $1, $2 … as PostgreSQL wants it; the dialect rewrites it
// to what SQLite means by it. What the tables are for is left to packages store
// and ledger.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	// The driver registers itself under the name "sqlite3".
	"github.com/mattn/go-sqlite3"

	"epistle/internal/newsletter"
)

// DB is one open database. It is safe for use by several goroutines.
type DB struct {
	path   string
	writer *sql.DB
	reader *sql.DB
	turn   *turnstile
	hot    hot

	together together
}

// readers is the number of connections for reading. Reading never waits for
// writing in WAL mode; four are plenty for a web server on a small machine.
const readers = 4

// Open opens the database in the file at path, makes it when it does not exist
// and migrates it to the newest schema. A path that begins with a scheme such as
// postgres:// is refused: SQLite is the only engine so far.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := ensureFile(path); err != nil {
		return nil, err
	}
	db := &DB{path: path, turn: newTurnstile(path), hot: hot{stmts: map[string]*sqlite3.SQLiteStmt{}}}
	var err error
	if db.writer, err = connect(path, "_txlock=immediate", 1); err != nil {
		return nil, err
	}
	if db.reader, err = connect(path, "_query_only=1", readers); err != nil {
		return nil, errors.Join(err, db.writer.Close())
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	return db, nil
}

// ensureFile makes an empty file that only its owner can read, because the
// secrets live in it; SQLite gives its side files the same mode.
func ensureFile(path string) error {
	if path == "" || strings.Contains(path, "://") {
		return newsletter.Errorf(newsletter.Usage, "%q is not a database file", path).
			At("database.url").With("Give the path of a SQLite file, for example epistle.db.")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return newsletter.Errorf(newsletter.Unavailable, "the database file cannot be opened: %w", err).
			At(path).With("Check that its folder exists and that this user may write there, or set database.url.")
	}
	return f.Close()
}

// connect opens a pool in which every connection has every pragma, because the
// pragmas stand in the DSN. secure_delete overwrites what is deleted, so that an
// erased person is gone from the file's free pages too. Each connection keeps its
// last statements compiled: compiling a page's questions took longer than answering
// them.
func connect(path, extra string, connections int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", path, err)
	}
	dsn := "file:" + (&url.URL{Path: abs}).EscapedPath() +
		"?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_secure_delete=on&_busy_timeout=5000&_stmt_cache_size=64&" + extra
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// Path is the file the database lives in.
func (db *DB) Path() string { return db.path }

// Close ends all connections. Unfinished transactions are rolled back.
func (db *DB) Close() error {
	return errors.Join(db.hot.close(), db.reader.Close(), db.writer.Close(), db.turn.close())
}

// Write runs fn in one write transaction and commits it if fn returns nil; any
// error or panic rolls everything back. It waits for its turn among all
// goroutines and processes, until ctx ends; once begun, the transaction goes to its
// end. fn must not take longer than 100 ms: others wait.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	release, err := db.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := ctx.Err(); err != nil {
		return err
	}
	// For a context that can end, the driver would start a goroutine for each
	// statement, which costs more than most statements.
	return explain(db.path, db.transact(context.WithoutCancel(ctx), fn))
}

func (db *DB) transact(ctx context.Context, fn func(*Tx) error) error {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take the connection: %w", err)
	}
	defer func() { _ = conn.Close() }() // back to the pool: the commit has said what there is to say
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := fn(&Tx{ctx: ctx, q: tx, conn: conn, db: db}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Read runs fn in one read transaction: everything it reads is of the same
// moment, and writers are not kept waiting.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return explain(db.path, fmt.Errorf("begin reading: %w", err))
	}
	defer tx.Rollback()
	return explain(db.path, fn(&Tx{ctx: ctx, q: tx}))
}

// IsUnique says whether err is the refusal of a UNIQUE or PRIMARY KEY constraint.
func IsUnique(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) &&
		(e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// explain gives the failures of the file itself a sentence for the person.
func explain(path string, err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	say := func(message, remedy string) error {
		return newsletter.Errorf(newsletter.Unavailable, "%s: %w", message, err).At(path).With(remedy)
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return say("the disk is full", "Make room; nothing was half done and the work goes on by itself.")
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return say("another program holds the database", "Close other programs that have the file open; the work is tried again.")
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
		return say("the file is not a sound Epistle database", "Use a backup, or name another file in database.url.")
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen:
		return say("the database cannot be written", "Give this user the right to write the file and its folder.")
	case sqlite3.ErrIoErr:
		return say("the disk reports an error", "Check the disk; nothing was half done.")
	}
	return err
}

package database

import (
	"context"
	"database/sql"
	"regexp"
	"sync"
)

// Tx is a transaction that speaks portable SQL: parameters are $1, $2 … by
// number, as in PostgreSQL.
type Tx struct {
	ctx context.Context
	q   *sql.Tx
	// Both are nil in a reading transaction.
	conn *sql.Conn
	db   *DB
}

// Exec runs a statement and gives the number of rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.q.ExecContext(tx.ctx, rewrite(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a query of any number of rows; the caller closes them.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.q.QueryContext(tx.ctx, rewrite(query), args...)
}

// QueryRow runs a query of at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return tx.q.QueryRowContext(tx.ctx, rewrite(query), args...)
}

// Each runs a query and calls scan once a row.
func (tx *Tx) Each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	return each(rows, err, scan)
}

// each scans the rows of a query that may have failed, and closes them.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// parameter matches $N outside of our purposes' strings; the SQL of this
// project holds no dollar sign otherwise.
var parameter = regexp.MustCompile(`\$(\d+)`)

var rewritten sync.Map // SQL as written → SQL for SQLite; the program's statements are a small, fixed set

// rewrite turns $N into ?N. SQLite takes $1 for a name and the driver binds
// names by order of first appearance, so that `SELECT $2||$1` would silently
// swap its arguments; ?N is bound by number.
func rewrite(query string) string {
	if s, ok := rewritten.Load(query); ok {
		return s.(string)
	}
	s := parameter.ReplaceAllString(query, "?$1")
	rewritten.Store(query, s)
	return s
}

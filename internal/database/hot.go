package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// hot are statements that run for every message of a send. They stay compiled on the
// connection that writes, and go to the driver directly: what database/sql does for
// each statement takes as long as the change of a row. Whoever has the turn to write
// has them too.
type hot struct {
	conn  *sqlite3.SQLiteConn // which they are compiled on; nil before the first
	stmts map[string]*sqlite3.SQLiteStmt
	args  []driver.NamedValue // of one statement, for its memory
}

// KeepCompiled names statements for Tx.ExecHot. Only before the database is in use.
func (db *DB) KeepCompiled(queries ...string) {
	for _, q := range queries {
		if _, kept := db.hot.stmts[q]; !kept {
			db.hot.stmts[q] = nil
		}
	}
}

// ExecHot is Exec for a statement that DB.KeepCompiled was told of; in a writing
// transaction it need not be compiled again.
func (tx *Tx) ExecHot(query string, args ...any) (changed int64, err error) {
	if tx.db == nil {
		return tx.Exec(query, args...)
	}
	if _, kept := tx.db.hot.stmts[query]; !kept {
		return tx.Exec(query, args...)
	}
	err = tx.conn.Raw(func(raw any) (err error) {
		conn, ok := raw.(*sqlite3.SQLiteConn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", raw)
		}
		changed, err = tx.db.hot.exec(tx.ctx, conn, query, args)
		return err
	})
	return changed, err
}

func (h *hot) exec(ctx context.Context, conn *sqlite3.SQLiteConn, query string, args []any) (int64, error) {
	stmt, err := h.stmt(conn, query)
	if err != nil {
		return 0, err
	}
	h.args = h.args[:0]
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return 0, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		h.args = append(h.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	result, err := stmt.ExecContext(ctx, h.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// stmt gives a statement compiled for a connection.
func (h *hot) stmt(conn *sqlite3.SQLiteConn, query string) (*sqlite3.SQLiteStmt, error) {
	if h.conn != conn {
		_ = h.close() // they went with their connection
		h.conn = conn
	}
	if stmt := h.stmts[query]; stmt != nil {
		return stmt, nil
	}
	compiled, err := conn.Prepare(rewrite(query))
	if err != nil {
		return nil, fmt.Errorf("compile a statement: %w", err)
	}
	stmt, ok := compiled.(*sqlite3.SQLiteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's statement is a %T", compiled), compiled.Close())
	}
	h.stmts[query] = stmt
	return stmt, nil
}

// close gives the statements back; they are compiled again when they are needed.
func (h *hot) close() (err error) {
	for q, stmt := range h.stmts {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
			h.stmts[q] = nil
		}
	}
	h.conn = nil
	return err
}

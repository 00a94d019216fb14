package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
)

// AwaitWaiting returns once so many changes wait for their group.
func AwaitWaiting(db *DB, n int) {
	for {
		db.together.mu.Lock()
		waiting := len(db.together.waiting)
		db.together.mu.Unlock()
		if waiting >= n {
			return
		}
		runtime.Gosched()
	}
}

// LoseConnection has the writing connection replaced, as after an error of the
// driver that makes it useless.
func (db *DB) LoseConnection(ctx context.Context) error {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("the connection was not given up: %w", err)
	}
	return nil
}

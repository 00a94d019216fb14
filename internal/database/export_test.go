package database

import "runtime"

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

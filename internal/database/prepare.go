package database

import "database/sql"

// Stmt is a statement prepared once and run many times in one transaction; it
// ends with it.
type Stmt struct {
	tx *Tx
	s  *sql.Stmt
}

// Prepare compiles a statement. Only for what runs hundreds of times: compiling
// a statement of a hundred rows takes as long as running it.
func (tx *Tx) Prepare(query string) (*Stmt, error) {
	s, err := tx.q.PrepareContext(tx.ctx, rewrite(query))
	if err != nil {
		return nil, err
	}
	return &Stmt{tx, s}, nil
}

// Exec is Tx.Exec.
func (s *Stmt) Exec(args ...any) (int64, error) {
	res, err := s.s.ExecContext(s.tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Each is Tx.Each.
func (s *Stmt) Each(scan func(*sql.Rows) error, args ...any) error {
	rows, err := s.s.QueryContext(s.tx.ctx, args...)
	return each(rows, err, scan)
}

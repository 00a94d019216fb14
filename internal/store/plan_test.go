package store

import (
	"database/sql"
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
)

// TestPageIsReadAlongTheIndex: a page of a list of a million must not read, nor
// sort, the rest.
func TestPageIsReadAlongTheIndex(t *testing.T) {
	t.Parallel()
	db := databasetest.New(t)
	end, args := Selection{NewsletterID: 1, Limit: 50}.query()
	var plan []string
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var id, parent, unused int
			var step string
			err := r.Scan(&id, &parent, &unused, &step)
			plan = append(plan, step)
			return err
		}, `EXPLAIN QUERY PLAN SELECT p.email`+end, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(plan, "\n")
	if !strings.HasPrefix(all, "SEARCH p USING INDEX") || strings.Contains(all, "SCAN") || strings.Contains(all, "FOR ORDER BY") && !strings.Contains(all, "LAST TERM") {
		t.Errorf("the plan is\n%s", all)
	}
}

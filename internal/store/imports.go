package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// ImportState is where the reading of a list stands.
//
//	planned (a trial, which changes nothing)
//	applying → applied → undoing → undone
//	applying → undoing → stopped (interrupted, refused: everything was put back)
//
// While it is applying or undoing, nobody who reads the list sees any of it.
type ImportState string

const (
	ImportPlanned  ImportState = "planned"
	ImportApplying ImportState = "applying"
	ImportApplied  ImportState = "applied"
	ImportUndoing  ImportState = "undoing"
	ImportUndone   ImportState = "undone"
	ImportStopped  ImportState = "stopped"
)

// Import is one reading of a list.
type Import struct {
	ID           int64       `json:"id"`
	NewsletterID int64       `json:"-"`
	Newsletter   string      `json:"newsletter"`
	State        ImportState `json:"state"`
	File         string      `json:"file"`
	By           string      `json:"by"`
	At           time.Time   `json:"at"`
	EndedAt      time.Time   `json:"ended_at,omitzero"`
	AfterID      int64       `json:"-"` // people it added have higher numbers
	Counts       string      `json:"-"` // as JSON
	Header       string      `json:"-"` // as JSON
}

const importQuery = `SELECT i.id, i.newsletter_id, n.slug, i.state, i.file, i.made_by, i.made_at, i.ended_at, i.after_id, i.counts, i.header
	FROM imports i JOIN newsletters n ON n.id = i.newsletter_id `

func scanImport(r row) (*Import, error) {
	var i Import
	var at, ended int64
	err := r.Scan(&i.ID, &i.NewsletterID, &i.Newsletter, &i.State, &i.File, &i.By, &at, &ended, &i.AfterID, &i.Counts, &i.Header)
	i.At, i.EndedAt = fromMillis(at), fromMillis(ended)
	return &i, err
}

// BeginImport writes down that a list is being read: as a trial, or hidden from
// all who read the list until it is whole. It sets the number.
func (s *Store) BeginImport(ctx context.Context, i *Import, trial bool) error {
	i.State = ImportApplying
	hidden := 1
	if trial {
		i.State, hidden = ImportPlanned, 0
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`INSERT INTO imports (newsletter_id, state, hidden, file, made_by, made_at, header, after_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(id), 0) FROM subscribers)) RETURNING id, after_id`,
			i.NewsletterID, string(i.State), hidden, i.File, i.By, millis(s.now()), i.Header).Scan(&i.ID, &i.AfterID)
	})
}

// MoveImportTx brings an import into another state, if it is in one of those it
// may come from. Only an import that is applying or undoing is hidden.
func (s *Store) MoveImportTx(tx *database.Tx, i *Import, to ImportState) error {
	hidden := 0
	if to == ImportApplying || to == ImportUndoing {
		hidden = 1
	}
	n, err := tx.Exec(`UPDATE imports SET state = $3, hidden = $4, ended_at = $5, counts = $6 WHERE id = $1 AND state = $2`,
		i.ID, string(i.State), string(to), hidden, millis(s.now()), i.Counts)
	if err != nil {
		return fmt.Errorf("move import %d: %w", i.ID, err)
	}
	if n == 0 {
		return newsletter.Errorf(newsletter.Conflict, "import %d is not %s any more", i.ID, i.State)
	}
	i.State = to
	return nil
}

// Imports gives the newest imports first.
func (s *Store) Imports(ctx context.Context, limit int) (list []*Import, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanImport, importQuery+`ORDER BY i.id DESC LIMIT $1`, limit)
		return err
	})
	return list, err
}

// Import finds an import by number, or the newest that is applied by "latest".
func (s *Store) Import(ctx context.Context, ref string) (i *Import, err error) {
	id, bad := strconv.ParseInt(ref, 10, 64)
	if ref != "latest" && bad != nil {
		return nil, newsletter.Errorf(newsletter.Usage, "%q is not the number of an import", ref).
			With("Take a number of: epistle subscribers imports, or say latest.")
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		if ref == "latest" {
			i, err = scanImport(tx.QueryRow(importQuery + `WHERE i.state = 'applied' ORDER BY i.id DESC LIMIT 1`))
		} else {
			i, err = scanImport(tx.QueryRow(importQuery+`WHERE i.id = $1`, id))
		}
		return err
	})
	if missing(err) {
		return nil, newsletter.Errorf(newsletter.NotFound, "there is no such import: %s", ref).With("See: epistle subscribers imports")
	}
	return i, err
}

// HiddenImport gives the import that is being applied or taken back; nil when
// there is none.
func (s *Store) HiddenImport(ctx context.Context) (i *Import, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		i, err = scanImport(tx.QueryRow(importQuery + `WHERE i.hidden = 1`))
		return err
	})
	if missing(err) {
		return nil, nil
	}
	return i, err
}

// ImportRow is one line of a plan: what becomes of it, and why.
type ImportRow struct {
	Line    int    `json:"line"`
	Verdict string `json:"verdict"`
	Email   string `json:"email"`
	Reason  string `json:"reason,omitempty"`
	Cells   string `json:"-"` // as JSON, of a refused row
}

// AddImportRowsTx stores lines of a plan.
func (s *Store) AddImportRowsTx(tx *database.Tx, importID int64, rows []ImportRow) error {
	b := bulk{tx: tx, into: "import_rows (line, verdict, email, reason, cells, import_id)", width: 5, common: []any{importID}}
	for _, r := range rows {
		if err := b.add(r.Line, r.Verdict, r.Email, r.Reason, r.Cells); err != nil {
			return fmt.Errorf("store the plan: %w", err)
		}
	}
	return b.flush()
}

// ImportRows calls fn for the lines of a plan in order; with a verdict only for
// those.
func (s *Store) ImportRows(ctx context.Context, importID int64, verdict string, fn func(ImportRow) error) error {
	return s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var row ImportRow
			if err := r.Scan(&row.Line, &row.Verdict, &row.Email, &row.Reason, &row.Cells); err != nil {
				return err
			}
			return fn(row)
		}, `SELECT line, verdict, email, reason, cells FROM import_rows WHERE import_id = $1 AND ($2 = '' OR verdict = $2) ORDER BY line`,
			importID, verdict)
	})
}

// MaxSubscriberID is the highest number that a person has.
func (s *Store) MaxSubscriberID(ctx context.Context) (id int64, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COALESCE(MAX(id), 0) FROM subscribers`).Scan(&id)
	})
	return id, err
}

// ImportedOpenTx gives those between two numbers who got their subscription from
// an import and wait in a send that is under way.
func (s *Store) ImportedOpenTx(tx *database.Tx, i *Import, lo, hi int64) ([]int64, error) {
	return collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
		`SELECT d.subscriber_id FROM bulletins b JOIN deliveries d ON d.bulletin_id = b.id AND d.subscriber_id BETWEEN $3 AND $4 AND d.state IN (0, 1)
			JOIN subscriptions s ON s.newsletter_id = $1 AND s.subscriber_id = d.subscriber_id AND s.import_id = $2
		WHERE b.newsletter_id = $1 AND b.state IN ('sending', 'paused')`, i.NewsletterID, i.ID, lo, hi)
}

// UndoImportTx puts back what an import changed of the people between two
// numbers, but for what has changed again since.
func (s *Store) UndoImportTx(tx *database.Tx, i *Import, lo, hi int64) error {
	for _, statement := range undoStatements {
		if _, err := tx.Exec(statement, i.ID, lo, hi, i.NewsletterID); err != nil {
			return fmt.Errorf("undo import %d: %w", i.ID, err)
		}
	}
	return nil
}

// undoStatements run in this order. Whatever changes a row afterwards sets its
// import_id to 0, so that it is found here no more.
var undoStatements = []string{
	`UPDATE subscriptions SET state = r.state, since = r.since, how = r.how, consent_at = r.consent_at, consent_source = r.consent_source,
		consent_text = r.consent_text, consent_by = r.consent_by, import_id = 0
	 FROM import_revivals r WHERE r.import_id = $1 AND r.subscriber_id BETWEEN $2 AND $3 AND $4 = r.newsletter_id
		AND subscriptions.newsletter_id = r.newsletter_id AND subscriptions.subscriber_id = r.subscriber_id AND subscriptions.import_id = $1`,
	`DELETE FROM subscriptions WHERE newsletter_id = $4 AND subscriber_id BETWEEN $2 AND $3 AND import_id = $1`,
	`DELETE FROM subscriber_tags WHERE subscriber_id BETWEEN $2 AND $3 AND import_id = $1`,
	`DELETE FROM subscriber_fields WHERE subscriber_id BETWEEN $2 AND $3 AND import_id = $1`,
	`UPDATE subscriber_fields SET value = c.value FROM import_fields c WHERE c.import_id = $1 AND c.subscriber_id BETWEEN $2 AND $3
		AND subscriber_fields.subscriber_id = c.subscriber_id AND subscriber_fields.name = c.name AND subscriber_fields.value = c.value_after`,
	`UPDATE subscribers SET name = CASE WHEN subscribers.name = c.name_after THEN c.name ELSE subscribers.name END,
		language = CASE WHEN subscribers.language = c.language_after THEN c.language ELSE subscribers.language END,
		time_zone = CASE WHEN subscribers.time_zone = c.time_zone_after THEN c.time_zone ELSE subscribers.time_zone END
	 FROM import_people c WHERE c.import_id = $1 AND c.subscriber_id BETWEEN $2 AND $3 AND subscribers.id = c.subscriber_id`,
	`DELETE FROM subscribers WHERE id BETWEEN $2 AND $3 AND import_id = $1
		AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.subscriber_id = subscribers.id)
		AND NOT EXISTS (SELECT 1 FROM bulletins b JOIN deliveries d ON d.bulletin_id = b.id WHERE d.subscriber_id = subscribers.id)`,
	`UPDATE subscribers SET import_id = 0 WHERE id BETWEEN $2 AND $3 AND import_id = $1`,
	`DELETE FROM import_revivals WHERE import_id = $1 AND subscriber_id BETWEEN $2 AND $3`,
	`DELETE FROM import_fields WHERE import_id = $1 AND subscriber_id BETWEEN $2 AND $3`,
	`DELETE FROM import_people WHERE import_id = $1 AND subscriber_id BETWEEN $2 AND $3`,
}

// ForgetPlanTx removes up to limit lines of a plan and says how many there were.
func (s *Store) ForgetPlanTx(tx *database.Tx, importID int64, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM import_rows WHERE import_id = $1 AND line IN
		(SELECT line FROM import_rows WHERE import_id = $1 ORDER BY line LIMIT $2)`, importID, limit)
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Bulletin is one dated, numbered edition of a newsletter.
type Bulletin struct {
	ID           int64                    `json:"-"`
	NewsletterID int64                    `json:"-"`
	Slug         string                   `json:"newsletter"`
	Number       int                      `json:"number"`
	Date         newsletter.Date          `json:"date"`
	Extra        int                      `json:"extra,omitempty"` // 0, or counts those made on purpose for the same date
	State        newsletter.BulletinState `json:"state"`
	Revision     int                      `json:"revision"`
	Hash         string                   `json:"hash"`           // of the current revision
	Title        string                   `json:"title"`          // of the current revision
	MadeBy       string                   `json:"made_by"`        // of the current revision
	Note         string                   `json:"note,omitempty"` // why it is held or paused
	Frozen       bool                     `json:"-"`              // the audience is complete in the ledger
	ResumeAt     time.Time                `json:"resume_at,omitzero"`
	MadeAt       time.Time                `json:"made_at"`
	StartedAt    time.Time                `json:"started_at,omitzero"`
	EndedAt      time.Time                `json:"ended_at,omitzero"`
	// SendWall is a time of its own at which it is to be sent, on the newsletter's
	// clock (newsletter.WallLayout); empty: that of the schedule.
	SendWall string `json:"send_at,omitempty"`
	// LeavesAt is when a bulletin whose time has come begins to leave; until then
	// it may still be stopped.
	LeavesAt time.Time `json:"leaves_at,omitzero"`
	// LocalWall is what each reader's own clock is to show at delivery; empty: all
	// get it at once.
	LocalWall string `json:"local_time,omitempty"`
	// Guarded says that it was paused because this database seems to be an old copy.
	Guarded bool `json:"guarded,omitempty"`
}

// Ref is how a person names the bulletin: SLUG/NUMBER.
func (b *Bulletin) Ref() string { return fmt.Sprintf("%s/%d", b.Slug, b.Number) }

const bulletinQuery = `SELECT b.id, b.newsletter_id, n.slug, b.number, b.date, b.extra, b.state, b.revision, r.hash, r.title, r.made_by,
	b.note, b.frozen, b.resume_at, b.made_at, b.started_at, b.ended_at, b.send_wall, b.leaves_at, b.local_wall, b.guarded
	FROM bulletins b JOIN newsletters n ON n.id = b.newsletter_id
	JOIN revisions r ON r.bulletin_id = b.id AND r.revision = b.revision `

func scanBulletin(r row) (*Bulletin, error) {
	var b Bulletin
	var date string
	var resume, made, started, ended, leaves int64
	if err := r.Scan(&b.ID, &b.NewsletterID, &b.Slug, &b.Number, &date, &b.Extra, &b.State, &b.Revision, &b.Hash, &b.Title, &b.MadeBy,
		&b.Note, &b.Frozen, &resume, &made, &started, &ended, &b.SendWall, &leaves, &b.LocalWall, &b.Guarded); err != nil {
		return nil, err
	}
	if err := b.Date.UnmarshalText([]byte(date)); err != nil {
		return nil, fmt.Errorf("bulletin %d: %w", b.ID, err)
	}
	b.ResumeAt, b.MadeAt = fromMillis(resume), fromMillis(made)
	b.StartedAt, b.EndedAt, b.LeavesAt = fromMillis(started), fromMillis(ended), fromMillis(leaves)
	return &b, nil
}

// Bulletin finds a bulletin as a person names it: its number where there is one
// newsletter, SLUG/NUMBER, or "latest" for the one made last.
func (s *Store) Bulletin(ctx context.Context, ref string) (b *Bulletin, err error) {
	slug, number, err := parseRef(ref)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		var found []*Bulletin
		found, err = collect(tx, scanBulletin, bulletinQuery+`WHERE ($1 = '' OR n.slug = $1) AND ($2 = 0 OR b.number = $2)
			ORDER BY b.id DESC LIMIT 2`, slug, number)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return noBulletin(slug, number)
		}
		if len(found) > 1 && number != 0 {
			return newsletter.Errorf(newsletter.Usage, "several newsletters have a bulletin %d", number).
				With(fmt.Sprintf("Name the newsletter too, for example %s.", found[0].Ref()))
		}
		b = found[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

func noBulletin(slug string, number int) error {
	of := ""
	if slug != "" {
		of = " of " + slug
	}
	if number == 0 {
		return newsletter.Errorf(newsletter.NotFound, "there is no bulletin%s yet", of).
			With("Make one with: epistle bulletins import FILE, or: epistle bulletins assemble")
	}
	return newsletter.Errorf(newsletter.NotFound, "there is no bulletin %d%s", number, of).With("See them with: epistle bulletins list")
}

// parseRef splits a reference; number 0 stands for the latest.
func parseRef(ref string) (slug string, number int, err error) {
	rest := ref
	if before, after, ok := strings.Cut(ref, "/"); ok {
		slug, rest = before, after
	}
	if rest == "latest" && (slug != "" || ref == rest) {
		return slug, 0, nil
	}
	// Atoi takes signs too, which nobody means here.
	number, err = strconv.Atoi(rest)
	if err != nil || number <= 0 || strings.HasPrefix(rest, "+") || strings.HasPrefix(ref, "/") {
		return "", 0, newsletter.Errorf(newsletter.Usage, "%q does not name a bulletin", ref).
			With("Give its number (12), SLUG/12, or latest.")
	}
	return slug, number, nil
}

// BulletinByID finds a bulletin by its number in the database.
func (s *Store) BulletinByID(ctx context.Context, id int64) (b *Bulletin, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		b, err = s.BulletinTx(tx, id)
		return err
	})
	return b, err
}

// Standing is what of a bulletin changes while it is sent.
type Standing struct {
	State    newsletter.BulletinState
	Revision int
	Frozen   bool
	ResumeAt time.Time
}

// IsOver says that the bulletin has reached an end, or waits for a person.
func (s Standing) IsOver() bool {
	return s.State != newsletter.BulletinSending && (s.State != newsletter.BulletinPaused || s.ResumeAt.IsZero())
}

// Standing reads how a bulletin stands, for whoever looks many times a second. What
// BulletinByID gives besides stands behind a document of some tens of kilobytes.
func (s *Store) Standing(ctx context.Context, id int64) (st Standing, err error) {
	var resume int64
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT state, revision, frozen, resume_at FROM bulletins WHERE id = $1`, id).Scan(&st.State, &st.Revision, &st.Frozen, &resume)
	})
	if err != nil {
		return Standing{}, fmt.Errorf("look at bulletin %d: %w", id, err)
	}
	st.ResumeAt = fromMillis(resume)
	return st, nil
}

// BulletinTx reads a bulletin within the caller's transaction.
func (s *Store) BulletinTx(tx *database.Tx, id int64) (*Bulletin, error) {
	b, err := scanBulletin(tx.QueryRow(bulletinQuery+`WHERE b.id = $1`, id))
	if missing(err) {
		return nil, newsletter.Errorf(newsletter.NotFound, "that bulletin does not exist")
	}
	if err != nil {
		return nil, fmt.Errorf("read bulletin %d: %w", id, err)
	}
	return b, nil
}

// BulletinOnTx finds the regular bulletin of a date, or the extra-th extra one;
// nil when there is none.
func (s *Store) BulletinOnTx(tx *database.Tx, newsletterID int64, date newsletter.Date, extra int) (*Bulletin, error) {
	b, err := scanBulletin(tx.QueryRow(bulletinQuery+`WHERE b.newsletter_id = $1 AND b.date = $2 AND b.extra = $3`,
		newsletterID, date.String(), extra))
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the bulletin of %s: %w", date, err)
	}
	return b, nil
}

// Bulletins gives a newsletter's bulletins (0: all newsletters'), newest first,
// at most limit.
func (s *Store) Bulletins(ctx context.Context, newsletterID int64, limit int) (list []*Bulletin, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanBulletin, bulletinQuery+`WHERE ($1 = 0 OR b.newsletter_id = $1) ORDER BY b.id DESC LIMIT $2`, newsletterID, limit)
		return err
	})
	return list, err
}

// BulletinsIn gives all bulletins in a state, oldest first.
func (s *Store) BulletinsIn(ctx context.Context, state newsletter.BulletinState) (list []*Bulletin, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanBulletin, bulletinQuery+`WHERE b.state = $1 ORDER BY b.id`, string(state))
		return err
	})
	return list, err
}

// collect scans all rows of a query into a slice.
func collect[T any](tx *database.Tx, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := tx.Each(func(r *sql.Rows) error {
		v, err := scan(r)
		if err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// NextNumberTx is the number the newsletter's next bulletin gets.
func (s *Store) NextNumberTx(tx *database.Tx, n *newsletter.Newsletter) (int, error) {
	var highest int
	if err := tx.QueryRow(`SELECT COALESCE(MAX(number), 0) FROM bulletins WHERE newsletter_id = $1`, n.ID).Scan(&highest); err != nil {
		return 0, fmt.Errorf("find the next number: %w", err)
	}
	return max(highest+1, n.FirstNumber, 1), nil
}

// NextExtraTx is the next free place for an extra bulletin on a date; 0 when
// even the regular one does not exist.
func (s *Store) NextExtraTx(tx *database.Tx, newsletterID int64, date newsletter.Date) (int, error) {
	var extra int
	err := tx.QueryRow(`SELECT COALESCE(MAX(extra) + 1, 0) FROM bulletins WHERE newsletter_id = $1 AND date = $2`,
		newsletterID, date.String()).Scan(&extra)
	if err != nil {
		return 0, fmt.Errorf("find the bulletins of %s: %w", date, err)
	}
	return extra, nil
}

// CreateBulletinTx stores a new bulletin with its first revision and sets the
// rest of b.
func (s *Store) CreateBulletinTx(tx *database.Tx, b *Bulletin, doc *newsletter.Document, by string) error {
	now := s.now()
	b.State, b.Revision, b.MadeAt = newsletter.BulletinReview, 1, now
	err := tx.QueryRow(`INSERT INTO bulletins (newsletter_id, number, date, extra, state, revision, made_at, changed_at)
		VALUES ($1, $2, $3, $4, 'review', 1, $5, $5) RETURNING id`,
		b.NewsletterID, b.Number, b.Date.String(), b.Extra, millis(now)).Scan(&b.ID)
	if database.IsUnique(err) {
		return newsletter.Errorf(newsletter.Conflict, "a bulletin for %s exists already", b.Date).
			With("Assemble again to make a new revision of it, or add --extra for a second one.")
	}
	if err != nil {
		return fmt.Errorf("store bulletin: %w", err)
	}
	return s.addRevisionTx(tx, b, doc, by, "bulletin.make")
}

// ReviseBulletinTx stores a new revision. The bulletin goes back to review and
// its approval is void, because approvals belong to a hash. One that has begun
// to leave is refused.
func (s *Store) ReviseBulletinTx(tx *database.Tx, b *Bulletin, doc *newsletter.Document, by string) error {
	err := tx.QueryRow(`UPDATE bulletins SET revision = revision + 1, state = 'review', note = '', changed_at = $2
		WHERE id = $1 AND state IN ('review', 'approved', 'held') RETURNING revision`, b.ID, millis(s.now())).Scan(&b.Revision)
	if missing(err) {
		return newsletter.Errorf(newsletter.Refused, "bulletin %d has begun to leave or was cancelled and cannot change any more", b.Number).
			With("Make another one for the same date with --extra.")
	}
	if err != nil {
		return fmt.Errorf("revise bulletin: %w", err)
	}
	b.State, b.Note = newsletter.BulletinReview, ""
	return s.addRevisionTx(tx, b, doc, by, "bulletin.revise")
}

func (s *Store) addRevisionTx(tx *database.Tx, b *Bulletin, doc *newsletter.Document, by, action string) error {
	body, err := doc.Encode()
	if err != nil {
		return err
	}
	if b.Hash, err = doc.Hash(); err != nil {
		return err
	}
	b.Title, b.MadeBy = doc.Content.Title, by
	if _, err := tx.Exec(`INSERT INTO revisions (bulletin_id, revision, document, hash, title, made_by, made_at, narrowed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		b.ID, b.Revision, string(body), b.Hash, b.Title, by, millis(s.now()), doc.Audience != ""); err != nil {
		return fmt.Errorf("store revision: %w", err)
	}
	return s.AuditTx(tx, Entry{
		Actor: by, Action: action, NewsletterID: b.NewsletterID, BulletinID: b.ID,
		Detail: fmt.Sprintf("revision %d, %s", b.Revision, b.Hash[:12]),
	})
}

// Document reads a frozen form of a bulletin; revision 0 means the current one.
func (s *Store) Document(ctx context.Context, bulletinID int64, revision int) (doc *newsletter.Document, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		doc, err = s.DocumentTx(tx, bulletinID, revision)
		return err
	})
	return doc, err
}

// DocumentTx is Document within the caller's transaction.
func (s *Store) DocumentTx(tx *database.Tx, bulletinID int64, revision int) (*newsletter.Document, error) {
	var body string
	err := tx.QueryRow(`SELECT r.document FROM revisions r JOIN bulletins b ON b.id = r.bulletin_id
		WHERE b.id = $1 AND r.revision = CASE WHEN $2 = 0 THEN b.revision ELSE $2 END`, bulletinID, revision).Scan(&body)
	if missing(err) {
		return nil, newsletter.Errorf(newsletter.NotFound, "the bulletin has no revision %d", revision)
	}
	if err != nil {
		return nil, fmt.Errorf("read the bulletin's document: %w", err)
	}
	return newsletter.DecodeDocument([]byte(body))
}

// ReplaceDocumentTx stores the current revision's document again with other item
// numbers. Nothing a reader sees may differ: the hash must be the same.
func (s *Store) ReplaceDocumentTx(tx *database.Tx, b *Bulletin, doc *newsletter.Document) error {
	body, err := doc.Encode()
	if err != nil {
		return err
	}
	hash, err := doc.Hash()
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE revisions SET document = $4 WHERE bulletin_id = $1 AND revision = $2 AND hash = $3`,
		b.ID, b.Revision, hash, string(body))
	if err != nil {
		return fmt.Errorf("store the bulletin's document: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("revision %d of bulletin %d has another hash than %s", b.Revision, b.ID, hash)
	}
	return nil
}

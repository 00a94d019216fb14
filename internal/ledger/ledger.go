// Package ledger keeps the account of what was sent to whom: deliveries, the
// chunks that queue them, notices, and the runs of the schedule. All SQL on those
// tables is here and nowhere else.
//
// The way of a delivery:
//
//  1. Freeze writes one pending row for each active subscriber, in slices.
//  2. Claim hands out the due rows of one chunk, with what their readers chose;
//     of whom nothing is left for, SkipUnchosen takes out.
//  3. Mark turns a row in_flight, by compare-and-swap, and returns once that is
//     durable. It is the only permit for the final dot.
//  4. Record writes what became of it.
//  5. Finish closes the chunk, or says when its deferred rows are due again.
//  6. Recover, at the start of a sender, turns what a dead one left in flight
//     into uncertain.
//
// Who leaves is taken out of every send at once (SkipTx); a row that was in flight
// at that moment is looked at again when it would come back to wait (dropTx).
//
// At every moment a bulletin's audience is the sum over all states. Which outcome
// leads to which state is decided by package delivery; this package knows no SMTP.
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Ledger is the door to the delivery tables of one database.
type Ledger struct {
	db    *database.DB
	now   func() time.Time
	log   *slog.Logger
	group *committer
	slice int64 // rows frozen in one transaction
	chunk int64 // rows handed out at a time
	// effort is how long a stopping process tries to write what it knows.
	effort time.Duration
}

// Sizes of slices and chunks. A slice is one transaction of some 20 ms; a chunk
// is what a sender works on at a time.
const (
	sliceSize = 5000
	chunkSize = 500
)

// New makes a Ledger. now is the clock; tests hand in a fake one.
func New(db *database.DB, now func() time.Time, log *slog.Logger) *Ledger {
	db.KeepCompiled(markDelivery, recordDelivery)
	l := &Ledger{db: db, now: now, log: log, slice: sliceSize, chunk: chunkSize, effort: lastEffort}
	l.group = &committer{ledger: l, log: log, gathering: newGathering()}
	return l
}

// Ref names one delivery, or one notice when NoticeID is not 0.
type Ref struct {
	BulletinID   int64
	SubscriberID int64
	NoticeID     int64
}

// Delivery is a row that is due, with what is needed to write the message.
type Delivery struct {
	Ref
	Email    string
	Name     string
	Language string
	Choice   newsletter.Choice // what the reader wants of the bulletin
	Attempts int
	FirstAt  time.Time // of the first attempt; zero before it
}

// Chunk is a range of subscribers of one bulletin.
type Chunk struct {
	BulletinID int64
	Lo, Hi     int64
}

// Claim gives the due rows of the next due chunk of a bulletin: the first whose Lo
// is greater than after, leaving out the chunks in busy (by Lo). It gives nil when
// there is none or the bulletin is not being sent. Only the holder of the sender's
// lock may call it.
func (l *Ledger) Claim(ctx context.Context, bulletinID, after int64, busy map[int64]bool) (chunk *Chunk, rows []Delivery, err error) {
	now := l.now().UnixMilli()
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		chunk, err = nextChunk(tx, bulletinID, now, after, busy)
		if err != nil || chunk == nil {
			return err
		}
		return tx.Each(func(r *sql.Rows) error {
			d := Delivery{Ref: Ref{BulletinID: bulletinID}}
			var first int64
			var declined string
			var textOnly bool
			if err := r.Scan(&d.SubscriberID, &d.Email, &d.Name, &d.Language, &d.Attempts, &first, &declined, &textOnly); err != nil {
				return err
			}
			d.Choice = newsletter.ParseChoice(declined, textOnly)
			if first != 0 {
				d.FirstAt = time.UnixMilli(first).UTC()
			}
			if rows == nil {
				rows = make([]Delivery, 0, min(l.chunk, chunk.Hi-chunk.Lo+1))
			}
			rows = append(rows, d)
			return nil
		}, `SELECT d.subscriber_id, p.email, p.name, p.language, d.attempts, d.first_at, COALESCE(c.declined, ''), COALESCE(c.text_only, 0)
			FROM deliveries d JOIN subscribers p ON p.id = d.subscriber_id
			LEFT JOIN choices c ON c.newsletter_id = (SELECT newsletter_id FROM bulletins WHERE id = $1) AND c.subscriber_id = d.subscriber_id
			WHERE d.bulletin_id = $1 AND d.subscriber_id BETWEEN $2 AND $3 AND d.state IN (0, 1) AND d.not_before <= $4
			ORDER BY d.subscriber_id`, bulletinID, chunk.Lo, chunk.Hi, now)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return chunk, rows, nil
}

func nextChunk(tx *database.Tx, bulletinID, now, after int64, busy map[int64]bool) (*Chunk, error) {
	rows, err := tx.Query(`SELECT lo, hi FROM chunks WHERE bulletin_id = $1 AND lo > $4 AND done = 0 AND next_at <= $2
		  AND EXISTS (SELECT 1 FROM bulletins WHERE id = $1 AND state = 'sending')
		ORDER BY lo LIMIT $3`, bulletinID, now, len(busy)+1, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := Chunk{BulletinID: bulletinID}
		if err := rows.Scan(&c.Lo, &c.Hi); err != nil {
			return nil, err
		}
		if !busy[c.Lo] {
			return &c, nil
		}
	}
	return nil, rows.Err()
}

// Finish closes chunks whose rows all reached an end, and makes the others due when
// their next deferred row is. Every Record for the chunks must have been answered.
func (l *Ledger) Finish(ctx context.Context, chunks ...*Chunk) error {
	return l.db.Write(ctx, func(tx *database.Tx) error {
		for _, c := range chunks {
			if err := l.finishChunk(tx, c); err != nil {
				return fmt.Errorf("finish a chunk of bulletin %d: %w", c.BulletinID, err)
			}
		}
		return nil
	})
}

func (l *Ledger) finishChunk(tx *database.Tx, c *Chunk) error {
	if err := l.dropTx(tx, c.BulletinID, c.Lo, c.Hi); err != nil {
		return err
	}
	// A row in flight here is one whose record was lost; it waits for Recover and
	// must not keep the other chunks from being claimed.
	_, err := tx.Exec(`UPDATE chunks SET (done, next_at) =
		  (SELECT CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END, COALESCE(MIN(CASE WHEN state = 2 THEN $4 ELSE not_before END), 0) FROM deliveries
		   WHERE bulletin_id = $1 AND subscriber_id BETWEEN $2 AND $3 AND state IN (0, 1, 2))
		WHERE bulletin_id = $1 AND lo = $2`, c.BulletinID, c.Lo, c.Hi, l.now().Add(time.Minute).UnixMilli())
	return err
}

// Status is the ledger of one bulletin.
type Status struct {
	Balance newsletter.Balance
	// Classes counts the reasons of a state, for example failed: unknown user.
	Classes map[newsletter.DeliveryState]map[string]int
	// NextTry is when the next deferred row is due; zero when there is none.
	NextTry time.Time
	// Waiting counts the pending rows whose readers' own hour has not come; the
	// first of them are due at NextHour, the last at LastHour.
	Waiting            int
	NextHour, LastHour time.Time
}

// Status reads the ledger of a bulletin at one moment.
func (l *Ledger) Status(ctx context.Context, bulletinID int64) (*Status, error) {
	s := &Status{Balance: newsletter.Balance{}, Classes: map[newsletter.DeliveryState]map[string]int{}}
	err := l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var state newsletter.DeliveryState
			var class string
			var n, waiting int
			var next, nextHour, lastHour int64
			if err := r.Scan(&state, &class, &n, &next, &waiting, &nextHour, &lastHour); err != nil {
				return err
			}
			s.add(state, class, n, next)
			if state == newsletter.DeliveryPending && waiting > 0 {
				s.Waiting += waiting
				s.NextHour, s.LastHour = time.UnixMilli(nextHour).UTC(), time.UnixMilli(lastHour).UTC()
			}
			return nil
		}, `SELECT state, class, COUNT(*), MIN(not_before), COUNT(CASE WHEN not_before > $2 THEN 1 END),
			COALESCE(MIN(CASE WHEN not_before > $2 THEN not_before END), 0), MAX(not_before)
			FROM deliveries WHERE bulletin_id = $1 GROUP BY state, class`, bulletinID, l.now().UnixMilli())
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger of bulletin %d: %w", bulletinID, err)
	}
	return s, nil
}

// Balance counts the states alone, for whoever looks often: it takes a third of the
// time of Status.
func (l *Ledger) Balance(ctx context.Context, bulletinID int64) (newsletter.Balance, error) {
	balance := newsletter.Balance{}
	err := l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var state newsletter.DeliveryState
			var n int
			err := r.Scan(&state, &n)
			balance[state] = n
			return err
		}, `SELECT state, COUNT(*) FROM deliveries WHERE bulletin_id = $1 GROUP BY state`, bulletinID)
	})
	if err != nil {
		return nil, fmt.Errorf("count the deliveries of bulletin %d: %w", bulletinID, err)
	}
	return balance, nil
}

func (s *Status) add(state newsletter.DeliveryState, class string, n int, next int64) {
	s.Balance[state] += n
	if class != "" {
		if s.Classes[state] == nil {
			s.Classes[state] = map[string]int{}
		}
		s.Classes[state][class] += n
	}
	if at := time.UnixMilli(next).UTC(); state == newsletter.DeliveryDeferred && next > 0 && (s.NextTry.IsZero() || at.Before(s.NextTry)) {
		s.NextTry = at
	}
}

// Open says whether any delivery of the bulletin is pending, deferred or in flight.
func (l *Ledger) Open(ctx context.Context, bulletinID int64) (open bool, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM chunks WHERE bulletin_id = $1 AND done = 0)`, bulletinID).Scan(&open)
	})
	return open, err
}

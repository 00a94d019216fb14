package rehearsal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"epistle/internal/catcher"
	"epistle/internal/database"
	"epistle/internal/delivery"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Stage is everything a rehearsal plays on. Store, Ledger and Sender work on one
// copy of the database, Left on another, on which Facts.Pages work too.
type Stage struct {
	Facts
	Store  *store.Store
	Ledger *ledger.Ledger
	Sender *delivery.Sender
	Left   *store.Store
	// Listener is where Sender connects to; the rehearsal closes it.
	Listener net.Listener
	// Dir is where faulty messages are kept.
	Dir string
	// Rate is the configured limit in messages a second, for the estimate; 0: none.
	Rate float64
	Log  *slog.Logger
	// Progress is told how many of how many messages were examined; may be nil.
	Progress func(done, total int)
}

// Report is what a rehearsal found.
type Report struct {
	Audience int `json:"audience"` // who must get it, read from the lists
	Skipped  int `json:"skipped"`  // of them, those who chose nothing of what it holds
	Messages int `json:"messages"` // that arrived
	Faulty   int `json:"faulty"`   // messages with something wrong
	// Faults counts them by what is wrong, the most frequent first.
	Faults []Fault `json:"faults"`
	// Missing got nothing, Doubled more than one message, Strange are messages to
	// addresses that must get nothing.
	Missing int `json:"missing"`
	Doubled int `json:"doubled"`
	Strange int `json:"strange"`
	// Stayed are readers whose link to leave did not take them off the list.
	Stayed int `json:"stayed"`
	// Undelivered are ledger rows that ended neither sent nor skipped.
	Undelivered int  `json:"undelivered"`
	Signed      bool `json:"signed"`

	Smallest int64 `json:"smallest_bytes"`
	Median   int64 `json:"median_bytes"`
	Largest  int64 `json:"largest_bytes"`
	Total    int64 `json:"total_bytes"`
	// Took is the rehearsal's sending, checks included; Estimate is what the real
	// send needs at least at the configured rate, 0 without one.
	Took     time.Duration `json:"took_ns"`
	Estimate time.Duration `json:"estimate_ns"`
	// Kept is the folder of the faulty messages; empty when there are none.
	Kept string `json:"kept,omitempty"`
}

// Fault is one thing that is wrong with some messages.
type Fault struct {
	What     string `json:"what"`
	Messages int    `json:"messages"`
}

// Good says that the rehearsal found nothing wrong.
func (r *Report) Good() bool {
	return r.Faulty == 0 && r.Missing == 0 && r.Doubled == 0 && r.Strange == 0 && r.Stayed == 0 && r.Undelivered == 0
}

// Run performs the rehearsal of a bulletin that is in review, approved or held.
func Run(ctx context.Context, s *Stage, b *store.Bulletin, by string) (*Report, error) {
	expected, choices, err := audience(ctx, s.Store, b, s.Document)
	if err != nil {
		return nil, errors.Join(err, s.Listener.Close())
	}
	if err := s.begin(ctx, b, by); err != nil {
		return nil, errors.Join(err, s.Listener.Close())
	}
	list := newReaders(expected, choices, s.Store.Now)
	log := &findings{progress: s.Progress, total: len(expected), faults: map[string]int{}}
	x := &examiner{Facts: s.Facts, readers: list, proven: map[[sha256.Size]byte]bool{}}
	c, err := catcher.New(catcher.Options{Dir: s.Dir, Log: s.Log, Keep: func(sender string, recipients []string, raw []byte) bool {
		return log.note(len(raw), x.examine(ctx, sender, recipients, raw))
	}})
	if err != nil {
		return nil, errors.Join(err, s.Listener.Close())
	}
	begun := time.Now()
	err = s.play(ctx, c, b.ID)
	took := time.Since(begun)
	if err = errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	report := log.report(took)
	report.Audience, report.Signed = len(expected), len(s.Records) > 0
	if report.Faulty > 0 {
		report.Kept = s.Dir
	}
	if s.Rate > 0 {
		report.Estimate = time.Duration(float64(report.Messages) / s.Rate * float64(time.Second))
	}
	return report, s.compare(ctx, b, expected, list, report)
}

// begin starts the bulletin on the copy and freezes its audience. Deliveries that
// would wait for an hour of the day do not wait here.
func (s *Stage) begin(ctx context.Context, b *store.Bulletin, by string) error {
	steps := []newsletter.BulletinState{newsletter.BulletinApproved, newsletter.BulletinSending}
	if b.State == newsletter.BulletinApproved {
		steps = steps[1:]
	}
	err := s.Store.DB().Write(ctx, func(tx *database.Tx) error {
		now, err := s.Store.BulletinTx(tx, b.ID)
		for _, to := range steps {
			if err == nil {
				err = s.Store.MoveBulletinTx(tx, now, to, "rehearsal", by)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("begin the rehearsal: %w", err)
	}
	if err := s.Ledger.Freeze(ctx, b.ID); err != nil {
		return err
	}
	return s.Ledger.DueAtOnce(ctx, b.ID)
}

// pollInterval is how often the copy's ledger is asked whether all has been sent.
const pollInterval = 100 * time.Millisecond

// play runs the catcher and the sender until the send is over.
func (s *Stage) play(ctx context.Context, c *catcher.Catcher, id int64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	catching, stopCatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCatching()
	group.Go(func() error { return c.ServeSMTP(catching, s.Listener) })
	group.Go(func() error {
		defer stopCatching()
		return s.Sender.Run(ctx)
	})
	group.Go(func() error {
		defer stop()
		return s.await(ctx, id)
	})
	return group.Wait()
}

func (s *Stage) await(ctx context.Context, id int64) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		b, err := s.Store.BulletinByID(ctx, id)
		if err != nil {
			return err
		}
		switch b.State {
		case newsletter.BulletinSending:
		case newsletter.BulletinPaused:
			return newsletter.Errorf(newsletter.Failed, "the rehearsal stopped in the middle: %s", b.Note)
		default:
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// compare holds what arrived against who should have got it.
func (s *Stage) compare(ctx context.Context, b *store.Bulletin, expected []store.Reader, list *readers, r *Report) error {
	status, err := s.Ledger.Status(ctx, b.ID)
	if err != nil {
		return err
	}
	for _, state := range newsletter.DeliveryStates {
		if state != newsletter.DeliverySent && state != newsletter.DeliverySkipped {
			r.Undelivered += status.Balance[state]
		}
	}
	r.Strange = list.strange
	for _, e := range expected {
		switch n := list.seen[e.ID]; {
		case n == 0 && !reaches(s.Document, list.choice(e.ID)):
			r.Skipped++
		case n == 0:
			r.Missing++
		case n > 1:
			r.Doubled++
		}
	}
	r.Stayed, err = stayed(ctx, s.Left, b.NewsletterID, list.seen)
	return err
}

// findings gathers what the examiner says.
type findings struct {
	progress func(done, total int)
	total    int

	mu     sync.Mutex
	sizes  []int32
	faulty int
	faults map[string]int
}

// note takes one message's size and what is wrong with it.
func (f *findings) note(size int, fault error) (keep bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sizes = append(f.sizes, int32(min(size, 1<<30)))
	if f.progress != nil {
		f.progress(len(f.sizes), f.total)
	}
	if fault == nil {
		return false
	}
	f.faulty++
	f.faults[fault.Error()]++
	return f.faulty <= maxKept
}

// maxKept is how many faulty messages are kept: enough to see what is wrong when
// it is wrong with all.
const maxKept = 1000

func (f *findings) report(took time.Duration) *Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &Report{Messages: len(f.sizes), Faulty: f.faulty, Took: took, Faults: []Fault{}}
	for what, n := range f.faults {
		r.Faults = append(r.Faults, Fault{What: what, Messages: n})
	}
	slices.SortFunc(r.Faults, func(a, b Fault) int {
		if a.Messages != b.Messages {
			return b.Messages - a.Messages
		}
		return strings.Compare(a.What, b.What)
	})
	slices.Sort(f.sizes)
	for _, n := range f.sizes {
		r.Total += int64(n)
	}
	if n := len(f.sizes); n > 0 {
		r.Smallest, r.Median, r.Largest = int64(f.sizes[0]), int64(f.sizes[n/2]), int64(f.sizes[n-1])
	}
	return r
}

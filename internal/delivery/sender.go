package delivery

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/store"
)

// Options say how to send.
type Options struct {
	SMTP        smtp.Options
	Connections int     // side by side; at least 1
	Rate        float64 // messages a second over all connections; 0: no limit
	Domains     []DomainRate
	Retry       Retry
}

// Sender sends what the database says is to be sent.
type Sender struct {
	options  Options
	store    *store.Store
	ledger   *ledger.Ledger
	composer *Composer
	log      *slog.Logger
	now      func() time.Time
	gate     *gate
	token    int64 // of this run: marks carry it
	queue    *queue
	// signsFirst says that the next message is signed before the mark is asked for, and
	// not while it is being written: there is always somebody else to sign meanwhile.
	signsFirst bool

	// What follows belongs to the goroutine of rounds. Maps are by bulletin.
	looked   time.Time // when the database was last asked for new work, on the machine's clock
	flows    map[int64]*flow
	notices  notices
	editions map[int64]*Edition
	faults   map[int64]int // how often in a row it was paused by the server

	// poll is how often the database is asked for new work, for a change of a
	// bulletin's state, and for the sender's lock.
	poll time.Duration
	// grace is how long open conversations may go on after a stop, and effort how
	// long after that their outcomes may take to be written.
	grace, effort time.Duration
}

// Defaults of a Sender's times. Grace, effort and the ledger's own last effort
// stay together below the 10 s that a process is usually given to end.
const (
	usualPoll   = 200 * time.Millisecond
	usualGrace  = 5 * time.Second
	usualEffort = 2 * time.Second
)

// NewSender makes a Sender; it does nothing before Run.
func NewSender(o Options, s *store.Store, l *ledger.Ledger, c *Composer, log *slog.Logger) *Sender {
	o.SMTP.Groups = new(smtp.Groups) // what one connection learns of the server, all know
	return &Sender{
		options: o, store: s, ledger: l, composer: c, log: log, now: s.Now,
		gate: &gate{now: s.Now}, token: rand.Int64(), queue: newQueue(o.Rate, o.Domains, time.Now),
		flows: map[int64]*flow{}, notices: notices{taken: map[int64]bool{}, gate: &gate{now: s.Now}},
		editions: map[int64]*Edition{}, faults: map[int64]int{},
		signsFirst: len(c.Signers()) > 0 && o.Connections > runtime.GOMAXPROCS(0),
		poll:       usualPoll, grace: usualGrace, effort: usualEffort,
	}
}

// Run sends until ctx ends. While another process holds the sender's lock it
// waits, ready to take over within a fraction of a second.
func (s *Sender) Run(ctx context.Context) error {
	for {
		lock, err := s.store.DB().TrySenderLock()
		if err != nil {
			return err
		}
		if lock != nil {
			err := s.hold(ctx)
			return errors.Join(err, lock.Release())
		}
		if !wait(ctx, s.poll) {
			return nil
		}
	}
}

// hold sends as the only sender. When ctx ends, no further message is begun,
// open conversations may end within grace, and every outcome is recorded.
func (s *Sender) hold(ctx context.Context) error {
	if !s.recover(ctx) {
		return nil
	}
	stages, end := s.stages(ctx)
	defer end()
	ledgerCtx, stopLedger := context.WithCancel(context.WithoutCancel(ctx))
	ledgerDone := make(chan error, 1)
	go func() { ledgerDone <- s.ledger.Run(ledgerCtx) }()

	var workers sync.WaitGroup
	for range max(1, s.options.Connections) {
		w := &worker{sender: s, stages: stages, log: s.log}
		workers.Go(func() { w.run() })
	}
	beating, stopBeat := context.WithCancel(ctx)
	workers.Go(func() { s.beat(beating) })
	s.rounds(stages)
	stopBeat()
	s.queue.close()
	workers.Wait()
	stopLedger()
	return <-ledgerDone
}

// stages derives the steps of a stop from ctx. end frees what they hold.
func (s *Sender) stages(ctx context.Context) (st stages, end func()) {
	after := func(before context.Context, d time.Duration) (context.Context, func()) {
		next, cancel := context.WithCancel(context.WithoutCancel(before))
		stop := context.AfterFunc(before, func() {
			timer := time.AfterFunc(d, cancel)
			context.AfterFunc(next, func() { timer.Stop() })
		})
		return next, func() { stop(); cancel() }
	}
	st.soft = ctx
	var endHard, endRecord func()
	st.hard, endHard = after(st.soft, s.grace)
	st.record, endRecord = after(st.hard, s.effort)
	return st, func() { endRecord(); endHard() }
}

// recover settles what an earlier sender left in flight. Nothing may be sent
// before, so it is tried until it succeeds; false means that ctx ended first.
func (s *Sender) recover(ctx context.Context) bool {
	pause := newPause()
	for {
		uncertain, err := s.ledger.Recover(ctx)
		if err == nil && uncertain > 0 {
			s.log.Warn("an earlier sender stopped in the middle; these deliveries are uncertain", "deliveries", uncertain)
		}
		if err == nil {
			err = s.alive(ctx)
		}
		if err == nil {
			err = s.resendUncertain(ctx)
		}
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.log.Error("sending cannot begin", "error", err)
		if !wait(ctx, pause.next()) {
			return false
		}
	}
}

// resendUncertain opens the uncertain deliveries of newsletters that prefer a
// duplicate to a gap, as their policy says.
func (s *Sender) resendUncertain(ctx context.Context) error {
	for _, state := range []newsletter.BulletinState{newsletter.BulletinSending, newsletter.BulletinPaused} {
		list, err := s.store.BulletinsIn(ctx, state)
		if err != nil {
			return err
		}
		for _, b := range list {
			n, err := s.store.NewsletterByID(ctx, b.NewsletterID)
			if err != nil {
				return err
			}
			if n.Policy.Uncertain != newsletter.UncertainResend {
				continue
			}
			err = s.store.DB().Write(ctx, func(tx *database.Tx) error {
				_, err := s.ledger.ResendUncertainTx(tx, b.ID)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pauses grow while the same trouble lasts.
type pauses struct{ last time.Duration }

func newPause() *pauses { return &pauses{} }

func (p *pauses) next() time.Duration {
	p.last = min(max(2*p.last, usualPoll), 5*time.Second)
	return p.last
}

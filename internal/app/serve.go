package app

import (
	"context"
	"errors"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"epistle/internal/archive"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/delivery"
	"epistle/internal/inbound"
	"epistle/internal/newsletter"
	"epistle/internal/schedule"
	"epistle/internal/web"
	"epistle/internal/web/public"
)

// Serve runs schedule, delivery, intake, the ways in for mail that comes back, and web
// at the configured address until ctx ends.
func (a *App) Serve(ctx context.Context) error {
	services, err := a.services()
	if err != nil {
		return err
	}
	listener, err := Listen(ctx, a.Config.Web.Listen)
	if err != nil {
		return err
	}
	return services.run(ctx, listener)
}

// ServeOn is Serve on a listener that is open already; it owns it from the call on.
func (a *App) ServeOn(ctx context.Context, listener net.Listener) error {
	services, err := a.services()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return services.run(ctx, listener)
}

// services are what runs side by side, ready to run.
type services struct {
	app    *App
	sender *delivery.Sender
	intake *inbound.Intake
	runner *schedule.Runner
	pages  http.Handler
	ways   []way
}

// services makes all of them before any begins, so that wrong settings are told
// before anything happens.
func (a *App) services() (*services, error) {
	sender, err := a.Sender()
	if err != nil {
		return nil, err
	}
	desk, err := a.Desk()
	if err != nil {
		return nil, err
	}
	pages, err := a.Public()
	if err != nil {
		return nil, err
	}
	intake := a.Intake()
	ways, err := a.ways(intake)
	if err != nil {
		return nil, err
	}
	return &services{
		app: a, sender: sender, intake: intake, ways: ways, pages: beside(pages, a.Staff(desk)),
		runner: schedule.NewRunner(a.Store, a.Ledger, a.Assembly, desk, a.Log),
	}, nil
}

// run ends when ctx does, or with the first error. The stop goes in stages, side
// by side and each bounded: the schedule begins no further run; requests under way
// may end (web.DrainTimeout, 5 s); no further message is begun, open conversations
// may end (5 s), then they are broken off and what is known is recorded (4 s with
// a database that does not answer); messages that come in may end (5 s). Together
// that is below 10 s.
func (s *services) run(ctx context.Context, listener net.Listener) error {
	log := s.app.Log
	log.Info("serving", "address", listener.Addr().String(), "public_url", s.app.Config.Web.PublicURL, "database", s.app.DB.Path())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return web.Serve(ctx, listener, s.pages, log) })
	group.Go(func() error { return s.runner.Run(ctx) })
	group.Go(func() error { return s.sender.Run(ctx) })
	group.Go(func() error { return s.intake.Run(ctx) })
	group.Go(func() error { return s.app.housekeeping(ctx) })
	for _, w := range s.ways {
		group.Go(func() error { return w.keepOpen(ctx, log) })
	}
	group.Go(func() error { s.app.followKeys(ctx); return nil })
	err := group.Wait()
	log.Info("stopped")
	return err
}

// Listen opens a TCP listener; an address in use is explained.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "cannot listen on %s: %w", address, err).
			With("Stop the program that uses the port, or choose another address.")
	}
	return l, nil
}

// Public makes the readers' pages.
func (a *App) Public() (http.Handler, error) {
	door := a.Door()
	return public.Handler(public.Options{
		Tokens: a.Secrets.Links, PublicURL: a.Config.Web.PublicURL, Proxies: a.Config.Web.TrustedProxies, Log: a.Log, Now: a.Store.Now,
		Leave: public.LeaveBy(door), Describe: public.DescribeBy(door), Door: door,
		Archive:     archive.New(a.Store),
		Preferences: a.Preferences(),
		Health: func(ctx context.Context) error {
			return a.DB.Read(ctx, func(tx *database.Tx) error { return tx.QueryRow(`SELECT 1`).Scan(new(int)) })
		},
	}), nil
}

// Preferences makes what readers change on their own page.
func (a *App) Preferences() *audience.Preferences {
	return a.Audience.Preferences(a.Secrets.Links, a.Config.Web.PublicURL)
}

// Door makes what takes sign-ups.
func (a *App) Door() *audience.Door {
	return a.Audience.Door(a.Secrets.Links, a.Config.Web.PublicURL)
}

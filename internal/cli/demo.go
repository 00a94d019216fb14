package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"epistle/data"
	"epistle/internal/app"
	"epistle/internal/assembly"
	"epistle/internal/audience"
	"epistle/internal/catcher"
	"epistle/internal/config"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/schedule"
	"epistle/internal/store"
	"epistle/internal/terminal"
	"epistle/internal/web"
)

func (c *command) demoCommand() *cobra.Command {
	var once bool
	var dir, listen string
	var subscribers int
	cmd := &cobra.Command{
		Use:   "demo [--once] [--dir DIR] [--listen ADDR] [--subscribers N]",
		Short: "Show everything on sample data; no configuration, no network",
		Long: "Show the whole week on sample data: a database with a newsletter, its items and\n" +
			"subscribers, this week's bulletin assembled, checked, approved and sent through a\n" +
			"real SMTP conversation into the built-in catcher. Then serve the caught mail and\n" +
			"the readers' pages at one address until Ctrl-C: archive, sign-up, a reader's own\n" +
			"page; the letters that they send are caught too. Nothing leaves this machine.",
		Example: "  epistle demo\n  epistle demo --once --subscribers 5000",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if subscribers < 1 || subscribers > 1_000_000 {
				return usage(cmd, "--subscribers: %d is not from 1 to 1000000", subscribers)
			}
			return c.demo(cmd.Context(), dir, listen, subscribers, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the send and its summary")
	cmd.Flags().StringVar(&dir, "dir", "", "keep database and mail in `DIR` (default a temporary folder that is removed)")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "serve the pages at `ADDR` (default any free port of this machine)")
	cmd.Flags().IntVar(&subscribers, "subscribers", sampleSubscribers, "how many subscribers, `N`; beyond the sample's 200 more are invented")
	return cmd
}

const sampleSubscribers = 200

// demo prepares the folder, plays the week, and serves unless once.
func (c *command) demo(ctx context.Context, dir, listen string, subscribers int, once bool) (err error) {
	kept := dir != ""
	if !kept {
		if dir, err = os.MkdirTemp("", "epistle-demo-"); err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := emptyFolder(dir); err != nil {
		return err
	}
	d := &demo{command: c, t: c.terminal(), dir: dir, kept: kept, subscribers: subscribers}
	if err := d.run(ctx, listen, once); err != nil && (ctx.Err() == nil || !errors.Is(err, context.Canceled)) {
		return err
	}
	if kept {
		d.t.Note("Database and mail are in %s.", dir)
	}
	return nil
}

// emptyFolder makes sure that the demo overwrites nothing.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return newsletter.Errorf(newsletter.Failed, "the folder cannot be made: %w", cause(err)).At(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return newsletter.Errorf(newsletter.Failed, "the folder cannot be read: %w", cause(err)).At(dir)
	}
	if len(entries) > 0 {
		return newsletter.Errorf(newsletter.Usage, "the folder is not empty").At(dir).With("Name a new folder; the demo overwrites nothing.")
	}
	return nil
}

// demo is one run of the demonstration.
type demo struct {
	*command
	t           *terminal.Terminal
	dir         string
	kept        bool // the folder stays
	subscribers int
	app         *app.App
	box         *catcher.Catcher
	newsletter  *newsletter.Newsletter
	bulletin    *store.Bulletin
}

func (d *demo) run(ctx context.Context, listen string, once bool) (err error) {
	log := slog.New(&warnings{terminal: d.t})
	pages, err := app.Listen(ctx, listen)
	if err != nil {
		return err
	}
	mail, err := app.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, pages.Close())
	}
	if d.box, err = catcher.New(catcher.Options{Dir: filepath.Join(d.dir, "caught"), Log: log}); err != nil {
		return errors.Join(err, mail.Close(), pages.Close())
	}
	defer func() { err = errors.Join(err, d.box.Close()) }()
	url := "http://" + pages.Addr().String()
	if d.app, err = app.Open(ctx, demoConfig(d.dir, url, mail.Addr().(*net.TCPAddr)), log, d.now); err != nil {
		return errors.Join(err, mail.Close(), pages.Close())
	}
	defer func() { err = errors.Join(err, d.app.Close()) }()

	serving, stop := context.WithCancel(ctx)
	group, serving := errgroup.WithContext(serving)
	group.Go(func() error { return d.box.ServeSMTP(serving, mail) })
	group.Go(func() error {
		defer stop()
		if err := d.week(serving); err != nil || once {
			return errors.Join(err, pages.Close())
		}
		site, err := d.site(serving, log)
		if err != nil {
			return errors.Join(err, pages.Close())
		}
		sender, err := d.app.Sender()
		if err != nil {
			return errors.Join(err, pages.Close())
		}
		group.Go(func() error { return sender.Run(serving) }) // the letters that readers' pages ask for
		d.t.Note("\nThe caught mail:     %s/inbox/\nThe readers' pages:  %s/\nCtrl-C ends the demo.", url, url)
		return web.Serve(serving, pages, site, log)
	})
	return group.Wait()
}

func demoConfig(dir, url string, mail *net.TCPAddr) *config.Config {
	cfg := config.Default()
	cfg.Database.URL = filepath.Join(dir, "epistle.db")
	cfg.Web.PublicURL = url
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.TLS = mail.IP.String(), mail.Port, config.TLSNone
	return cfg
}

// week plays one week, from the empty database to the balanced ledger.
func (d *demo) week(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.load, d.assemble, d.check, d.send} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// load stores the sample newsletter, its items and its subscribers.
func (d *demo) load(ctx context.Context) error {
	n, err := parseNewsletter(data.Slug, "data/newsletter.toml", data.Newsletter())
	if err != nil {
		return err
	}
	if err := d.app.Store.AddNewsletter(ctx, n, d.by()); err != nil {
		return err
	}
	d.newsletter = n
	items, err := d.items(ctx)
	if err != nil {
		return err
	}
	entries, refused, err := audience.ReadList("data/subscribers.csv", bytes.NewReader(data.Subscribers()))
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		return fmt.Errorf("sample subscriber in line %d: %s", refused[0].Line, refused[0].Reason)
	}
	list, err := enough(entries, d.subscribers)
	if err != nil {
		return err
	}
	// In batches, so that no transaction is long.
	for len(list) > 0 {
		batch := list[:min(len(list), 1000)]
		list = list[len(batch):]
		if _, err := d.app.Audience.Add(ctx, n, batch, audience.Consent{Source: "sample list"}, d.by()); err != nil {
			return err
		}
	}
	d.say("%s: %s of several weeks, %s\n\n", n.Name, terminal.Plural(items, "item", "items"), terminal.Plural(d.subscribers, "subscriber", "subscribers"))
	return nil
}

// items stores the sample's items, each wanted for its week, and approves them.
func (d *demo) items(ctx context.Context) (int, error) {
	samples, err := data.Items()
	if err != nil {
		return 0, err
	}
	day, err := d.thisWeek()
	if err != nil {
		return 0, err
	}
	for _, s := range samples {
		item := &store.Item{
			NewsletterID: d.newsletter.ID, Section: s.Section, Body: strings.TrimSpace(s.Body), Author: d.by(),
			Wanted: day.AddDays(7 * s.Week),
		}
		if err := d.app.Store.AddItem(ctx, item); err != nil {
			return 0, err
		}
		if err := d.app.Store.ApproveItem(ctx, item.ID, d.by()); err != nil {
			return 0, err
		}
	}
	return len(samples), nil
}

// thisWeek is the next send date of the sample's schedule.
func (d *demo) thisWeek() (newsletter.Date, error) {
	plan, err := schedule.ReadPlan(d.newsletter.Schedule)
	if err != nil {
		return newsletter.Date{}, err
	}
	loc, err := d.newsletter.Location()
	if err != nil {
		return newsletter.Date{}, err
	}
	now := d.app.Store.Now()
	if plan.Send != nil {
		if due, ok := plan.Send.After(loc, now); ok {
			return due.Date(), nil
		}
	}
	return newsletter.DateOf(now.In(loc)), nil
}

// enough cuts the sample to n people or invents more.
func enough(sample []audience.Entry, n int) ([]audience.Entry, error) {
	list := sample[:min(len(sample), n)]
	for i := len(list); i < n; i++ {
		a, err := parseAddress(fmt.Sprintf("reader%07d@example.net", i))
		if err != nil {
			return nil, err
		}
		list = append(list, audience.Entry{Address: a})
	}
	return list, nil
}

// assemble makes this week's bulletin; items of the weeks before stay out of it.
func (d *demo) assemble(ctx context.Context) error {
	day, err := d.thisWeek()
	if err != nil {
		return err
	}
	out, err := d.app.Assembly.Assemble(ctx, assembly.Request{Newsletter: d.newsletter, Date: day, By: d.by()})
	if err != nil {
		return err
	}
	d.bulletin = out.Bulletin
	if d.t.WantsJSON() {
		return nil
	}
	return d.sayMade(out)
}

// say tells of a step; as JSON only the ledger at the end is written.
func (d *demo) say(format string, args ...any) {
	if !d.t.WantsJSON() {
		d.t.Printf(format, args...)
	}
}

func (d *demo) check(ctx context.Context) error {
	desk, err := d.app.Desk()
	if err != nil {
		return err
	}
	results, err := desk.Check(ctx, d.bulletin)
	if err != nil {
		return err
	}
	if !d.t.WantsJSON() {
		d.t.Printf("\n")
		d.sayChecks(d.bulletin, results)
	}
	if preflight.Worst(results) == preflight.Error {
		return newsletter.Errorf(newsletter.Refused, "the sample bulletin does not pass preflight")
	}
	return nil
}

func (d *demo) send(ctx context.Context) error {
	approved, _, err := d.app.Store.ApproveBulletin(ctx, d.bulletin.ID, d.bulletin.Hash, d.by())
	if err != nil {
		return err
	}
	desk, err := d.app.Desk()
	if err != nil {
		return err
	}
	if d.bulletin, err = desk.Send(ctx, approved, d.by()); err != nil {
		return err
	}
	d.say("\n")
	return d.sendAndWatch(ctx, d.app, d.bulletin)
}

// site is the catcher's inbox with the readers' pages beside it.
func (d *demo) site(ctx context.Context, log *slog.Logger) (http.Handler, error) {
	pages, err := d.app.Public()
	if err != nil {
		return nil, err
	}
	composer, err := d.app.Composer()
	if err != nil {
		return nil, err
	}
	edition, err := composer.Edition(ctx, d.bulletin, 0)
	if err != nil {
		return nil, err
	}
	inbox := d.box.Inbox(catcher.InboxOptions{
		Prefix: "/inbox/", Log: log,
		Note: fmt.Sprintf("%s, bulletin %d, as %s got it.", d.newsletter.Name, d.bulletin.Number, terminal.Plural(d.box.Len(), "reader", "readers")),
		Links: []web.Link{
			{Label: "The bulletin in the browser", Href: edition.BrowserURL()},
			{Label: "The archive", Href: "/a/" + d.newsletter.Slug},
			{Label: "Subscribing", Href: "/subscribe/" + d.newsletter.Slug},
			{Label: "A reader’s own page", Href: edition.ChooseURL(firstSubscriber)},
			{Label: "The page for leaving", Href: edition.UnsubscribeURL(firstSubscriber)},
		},
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/inbox/") {
			inbox.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}), nil
}

// firstSubscriber is the number of the first person in a new database, for the
// links that the demo shows.
const firstSubscriber = 1

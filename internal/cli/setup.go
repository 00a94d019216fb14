package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"epistle/internal/app"
	"epistle/internal/catcher"
	"epistle/internal/config"
	"epistle/internal/definition"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
	"epistle/internal/web"
)

func (c *command) initCommand() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:   "init [--newsletter SLUG]",
		Short: "Make a configuration, a database and a first newsletter",
		Long: "Write a commented epistle.toml in this folder, make the database, and add a first\n" +
			"newsletter, which sends from bulletin@HOST, HOST being that of web.public_url.\n" +
			"What is there already is left as it is.",
		Example: "  epistle init --newsletter weekly",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := newsletter.ValidateSlug(slug); err != nil {
				return err
			}
			report := &initReport{}
			if err := c.writeConfig(report); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				report.Database = a.DB.Path()
				if err := c.firstNewsletter(ctx, a, slug, cmd.Flags().Changed("newsletter"), report); err != nil {
					return err
				}
				return c.answer(report, report.say)
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "weekly", "the first newsletter's `SLUG`")
	return cmd
}

// initReport is what init found and made.
type initReport struct {
	Configuration string `json:"configuration"`
	Written       bool   `json:"configuration_written"`
	Database      string `json:"database"`
	Newsletter    string `json:"newsletter"`
	Added         bool   `json:"newsletter_added"`
	from          newsletter.Address
}

func (r *initReport) say(t *terminal.Terminal) {
	left := func(made bool) string {
		if made {
			return ""
		}
		return ", left as it was"
	}
	t.Note("Configuration  %s%s", r.Configuration, left(r.Written))
	t.Note("Database       %s", r.Database)
	t.Note("Newsletter     %s, sent by %s%s", r.Newsletter, r.from.Email, left(r.Added))
	if !r.Added {
		return
	}
	t.Note("\nNext, give it its name, sender and sections:")
	t.Note("  epistle newsletters show %s --format toml > %s.toml", r.Newsletter, r.Newsletter)
	t.Note("  epistle newsletters edit %s --file %s.toml", r.Newsletter, r.Newsletter)
	t.Note("Name the mail server in %s, and see whether all is in place:", r.Configuration)
	t.Note("  epistle doctor")
	t.Note("Then readers and the first bulletin:")
	t.Note("  epistle subscribers import readers.csv")
	t.Note("  epistle bulletins import bulletin.txt --create-sections")
}

// firstNewsletter adds the newsletter that is asked for; where nobody asked for
// one by name and there are newsletters, nothing is added.
func (c *command) firstNewsletter(ctx context.Context, a *app.App, slug string, asked bool, report *initReport) error {
	all, err := a.Store.Newsletters(ctx)
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Slug == slug || !asked {
			report.Newsletter, report.from = n.Slug, n.From
			return nil
		}
	}
	n, err := definition.Read("the first newsletter", definition.Example(slug, a.Config.Web.Host()))
	if err != nil {
		return err
	}
	n.Slug = slug
	report.Newsletter, report.Added, report.from = slug, true, n.From
	return a.Store.AddNewsletter(ctx, n, c.by())
}

// writeConfig writes the commented configuration where there is none yet.
func (c *command) writeConfig(report *initReport) error {
	path := c.flags.config
	if path == "" {
		path = "epistle.toml"
	}
	report.Configuration = path
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = f.Write(config.Example())
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(path)) // half a configuration is worse than none
		}
	}
	if err != nil {
		return newsletter.Errorf(newsletter.Failed, "the configuration cannot be written: %w", cause(err)).At(path).
			With("Choose another folder, or name another file with --config.")
	}
	report.Written = true
	return nil
}

func (c *command) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run schedule, delivery and web until stopped",
		Long: "Run the whole program: the schedule assembles, proofs and sends, delivery hands\n" +
			"messages to the mail server, and the web serves the pages for readers. SIGTERM or\n" +
			"Ctrl-C ends it within ten seconds; nothing is lost.",
		Example: "  epistle serve --config /etc/epistle/epistle.toml",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			a, err := app.Open(cmd.Context(), cfg, c.serverLog(cfg), c.now)
			if err != nil {
				return err
			}
			return errors.Join(a.Serve(cmd.Context()), a.Close())
		},
	}
}

func (c *command) catchCommand() *cobra.Command {
	var smtpAddr, httpAddr, dir string
	var behave bool
	cmd := &cobra.Command{
		Use:   "catch [--smtp ADDR] [--http ADDR] [--dir DIR] [--behave]",
		Short: "Catch mail instead of delivering it",
		Long: "Run an SMTP server that keeps every message as one .eml file and delivers nothing,\n" +
			"with an inbox to look at them. Whoever reaches the HTTP address reads everything:\n" +
			"leave it on this machine.",
		Example: "  epistle catch --smtp 127.0.0.1:2525 --http 127.0.0.1:8025 --dir caught",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			log := c.serverLog(cfg)
			box, err := catcher.New(catcher.Options{Dir: dir, Log: log, Behave: behave})
			if err != nil {
				return err
			}
			mail, err := app.Listen(ctx, smtpAddr)
			if err != nil {
				return errors.Join(err, box.Close())
			}
			pages, err := app.Listen(ctx, httpAddr)
			if err != nil {
				return errors.Join(err, mail.Close(), box.Close())
			}
			where := catching{SMTP: mail.Addr().String(), HTTP: "http://" + pages.Addr().String() + "/", Dir: dir, Messages: box.Len()}
			err = c.answer(where, func(t *terminal.Terminal) {
				t.Note("Mail        %s, kept in %s (%s there)", where.SMTP, dir, terminal.Plural(where.Messages, "message", "messages"))
				t.Note("Inbox       %s\nCtrl-C ends it.", where.HTTP)
			})
			if err != nil {
				return errors.Join(err, mail.Close(), pages.Close(), box.Close())
			}
			return errors.Join(catchMail(ctx, box, mail, pages, log), box.Close())
		},
	}
	cmd.Flags().StringVar(&smtpAddr, "smtp", "127.0.0.1:2525", "take mail at `ADDR`")
	cmd.Flags().StringVar(&httpAddr, "http", "127.0.0.1:8025", "show the inbox at `ADDR`")
	cmd.Flags().StringVar(&dir, "dir", "caught", "keep the messages in `DIR`")
	cmd.Flags().BoolVar(&behave, "behave", false, "let addresses such as bounce@… and defer@… be refused as in the world outside")
	return cmd
}

// catching says where a catcher listens; scripts read it with --json.
type catching struct {
	SMTP     string `json:"smtp"`
	HTTP     string `json:"http"`
	Dir      string `json:"dir"`
	Messages int    `json:"messages"`
}

// catchMail serves both sides of a catcher until ctx ends.
func catchMail(ctx context.Context, box *catcher.Catcher, mail, pages net.Listener, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return box.ServeSMTP(ctx, mail) })
	group.Go(func() error { return web.Serve(ctx, pages, box.Inbox(catcher.InboxOptions{Log: log}), log) })
	return group.Wait()
}

func (c *command) auditCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "audit [--limit N]",
		Short:   "Show who did what, the newest first",
		Example: "  epistle audit --limit 20",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd, "limit", limit); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				list, err := a.Store.Audit(ctx, limit)
				if err != nil {
					return err
				}
				bulletins, err := a.Store.Bulletins(ctx, 0, allBulletins)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(list), func(t *terminal.Terminal) { sayAudit(t, list, bulletins) })
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most `N` lines")
	return cmd
}

// allBulletins is more than there are: a weekly letter makes 52 a year.
const allBulletins = 10_000

func sayAudit(t *terminal.Terminal, list []store.Entry, bulletins []*store.Bulletin) {
	refs := map[int64]string{}
	for _, b := range bulletins {
		refs[b.ID] = b.Ref()
	}
	var rows [][]string
	for _, e := range list {
		about := refs[e.BulletinID]
		switch {
		case about != "":
		case e.ItemID != 0:
			about = fmt.Sprintf("item %d", e.ItemID)
		case e.SubscriberID != 0:
			about = fmt.Sprintf("subscriber %d", e.SubscriberID)
		}
		rows = append(rows, []string{moment(e.At), e.Actor, e.Action, orDash(about), orDash(e.Detail)})
	}
	t.Table([]terminal.Column{
		{Title: "AT"}, {Title: "WHO", Flexible: true}, {Title: "DID"}, {Title: "TO WHAT"}, {Title: "HOW", Flexible: true},
	}, rows)
}

func (c *command) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "backup FILE",
		Short:   "Copy the database while everything runs",
		Long:    "Write a consistent copy of the whole database, secrets included, to a new file\nthat only you can read. Sending and serving go on meanwhile. To go back, stop\nEpistle and put the copy in the database's place.",
		Example: "  epistle backup /var/backups/epistle-2027-03-12.db",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				if err := a.DB.Backup(ctx, args[0]); err != nil {
					return err
				}
				info, err := os.Stat(args[0])
				if err != nil {
					return err
				}
				return c.answer(backupReport{args[0], info.Size()}, func(t *terminal.Terminal) {
					t.Note("%s: %s, checked.", args[0], terminal.Bytes(info.Size()))
				})
			})
		},
	}
}

type backupReport struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

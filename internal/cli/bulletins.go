package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/assembly"
	"epistle/internal/ledger"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bulletinsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bulletins",
		Short: "Make, check, approve and send bulletins",
		Long:  "Make, check, approve and send bulletins. ID is a bulletin's number (12), SLUG/12\nwhere several newsletters exist, or latest: the bulletin made last.",
	}
	add(cmd,
		c.bulletinsImport(), c.bulletinsAssemble(), c.bulletinsEdit(), c.bulletinsList(), c.bulletinsShow(),
		c.bulletinsPreview(), c.bulletinsCheck(), c.bulletinsDiff(), c.bulletinsProof(), c.bulletinsApprove(), c.bulletinsSchedule(), c.bulletinsUnschedule(),
		c.bulletinsSend(),
		c.bulletinsStatus(), c.bulletinsPause(), c.bulletinsResume(), c.bulletinsCancel(), c.bulletinsUncertain(),
		c.bulletinsRehearse(),
	)
	return cmd
}

// onBulletin runs fn on the bulletin that a person names.
func (c *command) onBulletin(cmd *cobra.Command, ref string, fn func(ctx context.Context, a *app.App, b *store.Bulletin) error) error {
	return c.with(cmd, func(ctx context.Context, a *app.App) error {
		b, err := a.Store.Bulletin(ctx, ref)
		if err != nil {
			return err
		}
		return fn(ctx, a, b)
	})
}

func (c *command) bulletinsAssemble() *cobra.Command {
	var slug, date string
	var extra bool
	cmd := &cobra.Command{
		Use:   "assemble [--newsletter SLUG] [--date YYYY-MM-DD] [--extra]",
		Short: "Make a bulletin from the approved items",
		Long: "Make the bulletin of a date from the approved items: numbered, frozen and hashed,\n" +
			"waiting for review. Without --date it is for the next send date of the schedule.\n" +
			"Again for the same date makes a new revision and voids the approval. A week with\n" +
			"nothing to say makes no bulletin: exit code 1.",
		Example: "  epistle bulletins assemble --newsletter weekly --date 2027-03-12",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := optionalDate(date)
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				if day.IsZero() {
					dates, err := newDates(ctx, a, n)
					if err != nil {
						return err
					}
					day = dates.next()
				}
				out, err := a.Assembly.Assemble(ctx, assembly.Request{Newsletter: n, Date: day, Extra: extra, By: c.by()})
				if errors.Is(err, assembly.ErrNothing) {
					return nothingToSay(ctx, a, n, err)
				}
				if err != nil {
					return err
				}
				for _, i := range out.Expired {
					c.terminal().Warn("item %d was valid until %s and is not used", i.ID, i.ValidUntil)
				}
				for _, i := range out.LeftOver {
					c.terminal().Warn("item %d was wanted for the week of %s and is not used", i.ID, i.Wanted)
				}
				if err := c.sayMade(out); err != nil {
					return err
				}
				if err := c.warnProtected(ctx, a, out.Bulletin); err != nil {
					return err
				}
				c.sayNext(out.Bulletin)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&date, "date", "", "the bulletin's date, `YYYY-MM-DD` (default the next send date)")
	cmd.Flags().BoolVar(&extra, "extra", false, "make a second bulletin for a date that has one")
	return cmd
}

// nothingToSay adds to the refusal of an empty week what could still become of it.
func nothingToSay(ctx context.Context, a *app.App, n *newsletter.Newsletter, nothing error) error {
	drafts, err := a.Store.Items(ctx, store.ItemFilter{NewsletterID: n.ID, State: newsletter.ItemDraft})
	var own *newsletter.Error
	if err != nil || len(drafts) == 0 || !errors.As(nothing, &own) {
		return errors.Join(nothing, err)
	}
	return own.With(terminal.Plural(len(drafts), "draft waits", "drafts wait") + " for approval. See:\nepistle items list --newsletter " + n.Slug + " --state draft")
}

// sayMade tells what a bulletin has become.
func (c *command) sayMade(out *assembly.Outcome) error {
	return c.answer(out.Bulletin, func(t *terminal.Terminal) {
		b, sections := out.Bulletin, out.Document.Content.Sections
		what := "waits for review"
		switch {
		case out.Unchanged:
			what = "unchanged, " + string(b.State)
		case out.Revised:
			what = "waits for review again"
			if b.State.Begun() {
				what = string(b.State)
			}
		}
		items := 0
		for _, s := range sections {
			items += len(s.Items)
		}
		t.Printf("Bulletin %s · %s · %s\n", b.Ref(), out.Document.Content.Title, longDate(b.Date))
		t.Note("  %s in %s", terminal.Plural(items, "item", "items"), terminal.Plural(len(sections), "section", "sections"))
		t.Note("  revision %d, hash %s, %s", b.Revision, b.Hash[:shownHash], what)
	})
}

// sayPaused warns when a change has paused a send under way.
func (c *command) sayPaused(b *store.Bulletin) {
	if b.State == newsletter.BulletinPaused {
		c.terminal().Warn("bulletin %s is paused; look at it, approve it, then: epistle bulletins resume %s", b.Ref(), b.Ref())
	}
}

// sayNext names the commands that come after making a bulletin.
func (c *command) sayNext(b *store.Bulletin) {
	if b.State == newsletter.BulletinReview {
		c.terminal().Note("  next: epistle bulletins check %s, then: epistle bulletins approve %s", b.Ref(), b.Ref())
	}
}

// shownHash is how much of a hash a person is shown.
const shownHash = 12

// longDate writes a date as in a bulletin's masthead.
func longDate(d newsletter.Date) string { return d.In(time.UTC).Format("2 January 2006") }

// editFlags are the flags of bulletins edit.
type editFlags struct {
	title, subject, preheader, where, file string
	create                                 bool
}

func (c *command) bulletinsEdit() *cobra.Command {
	var f editFlags
	cmd := &cobra.Command{
		Use:   "edit ID [--title T] [--subject S] [--preheader P] [--where FILTER] [--file MANUSCRIPT|-] [--create-sections]",
		Short: "Change a bulletin; it gets a new revision",
		Long: "Change a bulletin. It gets a new revision, and its approval is void. Once it has\n" +
			"begun to leave only --title, --subject and --preheader can change: what stood\n" +
			"there goes from archive, feed and browser view and from every revision, and a\n" +
			"send under way is paused. --file takes all its words from a manuscript, such as the one\n" +
			"that `epistle bulletins show ID --format markdown` wrote. --where narrows who\n" +
			"gets it, as in `epistle subscribers list --where`. Title, subject and preheader\n" +
			"stay when the bulletin is assembled again, until an empty one is given.",
		Example: "  epistle bulletins edit 12 --subject \"Harbour schools reopen\"\n  epistle bulletins show 12 --format markdown > 12.md\n  epistle bulletins edit 12 --file 12.md",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				e, err := c.readEdit(ctx, cmd, a, b, &f)
				if err != nil {
					return err
				}
				out, err := a.Assembly.Edit(ctx, b.ID, e, c.by())
				if err != nil {
					return err
				}
				if e.Manuscript != nil {
					c.sayFindings(f.file, e.Manuscript)
				}
				if err := c.sayMade(out); err != nil {
					return err
				}
				c.sayPaused(out.Bulletin)
				return c.warnProtected(ctx, a, out.Bulletin)
			})
		},
	}
	cmd.Flags().StringVar(&f.title, "title", "", "the masthead's `TITLE`; empty: the newsletter's")
	cmd.Flags().StringVar(&f.subject, "subject", "", "the mail's `SUBJECT`; empty: the title")
	cmd.Flags().StringVar(&f.preheader, "preheader", "", "the `TEXT` that mail programs show beside the subject; empty: none")
	cmd.Flags().StringVar(&f.where, "where", "", "only for subscribers that the `FILTER` chooses; empty: for all")
	cmd.Flags().StringVar(&f.file, "file", "", "all its words from a `MANUSCRIPT`; - is standard input")
	cmd.Flags().BoolVar(&f.create, "create-sections", false, "add sections that the newsletter does not have")
	return cmd
}

// readEdit gathers what the given flags change.
func (c *command) readEdit(ctx context.Context, cmd *cobra.Command, a *app.App, b *store.Bulletin, f *editFlags) (e assembly.Edit, err error) {
	for _, flag := range []struct {
		name   string
		value  *string
		target **string
	}{{"title", &f.title, &e.Title}, {"subject", &f.subject, &e.Subject}, {"preheader", &f.preheader, &e.Preheader}, {"where", &f.where, &e.Audience}} {
		if cmd.Flags().Changed(flag.name) {
			*flag.target = flag.value
		}
	}
	if f.file != "" {
		n, err := a.Store.NewsletterByID(ctx, b.NewsletterID)
		if err != nil {
			return e, err
		}
		if e.Manuscript, err = c.readManuscript(f.file, n, f.create); err != nil {
			return e, err
		}
		if d := e.Manuscript.Date; !d.IsZero() && d != b.Date {
			c.terminal().Warn("%s is dated %s; bulletin %s keeps its date, %s", inputName(f.file), d, b.Ref(), b.Date)
		}
	}
	if e == (assembly.Edit{}) {
		return e, usage(cmd, "there is nothing to change")
	}
	return e, nil
}

func (c *command) bulletinsList() *cobra.Command {
	var slug string
	var limit int
	cmd := &cobra.Command{
		Use:     "list [--newsletter SLUG] [--limit N]",
		Short:   "List bulletins, the newest first",
		Example: "  epistle bulletins list",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd, "limit", limit); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				var id int64
				if slug != "" {
					n, err := a.Store.Newsletter(ctx, slug)
					if err != nil {
						return err
					}
					id = n.ID
				}
				list, err := a.Store.Bulletins(ctx, id, limit)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(list), func(t *terminal.Terminal) { sayBulletins(t, list) })
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "only those of the newsletter `SLUG`")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	return cmd
}

func sayBulletins(t *terminal.Terminal, list []*store.Bulletin) {
	if len(list) == 0 {
		t.Note("There is no bulletin yet. Make one with: epistle bulletins import FILE, or: epistle bulletins assemble")
	}
	var rows [][]string
	for _, b := range list {
		rows = append(rows, []string{b.Ref(), b.Date.String(), string(b.State), strconv.Itoa(b.Revision), b.Hash[:shownHash], b.Title, b.Note})
	}
	t.Table([]terminal.Column{
		{Title: "BULLETIN"},
		{Title: "DATE"},
		{Title: "STATE"},
		{Title: "REV", Right: true},
		{Title: "HASH"},
		{Title: "TITLE", Flexible: true},
		{Title: "NOTE", Flexible: true},
	}, rows)
}

func (c *command) bulletinsShow() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "show ID [--format text|markdown|json]",
		Short: "Write a bulletin as a manuscript",
		Long:  "Write a bulletin as a manuscript, in plain text or Markdown; importing it again\ngives the same bulletin. --format json writes the frozen document.",
		Example: "  epistle bulletins show latest --format markdown > bulletin.md\n" +
			"  epistle bulletins show 12 --format json",
		Args: exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "format", format, formatText, formatMarkdown, formatJSON); err != nil {
				return err
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				doc, err := a.Store.Document(ctx, b.ID, 0)
				if err != nil {
					return err
				}
				t := c.terminal()
				switch {
				case format == formatJSON || t.WantsJSON():
					doc.Content.Sections = orEmpty(doc.Content.Sections)
					return t.JSON(struct {
						*store.Bulletin
						Document *newsletter.Document `json:"document"`
					}{b, doc})
				case format == formatMarkdown:
					return manuscript.WriteMarkdown(t.Stdout(), asManuscript(doc))
				}
				return manuscript.WriteText(t.Stdout(), asManuscript(doc))
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", formatText, "`FORMAT`: text, markdown or json")
	return cmd
}

const (
	formatText     = "text"
	formatMarkdown = "markdown"
	formatJSON     = "json"
)

// asManuscript is the inverse of an import.
func asManuscript(doc *newsletter.Document) *manuscript.Manuscript {
	m := &manuscript.Manuscript{Content: assembly.Marked(doc.Content), Date: doc.Date, Preheader: doc.Preheader}
	if doc.Subject != doc.Content.Title {
		m.Subject = doc.Subject
	}
	return m
}

func (c *command) bulletinsPreview() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "preview ID --out DIR",
		Short: "Write the bulletin as files to look at",
		Long: "Write bulletin.html, bulletin.txt and bulletin.eml, exactly as a reader would get\n" +
			"them. The message is addressed to the newsletter itself and its links lead nowhere.",
		Example: "  epistle bulletins preview latest --out preview",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "out", dir); err != nil {
				return err
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				composer, err := a.Composer()
				if err != nil {
					return err
				}
				edition, err := composer.Edition(ctx, b, 0)
				if err != nil {
					return err
				}
				sample := ledger.Delivery{Ref: ledger.Ref{BulletinID: b.ID}, Email: edition.Document().Identity.From.Email}
				html, text := edition.Parts(sample)
				msg, err := edition.Message(sample)
				if err != nil {
					return err
				}
				return c.writePreview(dir, []previewFile{{"bulletin.html", []byte(html)}, {"bulletin.txt", []byte(text)}, {"bulletin.eml", msg.Bytes()}})
			})
		},
	}
	cmd.Flags().StringVar(&dir, "out", "", "the folder `DIR` to write to; it is made when it does not exist")
	return cmd
}

func (c *command) writePreview(dir string, files []previewFile) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return newsletter.Errorf(newsletter.Failed, "the folder cannot be made: %w", cause(err)).At(dir)
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = filepath.Join(dir, f.name)
		if err := os.WriteFile(paths[i], f.data, 0o644); err != nil {
			return newsletter.Errorf(newsletter.Failed, "the preview cannot be written: %w", cause(err)).At(paths[i])
		}
	}
	report := struct {
		Files []string `json:"files"`
	}{paths}
	return c.answer(report, func(t *terminal.Terminal) {
		for _, path := range paths {
			t.Printf("%s\n", path)
		}
	})
}

// previewFile is one file to look at.
type previewFile struct {
	name string
	data []byte
}

// placed puts a file's name before the places of an error: before "line:column"
// with a colon, before a key with a space too.
func placed(name string, err error) error {
	faults := asFaults(err)
	if faults == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range faults {
		switch {
		case f.Place == "":
			f.Place = name
		case f.Place[0] >= '0' && f.Place[0] <= '9':
			f.Place = name + ":" + f.Place
		default:
			f.Place = name + ": " + f.Place
		}
	}
	return faults
}

// inZone writes a time on the newsletter's own clock.
func inZone(n *newsletter.Newsletter, t time.Time) string {
	loc, err := n.Location()
	if err != nil {
		loc = time.UTC
	}
	return terminal.Time(t.In(loc))
}

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/assembly"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/schedule"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// maxManuscript is what the manuscript reader accepts, and a byte more so that
// it is the reader who refuses.
const maxManuscript = 1<<20 + 1

// importFlags are the flags of bulletins import.
type importFlags struct {
	slug, date            string
	create, extra, dryRun bool
}

func (c *command) bulletinsImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE… [--newsletter SLUG] [--date YYYY-MM-DD] [--create-sections] [--extra] [--dry-run]",
		Short: "Make bulletins from manuscripts",
		Long: "Make a bulletin, in review, from each manuscript: plain text or Markdown, front\n" +
			"matter optional. Its date is that of the front matter, else --date (one file\n" +
			"only), else the next send date of the schedule, else the first free date from\n" +
			"today on. A FILE of - is standard input. All files are read before anything is\n" +
			"stored. Again for the same date makes a new revision and voids the approval.",
		Example: "  epistle bulletins import bulletin.txt --newsletter weekly --dry-run\n  epistle bulletins import bulletin.txt --create-sections",
		Args:    several("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.date != "" && len(args) > 1 {
				return usage(cmd, "--date is for one file only")
			}
			day, err := optionalDate(f.date)
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				return c.importFiles(ctx, a, args, day, &f)
			})
		},
	}
	cmd.Flags().StringVar(&f.slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&f.date, "date", "", "the bulletin's date, `YYYY-MM-DD`")
	cmd.Flags().BoolVar(&f.create, "create-sections", false, "add sections that the newsletter does not have")
	cmd.Flags().BoolVar(&f.extra, "extra", false, "make a second bulletin for a date that has one")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show the outline that would be stored")
	return cmd
}

// importFiles reads all manuscripts, gives them their dates, and only then stores
// them, all or none.
func (c *command) importFiles(ctx context.Context, a *app.App, files []string, day newsletter.Date, f *importFlags) error {
	n, err := a.Store.Newsletter(ctx, f.slug)
	if err != nil {
		return err
	}
	manuscripts, err := c.readManuscripts(files, n, f.create)
	if err != nil {
		return err
	}
	dates, err := newDates(ctx, a, n)
	if err != nil {
		return err
	}
	if !day.IsZero() && !manuscripts[0].Date.IsZero() && manuscripts[0].Date != day {
		c.terminal().Warn("%s is dated %s, which counts; --date %s does not", inputName(files[0]), manuscripts[0].Date, day)
	}
	if err := dates.place(files, manuscripts, day, f.extra); err != nil {
		return err
	}
	if f.dryRun {
		return c.sayOutlines(files, manuscripts)
	}
	drafts := make([]assembly.Draft, len(files))
	for i, m := range manuscripts {
		drafts[i] = assembly.Draft{Name: inputName(files[i]), Date: m.Date, Manuscript: m}
	}
	made, err := a.Assembly.Import(ctx, assembly.Request{Newsletter: n, Extra: f.extra, By: c.by()}, drafts...)
	if err != nil {
		return err
	}
	if err := c.sayImported(files, manuscripts, made); err != nil {
		return err
	}
	for _, out := range made {
		if err := c.warnProtected(ctx, a, out.Bulletin); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) sayImported(files []string, manuscripts []*manuscript.Manuscript, made []*assembly.Outcome) error {
	var bulletins []*store.Bulletin
	for i, out := range made {
		bulletins = append(bulletins, out.Bulletin)
		c.sayFindings(files[i], manuscripts[i])
		if c.terminal().WantsJSON() {
			continue
		}
		if err := c.sayMade(out); err != nil {
			return err
		}
		c.sayNext(out.Bulletin)
	}
	if c.terminal().WantsJSON() {
		return c.terminal().JSON(bulletins)
	}
	return nil
}

// readManuscripts reads all files and reports the faults of all of them.
func (c *command) readManuscripts(names []string, n *newsletter.Newsletter, create bool) ([]*manuscript.Manuscript, error) {
	var list []*manuscript.Manuscript
	var faults newsletter.Faults
	for _, name := range names {
		m, err := c.readManuscript(name, n, create)
		if err != nil {
			these := asFaults(err)
			if these == nil {
				return nil, err
			}
			faults = append(faults, these...)
		}
		list = append(list, m)
	}
	return list, faults.Err()
}

func (c *command) readManuscript(name string, n *newsletter.Newsletter, create bool) (*manuscript.Manuscript, error) {
	data, err := c.readInput(name, maxManuscript)
	if err != nil {
		return nil, err
	}
	return manuscript.Read(data, manuscript.Options{Name: inputName(name), Sections: n.Sections, CreateSections: create})
}

// sayFindings reports what a person may want to mend.
func (c *command) sayFindings(name string, m *manuscript.Manuscript) {
	for _, f := range m.Findings {
		c.terminal().Warn("%s:%d: %s", inputName(name), f.Line, f.Message)
	}
	for _, s := range m.Added {
		c.terminal().Note("The section %q is new and stands at the end of the newsletter's sections.", s.Name)
	}
	if len(m.Pseudonyms) > 0 {
		c.terminal().Note("Pseudonyms: %s", listing(m.Pseudonyms))
	}
}

// outline is what --dry-run --json prints.
type outline struct {
	File       string               `json:"file"`
	Date       newsletter.Date      `json:"date"`
	Subject    string               `json:"subject,omitempty"`
	Preheader  string               `json:"preheader,omitempty"`
	Content    newsletter.Content   `json:"content"`
	Pseudonyms []string             `json:"pseudonyms"`
	Findings   []manuscript.Finding `json:"findings"`
}

// sayOutlines shows what would be stored.
func (c *command) sayOutlines(names []string, list []*manuscript.Manuscript) error {
	t := c.terminal()
	outlines := make([]outline, len(list))
	for i, m := range list {
		m.Content.Sections = orEmpty(m.Content.Sections)
		outlines[i] = outline{inputName(names[i]), m.Date, m.Subject, m.Preheader, m.Content, orEmpty(m.Pseudonyms), orEmpty(m.Findings)}
	}
	if t.WantsJSON() {
		return t.JSON(outlines)
	}
	for i, m := range list {
		if i > 0 {
			t.Printf("\n")
		}
		sayOutline(t, outlines[i])
		c.sayFindings(names[i], m)
	}
	t.Note("Nothing was stored.")
	return nil
}

// sayOutline shows one manuscript, each part with how it begins.
func sayOutline(t *terminal.Terminal, o outline) {
	t.Printf("%s\n", o.File)
	line := func(label, text string) {
		if text != "" {
			t.Printf("  %-10s %s\n", label, text)
		}
	}
	line("date", longDate(o.Date))
	line("title", orDash(o.Content.Title))
	line("subject", o.Subject)
	line("preheader", o.Preheader)
	if e := o.Content.Epigraph; e != nil {
		line("epigraph", firstWords(e.Text))
		line("", "— "+orDash(e.Source))
	}
	for _, s := range o.Content.Sections {
		heading := s.Heading
		if heading == "" {
			heading = "(lead, without a heading)"
		}
		t.Printf("\n  %s\n", heading)
		if s.Introduction != "" {
			t.Printf("    %s\n", firstWords(s.Introduction))
		}
		for _, item := range s.Items {
			t.Printf("    • %s\n", firstWords(item.Text))
		}
	}
	line("\n  footnote", o.Content.Note)
}

// dates hands out the dates of new bulletins.
type dates struct {
	taken map[newsletter.Date]bool // has a bulletin that can no longer change, or was handed out
	used  map[newsletter.Date]bool // has any bulletin
	today newsletter.Date
	sends []newsletter.Date // coming send dates of the schedule
}

// comingSends is how many weeks are looked ahead for send dates.
const comingSends = 104

func newDates(ctx context.Context, a *app.App, n *newsletter.Newsletter) (*dates, error) {
	loc, err := n.Location()
	if err != nil {
		return nil, err
	}
	runs, err := schedule.NewBook(a.Store, a.Ledger).Coming(ctx, n, a.Store.Now().AddDate(0, 0, 7*comingSends))
	if err != nil {
		return nil, err
	}
	d := &dates{taken: map[newsletter.Date]bool{}, used: map[newsletter.Date]bool{}, today: newsletter.DateOf(a.Store.Now().In(loc))}
	for _, run := range runs {
		if run.Kind == schedule.Send && !run.Skipped && !run.Own {
			d.sends = append(d.sends, run.Date)
		}
	}
	list, err := a.Store.Bulletins(ctx, n.ID, allBulletins)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		d.used[b.Date] = true
		d.taken[b.Date] = d.taken[b.Date] || b.State.Begun()
	}
	return d, nil
}

// place gives every manuscript its date: its own, the one asked for, or the next.
// A date that cannot be had is refused here, before anything is stored.
func (d *dates) place(files []string, list []*manuscript.Manuscript, asked newsletter.Date, extra bool) error {
	var faults newsletter.Faults
	holder := map[newsletter.Date]string{}
	for i, m := range list {
		if m.Date.IsZero() {
			m.Date = asked
		}
		if m.Date.IsZero() {
			continue
		}
		name := inputName(files[i])
		switch first, twice := holder[m.Date]; {
		case extra:
		case twice:
			faults = append(faults, newsletter.Errorf(newsletter.Invalid, "it has the date of %s, %s", first, m.Date).At(name).
				With("Give each its own date, or add --extra for a second bulletin on that date."))
		case d.taken[m.Date]:
			faults = append(faults, newsletter.Errorf(newsletter.Refused, "the bulletin for %s can no longer change: it is leaving, has left or was cancelled", m.Date).At(name).
				With("Choose another --date, or add --extra for a second bulletin on that date."))
		}
		holder[m.Date] = name
	}
	for day := range holder {
		d.taken[day], d.used[day] = true, true
	}
	for _, m := range list {
		if m.Date.IsZero() {
			m.Date = d.next()
		}
	}
	return faults.Err()
}

// next is the next send date whose bulletin has not begun to leave; without a
// schedule, the first date from today on that has no bulletin.
func (d *dates) next() newsletter.Date {
	for _, day := range d.sends {
		if !d.taken[day] {
			d.taken[day] = true
			return day
		}
	}
	day := d.today
	for d.used[day] || d.taken[day] {
		day = day.AddDays(1)
	}
	d.used[day] = true
	return day
}

package cli

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// maxProtect bounds a list of phrases, and a text that is tried.
const maxProtect = 1 << 20

func (c *command) protectCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "protect", Short: "Keep names out of bulletins, without storing them"}
	add(cmd, c.protectAdd(), c.protectList(), c.protectRemove(), c.protectTest())
	return cmd
}

// onNewsletter runs fn on a newsletter and the keeper of its deny-list.
func (c *command) onNewsletter(cmd *cobra.Command, slug string, fn func(context.Context, *app.App, *newsletter.Newsletter) error) error {
	return c.with(cmd, func(ctx context.Context, a *app.App) error {
		n, err := a.Store.Newsletter(ctx, slug)
		if err != nil {
			return err
		}
		return fn(ctx, a, n)
	})
}

func slugFlag(cmd *cobra.Command, slug *string) {
	cmd.Flags().StringVar(slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
}

func (c *command) protectAdd() *cobra.Command {
	var slug, label string
	cmd := &cobra.Command{
		Use:   "add --label LABEL [--newsletter SLUG] [FILE|-]",
		Short: "Protect names, places or numbers, one a line",
		Long: "Read one protected phrase a line, a name, a place or a case number of up to five\n" +
			"words, from a file or from standard input. Only keyed hashes are kept, never the\n" +
			"words; the label stands for them in lists and logs, so it must not be the name.\n" +
			"No bulletin with one of them in it can be sent. Full names are best: short ones,\n" +
			"and those that are also words, are found where nobody means them.",
		Example: "  epistle protect add --label \"case 7\" names.txt\n  epistle protect add --label \"case 7\" < names.txt",
		Args:    atMostOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "label", label); err != nil {
				return err
			}
			file := "-"
			if len(args) == 1 {
				file = args[0]
			}
			phrases, err := c.readPhrases(file)
			if err != nil {
				return err
			}
			return c.onNewsletter(cmd, slug, func(ctx context.Context, a *app.App, n *newsletter.Newsletter) error {
				added, err := release.NewProtection(a.Store).Add(ctx, n, label, phrases, c.by())
				if err != nil {
					return err
				}
				return c.answer(added, func(t *terminal.Terminal) { sayProtected(t, added, file) })
			})
		},
	}
	slugFlag(cmd, &slug)
	cmd.Flags().StringVar(&label, "label", "", "what `LABEL` stands for them, such as \"case 7\"")
	return cmd
}

// atMostOne allows an argument to be left out.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return exactly(name)(cmd, args)
	}
}

// readPhrases reads one phrase a line; empty lines do not count.
func (c *command) readPhrases(file string) ([]release.Phrase, error) {
	text, err := c.readPlain(file)
	if err != nil {
		return nil, err
	}
	var phrases []release.Phrase
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) != "" {
			phrases = append(phrases, release.Phrase{Place: fmt.Sprintf("%s:%d", inputName(file), i+1), Text: line})
		}
	}
	if len(phrases) == 0 {
		return nil, newsletter.Errorf(newsletter.Invalid, "there is nothing to protect in it").At(inputName(file)).With("Write one name, place or number a line.")
	}
	return phrases, nil
}

// readPlain reads a text that must be UTF-8: in another encoding a name would not
// be what it looks like.
func (c *command) readPlain(file string) (string, error) {
	data, err := c.readInput(file, maxProtect)
	if err != nil {
		return "", err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return "", newsletter.Errorf(newsletter.Invalid, "the text is not UTF-8").At(inputName(file)).With("Save it as plain text in UTF-8.")
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n"), nil
}

func sayProtected(t *terminal.Terminal, added *release.Added, file string) {
	if added.Revealing {
		t.Warn("the label holds what it protects, and labels are shown and logged; remove it and take another one")
	}
	for _, place := range added.Common {
		t.Warn("%s: a short word, or one that is common, will be found where nobody means it; protect the full name instead", place)
	}
	for _, e := range added.Published {
		t.Warn("bulletin %s of %s, which is %s, has it: %s", e.Bulletin, e.Date, e.State, strings.Join(e.Places, "; "))
		if e.State == newsletter.BulletinSending {
			t.Warn("it is leaving now; stop it with: epistle bulletins pause %s", e.Bulletin)
		}
	}
	if len(added.Published) > 0 {
		t.Warn("take an item out of what is public, and of what is kept, with: epistle items redact ITEM --reason REASON")
	}
	if added.New == 0 {
		t.Note("All of it was protected under %q already.", added.Label)
	} else {
		t.Note("%s protected under %q.", terminal.Plural(added.New, "new entry is", "new entries are"), added.Label)
	}
	if file != "-" {
		t.Note("The words are not kept. %s still has them: delete it, or keep it safe.", file)
	}
}

// warnProtected tells whoever has made a bulletin what the gate would refuse in it.
func (c *command) warnProtected(ctx context.Context, a *app.App, b *store.Bulletin) error {
	found, err := release.NewProtection(a.Store).Find(ctx, b)
	for _, r := range found {
		c.terminal().Warn("%s: %s; bulletin %s cannot leave like this", r.Place, r.Message, b.Ref())
	}
	return err
}

func (c *command) protectList() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:     "list [--newsletter SLUG]",
		Short:   "List the labels of what is protected",
		Long:    "List the labels of what is protected, never the words, which are not kept. A name\nwith umlauts has two entries, because it is also written without them.",
		Example: "  epistle protect list",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.onNewsletter(cmd, slug, func(ctx context.Context, a *app.App, n *newsletter.Newsletter) error {
				labels, err := release.NewProtection(a.Store).Labels(ctx, n)
				if err != nil {
					return err
				}
				return c.answer(labels, func(t *terminal.Terminal) { sayLabels(t, labels) })
			})
		},
	}
	slugFlag(cmd, &slug)
	return cmd
}

func sayLabels(t *terminal.Terminal, labels []release.Label) {
	if len(labels) == 0 {
		t.Note("Nothing is protected. Begin with: epistle protect add --label LABEL FILE")
	}
	var rows [][]string
	for _, l := range labels {
		rows = append(rows, []string{l.Label, strconv.Itoa(l.Entries), moment(l.First), moment(l.Last), strings.Join(l.By, ", ")})
	}
	t.Table([]terminal.Column{
		{Title: "LABEL", Flexible: true},
		{Title: "ENTRIES", Right: true},
		{Title: "SINCE"},
		{Title: "LAST ADDED"},
		{Title: "BY", Flexible: true},
	}, rows)
}

func (c *command) protectRemove() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:     "remove LABEL [--newsletter SLUG]",
		Short:   "Protect what stands under a label no longer",
		Example: "  epistle protect remove \"case 7\"",
		Args:    exactly("LABEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onNewsletter(cmd, slug, func(ctx context.Context, a *app.App, n *newsletter.Newsletter) error {
				removed, err := a.Store.RemoveProtected(ctx, n.ID, args[0], c.by())
				if err != nil {
					return err
				}
				return c.answer(map[string]int64{"removed": removed}, func(t *terminal.Terminal) {
					t.Note("%q is removed, with %s. Nothing of it is protected any more.", args[0], terminal.Plural(int(removed), "entry", "entries"))
				})
			})
		},
	}
	slugFlag(cmd, &slug)
	return cmd
}

func (c *command) protectTest() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:     "test [--newsletter SLUG] FILE|-",
		Short:   "Look for what is protected in a text",
		Long:    "Look for everything protected in a text and tell label, line and column, never the\nwords. Exit code 3 when something is found.",
		Example: "  epistle protect test bulletin.txt",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := c.readPlain(args[0])
			if err != nil {
				return err
			}
			return c.onNewsletter(cmd, slug, func(ctx context.Context, a *app.App, n *newsletter.Newsletter) error {
				hits, err := release.NewProtection(a.Store).Try(ctx, n, text)
				if err != nil {
					return err
				}
				return c.answerHits(inputName(args[0]), hits)
			})
		},
	}
	slugFlag(cmd, &slug)
	return cmd
}

func (c *command) answerHits(name string, hits []release.Hit) error {
	err := c.answer(hits, func(t *terminal.Terminal) {
		for _, h := range hits {
			t.Printf("%s:%d:%d: %s\n", name, h.Line, h.Column, h.Label)
		}
		if len(hits) == 0 {
			t.Note("Nothing protected is in it.")
		}
	})
	if err != nil || len(hits) == 0 {
		return err
	}
	return newsletter.Errorf(newsletter.Refused, "something protected stands in %s", terminal.Plural(len(hits), "place", "places")).At(name).
		With("Take it out, or put a pseudonym with an asterisk in its place.")
}

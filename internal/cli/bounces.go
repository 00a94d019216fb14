package cli

import (
	"context"
	"iter"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/inbound"
	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bouncesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bounces",
		Short: "Mail that comes back: bounces, complaints, wishes to leave",
		Long: "Read the mail that comes back, act on it once, and decide what is left to a\n" +
			"person. Only a message that proves by a signed token, or by the Message-ID of\n" +
			"what was sent, whom it is about changes anything. Nobody is ever answered.",
		Example: "  epistle bounces process Maildir\n  epistle bounces list --unknown",
	}
	add(cmd, c.bouncesProcess(), c.bouncesList(), c.bouncesShow(), c.bouncesClassify())
	return cmd
}

func (c *command) bouncesProcess() *cobra.Command {
	return &cobra.Command{
		Use:   "process FILE|DIR|-",
		Short: "Take in messages and act on them",
		Long: "Take in one message (a file, or standard input, such as from a mail server's\n" +
			"pipe), all of an mbox file, or all of a folder and the folders in it: a Maildir, or\n" +
			"files of any name. Nothing there is changed. A message that was seen before, by\n" +
			"whatever way, is counted and passed over, so that the command may be repeated or\n" +
			"broken off at any time. With --json each message is told with everybody it names.\n" +
			"What comes back while `epistle serve` runs is better taken in by it: see inbound\n" +
			"and imap in the configuration.",
		Example: "  epistle bounces process Maildir\n  epistle bounces process - < message.eml",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			items, total, err := c.pile(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				progress := stages{t: c.terminal()}
				defer progress.close()
				done, err := a.Intake().Process(ctx, inputName(args[0]), items, func(taken, worked int) {
					if worked == 0 {
						progress.progress("Keeping", taken, max(taken, total)) // an mbox file has any number
						return
					}
					progress.progress("Acting", worked, max(taken, total))
				})
				progress.close()
				if err != nil {
					return err
				}
				report := processed{Processed: done}
				if c.terminal().WantsJSON() {
					if report.Messages, err = messagesOf(ctx, a, done.Taken); err != nil {
						return err
					}
				}
				if err := c.answer(report, func(t *terminal.Terminal) { sayProcessed(t, done) }); err != nil {
					return err
				}
				return unread(done)
			})
		},
	}
}

// processed is what process says in JSON.
type processed struct {
	*inbound.Processed
	Messages []processedMessage `json:"messages"`
}

// processedMessage is one message of a pile, and all that is known of it now.
type processedMessage struct {
	inbound.Taken
	*store.Inbound
}

func messagesOf(ctx context.Context, a *app.App, taken []inbound.Taken) ([]processedMessage, error) {
	ids := make([]int64, len(taken))
	for i, t := range taken {
		ids[i] = t.ID
	}
	list, err := a.Store.InboundByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*store.Inbound, len(list))
	for _, m := range list {
		byID[m.ID] = m
	}
	messages := make([]processedMessage, 0, len(taken))
	for _, t := range taken {
		if m := byID[t.ID]; m != nil {
			messages = append(messages, processedMessage{t, m})
		}
	}
	return messages, nil
}

// pile gives the messages that an argument means, and how many there are.
func (c *command) pile(name string) (items iter.Seq[inbound.Item], total int, err error) {
	if name == "-" {
		return slices.Values([]inbound.Item{inbound.Stream("standard input", c.io.Stdin)}), 1, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, 0, newsletter.Errorf(newsletter.Failed, "it cannot be read: %w", cause(err)).At(name)
	}
	if !info.IsDir() {
		return slices.Values([]inbound.Item{inbound.File(name)}), 1, nil
	}
	list, err := inbound.Folder(name)
	if err == nil && len(list) == 0 {
		c.terminal().Warn("%s: there is no message in the folder", name)
	}
	return slices.Values(list), len(list), err
}

// unread is the failure of a command that could not read everything.
func unread(done *inbound.Processed) error {
	var faults newsletter.Faults
	for _, f := range done.Failed {
		faults = append(faults, newsletter.Errorf(newsletter.Failed, "the message cannot be read: %w", cause(f.Cause)).At(f.Name))
	}
	return faults.Err()
}

func sayProcessed(t *terminal.Terminal, done *inbound.Processed) {
	var rows [][]string
	for _, class := range inbound.Classes() {
		if n := done.Classes[string(class)]; n > 0 {
			rows = append(rows, []string{string(class), terminal.Count(n)})
		}
	}
	t.Table([]terminal.Column{{Title: "CLASS"}, {Title: "MESSAGES", Right: true}}, rows)
	t.Note("%s read: %s new, %s seen before.", terminal.Plural(done.Read, "message", "messages"), terminal.Count(done.Fresh), terminal.Count(done.Known))
	if n := done.Kinds[string(bounce.Delayed)]; n > 0 {
		t.Note("%s of a delay, which is no bounce.", terminal.Plural(n, "message tells", "messages tell"))
	}
	if done.Forged > 0 {
		t.Warn("%s forged; nothing followed from them", terminal.Plural(done.Forged, "token was", "tokens were"))
	}
	if done.Person > 0 {
		t.Note("%s left to a person: epistle bounces list --unknown", terminal.Plural(done.Person, "message is", "messages are"))
	}
}

func (c *command) bouncesShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one message: what it says, what follows, and why",
		Example: "  epistle bounces show 12",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := messageID(cmd, args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				m, raw, err := a.Store.InboundByID(ctx, id)
				if err != nil {
					return err
				}
				header := inbound.Header(raw)
				return c.answer(shownMessage{m, orEmpty(header)}, func(t *terminal.Terminal) { sayMessage(t, m, header) })
			})
		},
	}
}

func (c *command) bouncesClassify() *cobra.Command {
	return &cobra.Command{
		Use:   "classify ID CLASS",
		Short: "Decide what a message is, and act on it",
		Long: "Decide what a message is. It is acted on as if it had said so, and the audit log\n" +
			"says who decided. A message that proves nothing is then about whoever has the\n" +
			"address that it names. What followed before is not taken back: see subscribers\n" +
			"resume. The classes are " + listing(bounceClasses()) + ";\nunknown puts a message aside.",
		Example: "  epistle bounces classify 12 unknown-user --as ana",
		Args:    exactly("ID", "CLASS"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return bounceClasses(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := messageID(cmd, args[0])
			if err != nil {
				return err
			}
			if !slices.Contains(inbound.Classes(), bounce.Class(args[1])) {
				e := newsletter.Errorf(newsletter.Usage, "%q is not a class", args[1])
				if near := nearest(args[1], bounceClasses()); near != "" {
					return e.With("Did you mean: " + near)
				}
				return e.With("Choose one of " + listing(bounceClasses()) + ".")
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				m, err := a.Intake().Classify(ctx, id, bounce.Class(args[1]), c.by())
				if err != nil {
					return err
				}
				return c.answer(m, func(t *terminal.Terminal) { t.Note("Message %d is %s: %s.", m.ID, m.Class, followed(m)) })
			})
		},
	}
}

func bounceClasses() (words []string) {
	for _, class := range inbound.Classes() {
		words = append(words, string(class))
	}
	return words
}

func messageID(cmd *cobra.Command, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usage(cmd, "%q is not the number of a message", text)
	}
	return id, nil
}

package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/inbound/mailbox"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Item is one message of a pile, or an mbox file of several.
type Item struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// Processed is what became of a pile of messages.
type Processed struct {
	Read    int            `json:"read"`
	Fresh   int            `json:"fresh"`
	Known   int            `json:"seen_before"`
	Kinds   map[string]int `json:"kinds"`   // of the fresh ones
	Classes map[string]int `json:"classes"` // of the fresh ones
	Person  int            `json:"kept_for_a_person"`
	Forged  int            `json:"forged_tokens"`
	Failed  []Unread       `json:"unreadable"`
}

// Unread is a message that could not be read.
type Unread struct {
	Name  string `json:"name"`
	Cause error  `json:"-"`
	Why   string `json:"reason"`
}

// What is kept in one transaction; its bytes bound the memory.
const (
	keepMessages = 100
	keepBytes    = 4 << 20
)

// Process takes in a pile of messages and acts on them. A message that cannot be
// read is noted and passed over. step is called with the number of messages that
// were taken in, and then acted on, so far; it may be nil.
func (i *Intake) Process(ctx context.Context, source string, items iter.Seq[Item], step func(taken, worked int)) (*Processed, error) {
	if step == nil {
		step = func(int, int) {}
	}
	p := &pile{Intake: i, source: source, step: step, sum: &Processed{Kinds: map[string]int{}, Classes: map[string]int{}, Failed: []Unread{}}}
	for item := range items {
		if err := ctx.Err(); err != nil {
			return p.sum, err
		}
		if err := p.take(ctx, item); err != nil {
			return p.sum, err
		}
	}
	if err := p.keep(ctx); err != nil {
		return p.sum, err
	}
	if err := i.work(ctx, func(n int) { step(p.sum.Read, n) }); err != nil {
		return p.sum, err
	}
	return p.sum, p.count(ctx)
}

// pile is the work on a pile.
type pile struct {
	*Intake
	source  string
	step    func(taken, worked int)
	sum     *Processed
	pending []*bounce.Kept
	bytes   int
	fresh   []int64
}

// take reads an item, which may be an mbox file of many messages, and keeps what has
// gathered whenever it is enough.
func (p *pile) take(ctx context.Context, item Item) error {
	r, err := item.Open()
	if err != nil {
		p.unread(item, err)
		return nil
	}
	var storing error
	_, err = mailbox.Split(r, func(message io.Reader) error {
		kept, err := bounce.Keep(message, p.options.Limits)
		if err != nil {
			return err
		}
		p.pending, p.bytes = append(p.pending, kept), p.bytes+len(kept.Raw)
		if len(p.pending) >= keepMessages || p.bytes >= keepBytes {
			if err := ctx.Err(); err != nil {
				return err
			}
			storing = p.keep(ctx)
		}
		return storing
	})
	switch err = errors.Join(err, r.Close()); {
	case storing != nil || ctx.Err() != nil:
		return errors.Join(storing, ctx.Err())
	case err != nil:
		p.unread(item, err)
	}
	return nil
}

func (p *pile) unread(item Item, err error) {
	p.sum.Failed = append(p.sum.Failed, Unread{Name: item.Name, Cause: err, Why: err.Error()})
}

// keep makes durable what has gathered.
func (p *pile) keep(ctx context.Context) error {
	fresh := make([]int64, 0, len(p.pending))
	err := p.Intake.store.DB().Write(ctx, func(tx *database.Tx) error {
		fresh = fresh[:0]
		for _, kept := range p.pending {
			m := entry(p.source, Envelope{}, kept)
			isNew, err := p.Intake.store.AddInboundTx(tx, m, kept.Raw)
			if err != nil {
				return err
			}
			if isNew {
				fresh = append(fresh, m.ID)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep messages from %s: %w", p.source, err)
	}
	p.sum.Read += len(p.pending)
	p.sum.Fresh += len(fresh)
	p.sum.Known = p.sum.Read - p.sum.Fresh
	p.fresh = append(p.fresh, fresh...)
	p.pending, p.bytes = p.pending[:0], 0
	p.step(p.sum.Read, 0)
	return nil
}

// count sums up what the fresh ones are.
func (p *pile) count(ctx context.Context) error {
	tallies, err := p.Intake.store.TallyInbound(ctx, p.fresh)
	for _, t := range tallies {
		p.sum.Kinds[t.Kind] += t.Count
		p.sum.Classes[t.Class] += t.Count
		p.sum.Forged += t.Forged
		if t.State == store.InboundPerson {
			p.sum.Person += t.Count
		}
	}
	return err
}

// Folder gives the messages of a folder: of a Maildir those in new and cur, of any
// other every file whose name does not begin with a dot. Nothing in it is changed.
func Folder(dir string) (items []Item, err error) {
	folders := []string{dir}
	if isMaildir(dir) {
		folders = []string{filepath.Join(dir, "new"), filepath.Join(dir, "cur")}
	}
	for _, folder := range folders {
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, newsletter.Errorf(newsletter.Failed, "the folder cannot be read: %w", err).At(folder)
		}
		for _, f := range files {
			if f.Type().IsRegular() && !strings.HasPrefix(f.Name(), ".") {
				items = append(items, File(filepath.Join(folder, f.Name())))
			}
		}
	}
	return items, nil
}

// isMaildir says whether a folder has the three of a Maildir.
func isMaildir(dir string) bool {
	for _, name := range []string{"new", "cur", "tmp"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// File is the message in a file.
func File(name string) Item {
	return Item{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// Stream is the one message in a stream.
func Stream(name string, r io.Reader) Item {
	return Item{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// What Header gives at most.
const (
	headerLines = 100
	headerWidth = 500
)

// Header gives the lines of a message's own header as they came, at most a
// hundred of 500 bytes; none when its bytes are not kept.
func Header(raw []byte) (lines []string) {
	text := strings.TrimLeft(string(raw[:min(len(raw), headerLines*headerWidth)]), "\r\n")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || len(lines) == headerLines {
			break
		}
		lines = append(lines, strings.ToValidUTF8(line[:min(len(line), headerWidth)], "�"))
	}
	return lines
}

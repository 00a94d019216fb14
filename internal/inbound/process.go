package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	// Single says that it is one message whatever it looks like.
	Single bool
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
	// Taken has every message that was read, in its order.
	Taken []Taken `json:"-"`
}

// Taken is a message of a pile and under which number it is kept.
type Taken struct {
	Name  string `json:"file"`
	ID    int64  `json:"-"`
	Fresh bool   `json:"new"`
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
	pending []pending
	bytes   int
	fresh   []int64
}

// pending is a message that is read and not durable yet.
type pending struct {
	*bounce.Kept
	name string
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
	split := mailbox.Split
	if item.Single {
		split = single
	}
	_, err = split(r, func(message io.Reader) error {
		kept, err := bounce.Keep(message, p.options.Limits)
		if err != nil {
			return err
		}
		p.pending, p.bytes = append(p.pending, pending{kept, item.Name}), p.bytes+len(kept.Raw)
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

// single hands over all of a file as one message.
func single(in io.Reader, each func(message io.Reader) error) (messages int, err error) {
	if err := each(in); err != nil {
		return 0, err
	}
	return 1, nil
}

func (p *pile) unread(item Item, err error) {
	p.sum.Failed = append(p.sum.Failed, Unread{Name: item.Name, Cause: err, Why: err.Error()})
}

// keep makes durable what has gathered.
func (p *pile) keep(ctx context.Context) error {
	taken := make([]Taken, 0, len(p.pending))
	err := p.Intake.store.DB().Write(ctx, func(tx *database.Tx) error {
		taken = taken[:0]
		for _, kept := range p.pending {
			m := entry(p.source, Envelope{}, kept.Kept)
			fresh, err := p.Intake.store.AddInboundTx(tx, m, kept.Raw)
			if err != nil {
				return err
			}
			taken = append(taken, Taken{kept.name, m.ID, fresh})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep messages from %s: %w", p.source, err)
	}
	p.sum.Taken = append(p.sum.Taken, taken...)
	for _, t := range taken {
		if t.Fresh {
			p.fresh = append(p.fresh, t.ID)
		}
	}
	p.sum.Read, p.sum.Fresh = len(p.sum.Taken), len(p.fresh)
	p.sum.Known = p.sum.Read - p.sum.Fresh
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

// Folder gives the messages of a folder and of those in it: of a Maildir what is in
// new and cur, of any other every file whose name does not begin with a dot; a name
// in .eml means one message, any other file may be an mbox of several. Nothing in it
// is changed, and no symbolic link is followed.
func Folder(dir string) (items []Item, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return newsletter.Errorf(newsletter.Failed, "the folder cannot be read: %w", err).At(path)
		}
		name := e.Name()
		switch {
		case path == dir:
			return nil
		case strings.HasPrefix(name, ".") || e.IsDir() && name == "tmp" && isMaildir(filepath.Dir(path)):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.Type().IsRegular():
			items = append(items, File(path))
		}
		return nil
	})
	return items, err
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
	return Item{
		Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) },
		Single: strings.EqualFold(filepath.Ext(name), ".eml"),
	}
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

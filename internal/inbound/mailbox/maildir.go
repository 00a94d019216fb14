package mailbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"epistle/internal/newsletter"
)

// Maildir is a folder with the folders new, cur and tmp. A message is not taken
// yet while it is in new, or in cur without the flag S for "seen". Use one Maildir
// from one goroutine.
type Maildir struct {
	// Dir is the folder that holds new, cur and tmp.
	Dir string
	// Delete removes a message that was taken; else it is moved to cur with the
	// flag S.
	Delete bool
	// Hands is how many messages are handed over at a time, 0 for one. With more,
	// Accept is called from several goroutines, and the order is only nearly kept.
	Hands int

	looked map[string]time.Time // folder → its time at a look that left nothing there
	large  sync.Mutex           // held for a large message
}

// largeMessage is the size from which messages are handed over one at a time, so that
// many hands need no more memory than a few.
const largeMessage = 128 << 10

// settled is how old a folder's time must be before the same time means the same
// content: file systems count in steps of up to two seconds.
const settled = 3 * time.Second

// Take hands over every message that was not taken yet, the oldest names first,
// and gives how many it took.
func (m *Maildir) Take(ctx context.Context, accept Accept) (taken int, err error) {
	var bad skipped
	for _, sub := range []string{"new", "cur"} {
		dir := filepath.Join(m.Dir, sub)
		changed, unchanged, err := m.changed(dir)
		if err != nil {
			return taken, m.fault(err)
		}
		if unchanged {
			continue
		}
		n, clean, err := m.takeFrom(ctx, dir, sub == "cur", accept, &bad)
		if taken += n; err != nil {
			return taken, err
		}
		if n == 0 && clean && time.Since(changed) > settled {
			m.looked[dir] = changed
		}
	}
	return taken, bad.err(m.Dir)
}

// changed gives the time at which a folder changed last, and whether it is the one
// at which nothing was left in it.
func (m *Maildir) changed(dir string) (at time.Time, unchanged bool, err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return at, false, err
	}
	if m.looked == nil {
		m.looked = map[string]time.Time{}
	}
	before, known := m.looked[dir]
	return info.ModTime(), known && before.Equal(info.ModTime()), nil
}

// takeFrom takes the messages of one folder; clean is false when one of them is
// still there to be taken.
func (m *Maildir) takeFrom(ctx context.Context, dir string, flagged bool, accept Accept, bad *skipped) (taken int, clean bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, false, m.fault(err)
	}
	var mu sync.Mutex
	clean = true
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, m.Hands))
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || flagged && strings.Contains(flags(name), "S") {
			continue
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			broken, err := m.takeOne(ctx, dir, name, accept)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case broken:
				bad.add(err)
				clean = false
			case err != nil:
				return kept(m.Dir, err)
			default:
				taken++
			}
			return nil
		})
	}
	err = group.Wait()
	return taken, clean && err == nil, err
}

// takeOne takes one message. broken says that the fault is the file's, not the
// Accept's. A file that another program has moved meanwhile is found again in the
// next turn, and known again.
func (m *Maildir) takeOne(ctx context.Context, dir, name string, accept Accept) (broken bool, err error) {
	path := filepath.Join(dir, name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	if info, failed := f.Stat(); failed == nil && info.Size() > largeMessage {
		m.large.Lock()
		defer m.large.Unlock()
	}
	in := &watched{in: f}
	err = accept(ctx, in)
	if closing := f.Close(); err == nil && closing != nil {
		return true, closing
	}
	if in.failed != nil {
		return true, in.failed
	}
	if err != nil {
		return false, err
	}
	if m.Delete {
		err = os.Remove(path)
	} else {
		err = os.Rename(path, filepath.Join(m.Dir, "cur", seen(name)))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err != nil, err
}

// flags gives the letters behind ":2," in a name; a file in new has none.
func flags(name string) string {
	_, letters, _ := strings.Cut(name, ":2,")
	return letters
}

// seen adds the flag S; flags stand in the order of the alphabet.
func seen(name string) string {
	unique, _, _ := strings.Cut(name, ":")
	letters := []byte(flags(name))
	if !slices.Contains(letters, 'S') {
		letters = append(letters, 'S')
	}
	slices.Sort(letters)
	return unique + ":2," + string(letters)
}

// Check says what keeps Take from working: a folder that is missing, or that this
// user may not change.
func (m *Maildir) Check() error {
	for _, sub := range []string{"new", "cur"} {
		probe, err := os.CreateTemp(filepath.Join(m.Dir, sub), ".epistle-check-*")
		if err != nil {
			return m.fault(err)
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return m.fault(err)
		}
	}
	return nil
}

func (m *Maildir) fault(err error) error {
	fault := newsletter.Errorf(newsletter.Unavailable, "the Maildir cannot be used: %w", err).At(m.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.With("Name the folder that holds new, cur and tmp in inbound.maildir.")
	}
	return fault.With("Let this user read and write the folder and what is in it.")
}

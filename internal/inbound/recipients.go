package inbound

import (
	"context"
	"strings"
	"sync"
	"time"

	"epistle/internal/store"
)

// Door says which mail a server of ours takes in, at the moment of its envelope. It
// is safe for concurrent use; changes count within a minute.
type Door struct {
	intake *Intake

	mu      sync.Mutex
	judge   *judge
	backlog store.Backlog
	read    time.Time
}

// Door makes one.
func (i *Intake) Door() *Door { return &Door{intake: i} }

// What may wait for a person before mail that nobody here has asked for is put off.
// A report comes from "<>" (RFC 5321 §4.5.5): of these twice as much may wait.
const (
	BacklogMessages = 10_000
	BacklogBytes    = 1 << 30
	// backlogKept is how much of a message is kept at most.
	backlogKept = 4 << 20
)

// Known says for which addresses mail is taken in: envelope addresses that this
// system has signed, addresses to leave by, the senders of the newsletters, because
// bounces go there where the envelope is fixed, and the postmaster of their domains.
// What looks signed and is not is counted.
func (d *Door) Known(ctx context.Context, address string) (bool, error) {
	j, _, err := d.current(ctx)
	if err != nil || j.reader.Takes(address) {
		return err == nil, err
	}
	for _, n := range j.newsletters {
		if strings.EqualFold(address, n.From.Email) {
			return true, nil
		}
	}
	if j.reader.Forged(address) {
		d.intake.forged.Add(1)
	}
	return false, nil
}

// Room says whether there is room for mail from a sender, empty for "<>", to an
// address that is known. For a signed address there always is: nobody can guess one.
// For others there is none while too much waits for a person; the mail server that
// brings it tries again, and nothing that was taken is lost.
func (d *Door) Room(ctx context.Context, from, to string) (bool, error) {
	j, backlog, err := d.current(ctx)
	if err != nil {
		return false, err
	}
	most := 1
	if from == "" {
		most = 2
	}
	return j.reader.Signed(to) || backlog.Messages < most*BacklogMessages && backlog.Bytes < int64(most)*BacklogBytes, nil
}

func (d *Door) current(ctx context.Context) (*judge, store.Backlog, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.judge != nil && time.Since(d.read) < time.Minute {
		return d.judge, d.backlog, nil
	}
	j, err := d.intake.judge(ctx)
	if err != nil {
		return nil, d.backlog, err
	}
	backlog, err := d.intake.Backlog(ctx)
	if err != nil {
		return nil, d.backlog, err
	}
	d.judge, d.backlog, d.read = j, backlog, time.Now()
	return j, backlog, nil
}

// Backlog counts what is left to a person.
func (i *Intake) Backlog(ctx context.Context) (store.Backlog, error) {
	return i.store.InboundBacklog(ctx, backlogKept)
}

// countForged writes down how many forged addresses were refused.
func (i *Intake) countForged(ctx context.Context) {
	n := i.forged.Swap(0)
	if n == 0 {
		return
	}
	if err := i.store.AddForged(ctx, n); err != nil {
		i.forged.Add(n)
		i.log.Error("forged addresses cannot be counted", "addresses", n, "error", err)
		return
	}
	i.log.Warn("mail to forged envelope addresses was refused", "addresses", n)
}

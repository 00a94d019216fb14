package inbound

import (
	"context"
	"fmt"
	"sync"

	"epistle/internal/database"
	"epistle/internal/store"
)

// gather makes messages durable that are handed over at the same time, together in
// one transaction: a disk takes as long for one as for a hundred. The first who comes
// writes for all who wait; who comes meanwhile is the next to write.
type gather struct {
	store *store.Store

	mu      sync.Mutex
	busy    bool
	waiting []*offer
}

// offer is one message that wants to be kept.
type offer struct {
	message *store.Inbound
	raw     []byte
	fresh   bool
	done    chan error    // it was written by somebody else, or could not be
	lead    chan struct{} // closed: it is its turn to write
}

// keep makes a message durable; fresh is false when it was kept before.
func (g *gather) keep(ctx context.Context, m *store.Inbound, raw []byte) (fresh bool, err error) {
	o := &offer{message: m, raw: raw, done: make(chan error, 1), lead: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, o)
	first := !g.busy
	g.busy = true
	g.mu.Unlock()
	if !first {
		select {
		case err := <-o.done:
			return o.fresh, err
		case <-o.lead:
		}
	}
	batch := g.take()
	err = g.write(ctx, batch)
	g.pass()
	if err != nil && len(batch) > 1 { // one of them may be at fault
		for _, other := range batch[1:] {
			other.done <- g.write(ctx, []*offer{other})
		}
		err = g.write(ctx, batch[:1])
		return o.fresh, err
	}
	for _, other := range batch[1:] {
		other.done <- nil
	}
	return o.fresh, err
}

// take gives those who wait, whoever writes first.
func (g *gather) take() (batch []*offer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, bytes := 0, 0
	for n < len(g.waiting) && n < keepMessages && (n == 0 || bytes < keepBytes) {
		bytes += len(g.waiting[n].raw)
		n++
	}
	batch = append(batch, g.waiting[:n]...)
	g.waiting = append([]*offer(nil), g.waiting[n:]...)
	return batch
}

// pass lets the next one write.
func (g *gather) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy = len(g.waiting) > 0; g.busy {
		close(g.waiting[0].lead)
	}
}

// write is one transaction. It goes on when the caller has gone, because the others
// have not.
func (g *gather) write(ctx context.Context, batch []*offer) error {
	err := g.store.DB().Write(context.WithoutCancel(ctx), func(tx *database.Tx) error {
		for _, o := range batch {
			var err error
			if o.fresh, err = g.store.AddInboundTx(tx, o.message, o.raw); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep a message from %s: %w", batch[0].message.Source, err)
	}
	return nil
}

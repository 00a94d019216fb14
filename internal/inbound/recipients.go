package inbound

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Recipients gives what says for which addresses mail is taken in: envelope
// addresses that this system has signed, addresses to leave by, the senders of the
// newsletters, because bounces go there where the envelope is fixed, and the
// postmaster of their domains. Changes count within a minute. It is safe for
// concurrent use.
func (i *Intake) Recipients() func(ctx context.Context, address string) (bool, error) {
	var mu sync.Mutex
	var known *judge
	var read time.Time
	current := func(ctx context.Context) (*judge, error) {
		mu.Lock()
		defer mu.Unlock()
		if known != nil && time.Since(read) < time.Minute {
			return known, nil
		}
		j, err := i.judge(ctx)
		if err == nil {
			known, read = j, time.Now()
		}
		return j, err
	}
	return func(ctx context.Context, address string) (bool, error) {
		j, err := current(ctx)
		if err != nil || j.reader.Takes(address) {
			return err == nil, err
		}
		for _, n := range j.newsletters {
			if strings.EqualFold(address, n.From.Email) {
				return true, nil
			}
		}
		return false, nil
	}
}

package app

import (
	"context"
	"log/slog"
	"time"
)

// housekeepingEvery is how often serve looks for what has had its time.
const housekeepingEvery = 15 * time.Minute

// chore is a piece of housekeeping: it removes what has had its time, in batches,
// and has nothing left to do when it is called again.
type chore struct {
	name string
	do   func(context.Context) error
}

// chores lists all of them.
func (a *App) chores() []chore {
	return []chore{
		{"forget sign-ups that nobody confirmed", a.Door().Forget},
		{"forget what readers asked for and never confirmed", a.Preferences().Forget},
	}
}

// housekeeping does the chores at once and then every interval, until ctx ends. One
// that fails is logged and done again the next time; nothing else waits for it.
func (a *App) housekeeping(ctx context.Context) error {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		for _, c := range a.chores() {
			if err := c.do(ctx); err != nil && ctx.Err() == nil {
				a.Log.Error("housekeeping", slog.String("chore", c.name), slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

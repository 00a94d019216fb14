package app

import (
	"context"
	"time"

	"epistle/internal/store"
)

// keysEvery is how often a running program looks for keys made by another one. A
// new key only signs store.RotationLead after it was made, so that it is known
// everywhere before the first link is signed with it.
const keysEvery = store.RotationLead / 4

// followKeys keeps the keyrings up to date until ctx ends.
func (a *App) followKeys(ctx context.Context) {
	ticker := time.NewTicker(keysEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := a.Store.RenewSecrets(ctx, a.Secrets); err != nil && ctx.Err() == nil {
				a.Log.Warn("the keys could not be read; those known before stay in use", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"epistle/internal/store"
	"epistle/internal/token"
)

func TestRunningProgramTakesUpNewKeysByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openApp(t, settings(t, nil))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { a.followKeys(ctx); close(ended) }()
		sign := func() string { return a.Secrets.Links.Sign(token.View, token.Claims{Bulletin: 1}, time.Time{}) }
		before := sign()
		if _, err := store.New(a.DB, time.Now).Rotate(ctx, "ana"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(store.RotationLead / 2)
		synctest.Wait()
		if sign() != before {
			t.Error("a new key signs before others know it")
		}
		time.Sleep(store.RotationLead)
		synctest.Wait()
		if sign() == before {
			t.Error("the new key does not sign")
		}
		if _, err := a.Secrets.Links.Verify(token.View, before, time.Now()); err != nil {
			t.Error(err)
		}
		stop()
		<-ended
	})
}

package app

import (
	"runtime"
	"runtime/debug"
	"testing"

	"epistle/internal/config"
)

func TestOnlyAnUnsignedSendLeavesProcessorsToOthers(t *testing.T) {
	for _, c := range []struct {
		name, processors, collection string
		signs                        bool
		want, wantCollection         int
	}{
		{name: "unsigned", want: 2, wantCollection: 200},
		{name: "signed", signs: true, want: 4, wantCollection: 200},
		{name: "told otherwise", processors: "4", collection: "100", want: 4, wantCollection: 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOMAXPROCS", c.processors)
			t.Setenv("GOGC", c.collection)
			processors, collection := runtime.GOMAXPROCS(4), debug.SetGCPercent(100)
			t.Cleanup(func() {
				runtime.GOMAXPROCS(processors)
				debug.SetGCPercent(collection)
			})
			a := &App{Config: &config.Config{}}
			if c.signs {
				a.Config.DKIM.Domain, a.Config.DKIM.Selector, a.Config.DKIM.KeyFile = "lantern.example", "s", "key.pem"
			}
			a.OnlySend()
			if got := runtime.GOMAXPROCS(0); got != c.want {
				t.Errorf("%d processors, want %d", got, c.want)
			}
			if got := debug.SetGCPercent(100); got != c.wantCollection {
				t.Errorf("the collection begins at %d %%, want %d", got, c.wantCollection)
			}
		})
	}
	if half(1) != 1 {
		t.Error("no processor is left for the send")
	}
}

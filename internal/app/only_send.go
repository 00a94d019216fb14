package app

import (
	"os"
	"runtime"
	"runtime/debug"
)

// OnlySend is for a process that does nothing but send. Without signing that is
// little but handing bytes to the kernel, and threads that pass it from one
// processor to another spend more time on waking each other than they gain. Half of
// the processors are left to the mail server, which often is on this machine, and to
// everybody else. Little is alive in memory, too, so that it costs but a few
// megabytes to collect the rest half as often. Signing takes all processors, and is
// no faster with more memory. What GOMAXPROCS and GOGC say stands.
func (a *App) OnlySend() {
	if a.Config.DKIM.Signs() {
		return
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(half(runtime.GOMAXPROCS(0)))
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// half is at least one.
func half(processors int) int { return max(1, processors/2) }

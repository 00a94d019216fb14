package app

import (
	"os"
	"runtime"
	"runtime/debug"
)

// OnlySend is for a process that does nothing but send. Little is alive in its memory,
// so that it costs but a few megabytes to collect the rest half as often. Without
// signing, sending is little but handing bytes to the kernel, and threads that pass it
// from one processor to another spend more time on waking each other than they gain:
// half of the processors are left to the mail server, which often is on this machine,
// and to everybody else. Signing takes all processors. What GOMAXPROCS and GOGC say
// stands.
func (a *App) OnlySend() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMAXPROCS") == "" && !a.Config.DKIM.Signs() {
		runtime.GOMAXPROCS(half(runtime.GOMAXPROCS(0)))
	}
}

// half is at least one.
func half(processors int) int { return max(1, processors/2) }

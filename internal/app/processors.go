package app

import (
	"os"
	"runtime"
)

// LeaveProcessors is for a process that does nothing but send. Without signing that
// is little but handing bytes to the kernel, and threads that pass it from one
// processor to another spend more time on waking each other than they gain. Half of
// the processors are left to the mail server, which often is on this machine, and to
// everybody else. What GOMAXPROCS says stands.
func (a *App) LeaveProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(sendingProcessors(runtime.GOMAXPROCS(0), a.Config.DKIM.Signs()))
	}
}

// sendingProcessors is how many of the processors a send needs; signing takes all it
// can get.
func sendingProcessors(all int, signs bool) int {
	if signs {
		return all
	}
	return max(1, all/2)
}

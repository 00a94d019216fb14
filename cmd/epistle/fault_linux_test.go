package main

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"epistle/internal/smtp/smtptest"
)

// TestADiskThatTakesNoMoreStopsTheSend limits the size of the files that the
// running program may write, which the disk then reports as an error.
func TestADiskThatTakesNoMoreStopsTheSend(t *testing.T) {
	t.Parallel()
	const readers, before = 60, 20
	o := newOffice(t, readers, smtptest.Options{Discard: true, Script: stallOnce("RCPT", before+1)}, "EPISTLE_SMTP_CONNECTIONS=1")
	p := o.start("bulletins", "send", "1", "--wait")
	<-o.server.Stalled()
	limit := func(size uint64) {
		if err := unix.Prlimit(p.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	journal, err := os.Stat(filepath.Join(o.dir, "epistle.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	limit(uint64(journal.Size()))
	o.server.Release()
	p.await(t, "the ledger cannot be written; sending waits")
	p.await(t, "the disk reports an error")
	if n := len(o.server.Accepted()); n != before {
		t.Errorf("%d messages were accepted, %d of them before the disk was full", n, before)
	}
	limit(unix.RLIM_INFINITY)
	o.done(p)
	if l := o.ledger(); l.State != "sent" || l.States["sent"] != readers {
		t.Errorf("the ledger says %+v", l)
	}
	o.eachOnce(readers, nil)
}

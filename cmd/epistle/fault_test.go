package main

import (
	"database/sql"
	"path/filepath"
	"testing"

	"epistle/internal/smtp/smtptest"
)

// stallOnce stalls the first time that the server has seen a verb this often.
func stallOnce(verb string, at ...int) smtptest.Script {
	seen := 0
	return func(c smtptest.Command) *smtptest.Action {
		if c.Verb != verb {
			return nil
		}
		seen++
		if len(at) > 0 && seen == at[0] {
			at = at[1:]
			return &smtptest.Action{Stall: true}
		}
		return nil
	}
}

// TestADatabaseThatCannotBeWrittenStopsTheSend covers another program that holds
// the database: without a mark no message leaves, the program says so, and goes
// on by itself.
func TestADatabaseThatCannotBeWrittenStopsTheSend(t *testing.T) {
	t.Parallel()
	const readers, before = 60, 20
	o := newOffice(t, readers, smtptest.Options{Discard: true, Script: stallOnce("RCPT", before+1)}, "EPISTLE_SMTP_CONNECTIONS=1")
	p := o.start("bulletins", "send", "1", "--wait")
	<-o.server.Stalled()

	other, err := sql.Open("sqlite3", "file:"+filepath.Join(o.dir, "epistle.db")+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	other.SetMaxOpenConns(1)
	exec := func(query string) {
		if _, err := other.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN EXCLUSIVE")
	o.server.Release()
	p.await(t, "the ledger cannot be written; sending waits")
	p.await(t, "another program holds the database")
	if n := len(o.server.Accepted()); n != before {
		t.Errorf("%d messages were accepted, %d of them before the database was held", n, before)
	}
	exec("ROLLBACK")
	o.done(p)
	if l := o.ledger(); l.State != "sent" || l.States["sent"] != readers {
		t.Errorf("the ledger says %+v", l)
	}
	o.eachOnce(readers, nil)
}

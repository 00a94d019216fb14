package smtp

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// Each server offers PIPELINING and cannot do it. Whatever it costs at first, in
// the end all messages arrive on one kept connection.
func TestServersThatOfferGroupsInVain(t *testing.T) {
	t.Parallel()
	alone := func(c smtptest.Command, verb string) bool { return c.Verb == verb && c.Message > 1 }
	for _, c := range []struct {
		name    string
		script  smtptest.Script
		lost    int // messages that need another try
		unknown int
		now     []bool // which groups are still tried: the opening, the one with a dot
	}{
		{"input after the dot is forgotten", func(c smtptest.Command) *smtptest.Action {
			return forgetAt(c, "DOT")
		}, 1, 0, []bool{true, false}},
		{"input after each command is forgotten", func(c smtptest.Command) *smtptest.Action {
			return forgetAt(c, "MAIL", "RCPT", "DOT")
		}, 1, 0, []bool{false, true}},
		{"503 to a RCPT that was not waited for", func(c smtptest.Command) *smtptest.Action {
			if c.Verb == "RCPT" && c.Pending {
				return smtptest.Reply("503 5.5.1 wait for your turn")
			}
			return nil
		}, 0, 0, []bool{false, true}},
		{"500 to a MAIL that was not waited for", func(c smtptest.Command) *smtptest.Action {
			if c.Verb == "MAIL" && c.Pending {
				return smtptest.Reply("500 improper pipelining")
			}
			return nil
		}, 0, 0, []bool{false, true}},
		{"the dot's connection is closed when more follows", func(c smtptest.Command) *smtptest.Action {
			if c.Verb == "DOT" && c.Pending {
				return &smtptest.Action{Close: true}
			}
			return nil
		}, 0, enoughDoubts, []bool{true, false}},
		{"the connection is closed at MAIL in the dot's group", func(c smtptest.Command) *smtptest.Action {
			if alone(c, "MAIL") && c.Pending && c.Grouped {
				return &smtptest.Action{Close: true}
			}
			return nil
		}, enoughDoubts, 0, []bool{true, false}},
		{"nonsense at MAIL in the dot's group", func(c smtptest.Command) *smtptest.Action {
			if alone(c, "MAIL") && c.Grouped {
				return smtptest.Reply("hm")
			}
			return nil
		}, 1, 0, []bool{true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := scripted(t, c.script)
			lim := patient()
			if strings.Contains(c.name, "forgotten") {
				lim.shorten(Mail)
				lim.shorten(Rcpt)
			}
			groups := new(Groups)
			o := optionsFor(server, TLSNone)
			o.Groups = groups
			run := runner{t: t, dial: func() *Session {
				s, err := dial(t.Context(), o, lim)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}}
			run.deliver(0, 20)
			if run.outcomes[ConnectionLost] != c.lost || run.outcomes[Unknown] != c.unknown || len(run.outcomes) > 2 {
				t.Errorf("outcomes %v, want %d lost and %d unknown", run.outcomes, c.lost, c.unknown)
			}
			if n := len(server.Accepted()); n != 20-c.unknown {
				t.Errorf("%d accepted", n)
			}
			if got := []bool{groups.takes(opening, time.Now()), groups.takes(withDot, time.Now())}; !slices.Equal(got, c.now) {
				t.Errorf("groups taken %v, want %v", got, c.now)
			}
			if limit := 1 + c.lost + c.unknown; server.Connections() > limit {
				t.Errorf("%d connections, want at most %d", server.Connections(), limit)
			}
		})
	}
}

func forgetAt(c smtptest.Command, verbs ...string) *smtptest.Action {
	if slices.Contains(verbs, c.Verb) {
		return &smtptest.Action{Forget: true}
	}
	return nil
}

func TestDoubtsAboutGroups(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	var g Groups
	expect := func(opens, dots bool, when string) {
		t.Helper()
		if g.takes(opening, now) != opens || g.takes(withDot, now) != dots {
			t.Errorf("%s: openings %v, with a dot %v", when, !opens, !dots)
		}
	}
	g.doubt(withDot, false, now)
	g.doubt(withDot, false, now)
	expect(true, true, "two lost connections")
	g.prove(withDot)
	g.doubt(withDot, true, now)
	g.doubt(withDot, true, now)
	expect(true, true, "nonsense twice after a success")
	g.doubt(withDot, true, now)
	expect(true, false, "nonsense three times")
	g.doubt(opening, true, now)
	expect(false, false, "nonsense the first time")
	now = now.Add(doubtLasts)
	expect(true, true, "an hour later")
	for range enoughDoubts {
		expect(true, true, "before three lost connections")
		g.doubt(opening, false, now)
	}
	expect(false, true, "three lost connections")
}

func TestProtocolComplaints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply Reply
		want  bool
	}{
		{Reply{500, "", ""}, true},
		{Reply{503, "", ""}, true},
		{Reply{503, "5.5.1", ""}, true},
		{Reply{550, "5.5.0", ""}, false},
		{Reply{554, "5.5.1", ""}, false},
		{Reply{501, "", ""}, false},
		{Reply{501, "5.1.3", ""}, false},
		{Reply{503, "5.7.0", ""}, false},
		{Reply{550, "5.1.1", ""}, false},
		{Reply{554, "", ""}, false},
		{Reply{451, "4.5.0", ""}, false},
		{Reply{552, "5.5.3", ""}, false},
	} {
		if c.reply.isProtocol() != c.want {
			t.Errorf("%v: %v", c.reply, !c.want)
		}
	}
}

// runner delivers letters in order over as many connections as that takes, each
// again until it was taken, or its fate is unknown.
type runner struct {
	t        *testing.T
	dial     func() *Session
	session  *Session
	outcomes map[Outcome]int
	// settled says whether a failure is the last word; nil: only Unknown is.
	settled func(*Error) bool
	fates   []*Error // by letter; nil was taken
}

func (r *runner) deliver(from, to int) {
	r.t.Helper()
	r.outcomes, r.fates = make(map[Outcome]int), make([]*Error, to-from)
	letters := make([]*Transaction, to-from)
	for i := range letters {
		letters[i] = letter(from + i)
	}
	for i := 0; i < len(letters); {
		next := func() *Transaction {
			if i+1 == len(letters) {
				return nil
			}
			return letters[i+1]
		}
		if e := r.once(letters[i], next); e == nil || r.isSettled(e) {
			r.fates[i] = e
			i++
		}
	}
	if err := r.session.Close(); err != nil {
		r.t.Log("closing:", err)
	}
}

// once tries a letter on the present connection, or on a new one.
func (r *runner) once(t *Transaction, next func() *Transaction) *Error {
	if r.session == nil || !r.session.Usable() {
		r.session = r.dial()
	}
	_, err := r.session.Deliver(r.t.Context(), t, next)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		r.t.Fatal(err)
	}
	if e != nil {
		r.outcomes[e.Outcome]++
	}
	return e
}

func (r *runner) isSettled(e *Error) bool {
	if r.settled != nil {
		return r.settled(e)
	}
	return e.Outcome == Unknown
}

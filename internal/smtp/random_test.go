package smtp

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// Two thousand messages through a server that fails at random: what was reported
// taken was taken once, what failed was not, and only what is unknown may have
// been either.
func TestNobodyLostNobodyDoubled(t *testing.T) {
	t.Parallel()
	const connections, each = 4, 500
	for name, extensions := range map[string]func(int) []string{"in one group": nil, "plainly": withoutGroups, "now and then": now(nil, withoutGroups)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			script, grouped := failing(seed), 0
			server := smtptest.Start(t, smtptest.Options{Extensions: extensions, Script: func(c smtptest.Command) *smtptest.Action {
				if c.Verb == "DOT" && c.Pending {
					grouped++
				}
				return script(c)
			}})
			lim := patient()
			lim.mail, lim.rcpt, lim.data, lim.dot = 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
			var groups *Groups // each connection for itself
			if name == "now and then" {
				groups = new(Groups)
			}
			var ended sync.WaitGroup
			runs := make([]*runner, connections)
			for i := range runs {
				runs[i] = &runner{
					t:       t,
					settled: func(*Error) bool { return true },
					dial: func() *Session {
						o := optionsFor(server, TLSNone)
						o.Groups = groups
						for {
							if s, err := dial(t.Context(), o, lim); err == nil {
								return s
							}
						}
					},
				}
				ended.Go(func() { runs[i].deliver(i*each, (i+1)*each) })
			}
			ended.Wait()
			server.Release()
			server.WaitClosed()
			checkFates(t, server, runs, each, seed)
			if few := connections * each / 4; name == "in one group" && grouped < few || name == "plainly" && grouped > 0 {
				t.Errorf("%d messages were begun with a dot", grouped)
			}
		})
	}
}

func checkFates(t *testing.T, server *smtptest.Server, runs []*runner, each int, seed uint64) {
	t.Helper()
	accepted := make(map[string]int)
	for _, m := range server.Accepted() {
		accepted[m.To[0]]++
	}
	taken, outcomes := 0, make(map[Outcome]int)
	for i, r := range runs {
		for j, e := range r.fates {
			to := letter(i*each + j).To
			n := accepted[to]
			switch {
			case e == nil:
				taken++
				if n != 1 {
					t.Errorf("seed %d: %s was reported taken and accepted %d times", seed, to, n)
				}
			case e.Outcome == Unknown && n > 1, e.Outcome != Unknown && n != 0:
				t.Errorf("seed %d: %s failed (%v, %v) and was accepted %d times", seed, to, e, e.Outcome, n)
			}
			if e != nil {
				outcomes[e.Outcome]++
			}
		}
	}
	if taken < len(runs)*each/2 || outcomes[Unknown] == 0 || outcomes[ConnectionLost] == 0 || outcomes[Permanent] == 0 {
		t.Errorf("seed %d: %d taken and %v is no test", seed, taken, outcomes)
	}
	t.Logf("%d taken, %v, %d connections", taken, outcomes, server.Connections())
}

// now alternates the extensions from one connection to the next.
func now(lists ...func(int) []string) func(int) []string {
	return func(connection int) []string {
		if list := lists[connection%len(lists)]; list != nil {
			return list(connection)
		}
		return []string{"SIZE 10485760", "PIPELINING"}
	}
}

// failing does, at one moment of a transaction in thirty, one of the faults, or
// breaks the order of the replies.
func failing(seed uint64) smtptest.Script {
	random := rand.New(rand.NewPCG(seed, seed))
	more := map[string]*smtptest.Action{
		"twice":              {Raw: "250 good\r\n", Usual: true},
		"then 421":           {Raw: "250 good\r\n421 bye\r\n", Close: true},
		"refused, then 421":  {Raw: "550 5.1.1 no\r\n421 bye\r\n", Close: true},
		"354":                {Raw: "354 go\r\n", Content: true},
		"taken, then 421":    {Accept: true, Raw: "250 taken\r\n421 bye\r\n", Close: true},
		"taken, then closed": {Accept: true, Raw: "250 taken\r\n", Close: true},
		"refused and reset":  {Raw: "550 5.1.1 no\r\n", Reset: true},
		"forgets":            {Forget: true},
		"protocol":           smtptest.Reply("503 5.5.1 bad sequence"),
	}
	all := faults()
	maps.Copy(all, more)
	names := slices.Sorted(maps.Keys(all))
	return func(c smtptest.Command) *smtptest.Action {
		name := names[random.IntN(len(names))]
		switch {
		case !slices.Contains([]string{"MAIL", "RCPT", "DATA", "CONTENT", "DOT", "RSET"}, c.Verb), random.IntN(30) > 0:
			return nil
		case (name == "stall" || name == "forgets" || name == "positive") && random.IntN(10) > 0: // they cost time
			return nil
		case c.Verb == "DOT" && slices.Contains([]string{"accept and 421", "twice", "then 421"}, name): // lies
			return nil
		case name == "354" && c.Verb == "DATA" && len(c.To) == 0:
			return all[name]
		}
		return all[name]
	}
}

func TestFailingNamesItsFaults(t *testing.T) {
	t.Parallel()
	script := failing(1)
	seen := make(map[string]bool)
	for range 20_000 {
		if a := script(smtptest.Command{Verb: "RCPT"}); a != nil {
			seen[fmt.Sprintf("%+v", *a)] = true
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d different faults", len(seen))
	}
}

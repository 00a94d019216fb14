package smtp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"epistle/internal/smtp/smtptest"
)

// fate is what became of a message.
type fate struct {
	stage   Stage
	outcome Outcome // 0: taken
	code    int
}

func fateOf(t *testing.T, err error) fate {
	t.Helper()
	if err == nil {
		return fate{}
	}
	e := mustFail(t, err)
	return fate{e.Stage, e.Outcome, e.Reply.Code}
}

// pair delivers two letters of which the second is begun with the first one's
// dot, and says what became of both.
func pair(t *testing.T, s *Session) (first, second *Transaction, fates [2]fate) {
	t.Helper()
	first, second = letter(1), letter(2)
	_, err := deliver(t.Context(), s, first, second)
	fates[0] = fateOf(t, err)
	_, err = deliver(t.Context(), s, second, nil)
	fates[1] = fateOf(t, err)
	return first, second, fates
}

func TestFaultsInAGroup(t *testing.T) {
	t.Parallel()
	taken := fate{}
	closed := fate{Mail, ConnectionLost, 0} // not begun; a new connection takes it
	at := func(stage Stage) map[string]fate {
		lost := fate{stage, ConnectionLost, 0}
		return map[string]fate{
			"4xx": {stage, Temporary, 451}, "5xx": {stage, Permanent, 550},
			"login": {stage, SenderFault, 530}, "limit": {stage, SenderFault, 550}, "421": {stage, SenderFault, 421},
			"close": lost, "reset": lost, "stall": lost, "garbage": lost,
			"positive": lost, "flood": lost, "endless": lost, "half": lost,
		}
	}
	unknown := fate{Dot, Unknown, 0}
	dot := at(Dot)
	for name, f := range dot {
		if f.outcome == ConnectionLost {
			dot[name] = unknown
		}
	}
	dot["accept and close"] = unknown
	dot["accept and 421"] = fate{Dot, SenderFault, 421}
	goesOn := map[string]bool{"4xx": true, "5xx": true, "login": true, "limit": true}

	for _, c := range []struct {
		verb    string
		message int
		stage   Stage
		fates   map[string]fate
	}{
		{"DOT", 1, Dot, dot}, {"MAIL", 2, Mail, at(Mail)}, {"RCPT", 2, Rcpt, at(Rcpt)}, {"DATA", 2, Data, at(Data)}, {"DOT", 2, Dot, dot},
	} {
		for name, faulty := range c.fates {
			t.Run(fmt.Sprintf("%s of message %d: %s", c.verb, c.message, name), func(t *testing.T) {
				t.Parallel()
				action := faults()[name]
				server := scripted(t, func(cmd smtptest.Command) *smtptest.Action {
					if cmd.Verb == c.verb && cmd.Message == c.message && cmd.Connection == 1 {
						return action
					}
					return nil
				})
				lim := patient()
				if name == "stall" {
					lim.shorten(c.stage)
				}
				s := connect(t, server, lim)
				first, second, fates := pair(t, s)
				want, counts := [2]fate{taken, faulty}, []int{1, 0}
				if c.message == 1 {
					want, counts = [2]fate{faulty, closed}, []int{0, 0}
					if goesOn[name] {
						want[1], counts[1] = taken, 1
					}
				}
				if action.Accept {
					counts[c.message-1] = 1
				}
				if fates != want || s.Usable() != goesOn[name] {
					t.Errorf("fates %+v, usable %v; want %+v, %v", fates, s.Usable(), want, goesOn[name])
				}
				if got := acceptedFor(server, first, second); !slices.Equal(got, counts) {
					t.Errorf("accepted %v, want %v", got, counts)
				}
				checkGoesOn(t, server, s)
			})
		}
	}
}

// script does what is listed at "VERB n", n the number of the message.
func script(actions map[string]*smtptest.Action) smtptest.Script {
	return func(c smtptest.Command) *smtptest.Action {
		if c.Connection > 1 {
			return nil
		}
		return actions[fmt.Sprintf("%s %d", c.Verb, c.Message)]
	}
}

func TestServersThatDoNotKeepInStep(t *testing.T) {
	t.Parallel()
	raw := func(text string) *smtptest.Action { return &smtptest.Action{Raw: text} }
	last := func(text string) *smtptest.Action { return &smtptest.Action{Raw: text, Close: true} }
	type actions = map[string]*smtptest.Action
	for _, c := range []struct {
		name     string
		actions  actions
		first    fate
		second   fate
		usable   bool
		accepted [2]int
	}{
		{
			"354 after a refused RCPT",
			actions{"RCPT 2": smtptest.Reply("550 5.1.1 no"), "DATA 2": {Raw: "354 go\r\n", Content: true}},
			fate{},
			fate{Rcpt, Permanent, 550},
			false,
			[2]int{1, 0},
		},
		{
			"354 after a refused MAIL",
			actions{"MAIL 2": smtptest.Reply("451 4.3.0 later"), "DATA 2": {Raw: "354 go\r\n", Content: true}},
			fate{},
			fate{Mail, Temporary, 451},
			false,
			[2]int{1, 0},
		},
		{
			"354 after a refused first RCPT",
			actions{"RCPT 1": smtptest.Reply("550 5.1.1 no"), "DATA 1": {Raw: "354 go\r\n", Content: true}},
			fate{Rcpt, Permanent, 550},
			fate{Mail, ConnectionLost, 0},
			false,
			[2]int{0, 0},
		},
		{
			"421 between the dot's reply and MAIL's",
			actions{"DOT 1": {Accept: true, Raw: "250 taken\r\n421 4.3.2 bye\r\n", Close: true}},
			fate{},
			fate{Mail, SenderFault, 421},
			false,
			[2]int{1, 0},
		},
		{
			"421 between MAIL's reply and RCPT's",
			actions{"MAIL 2": last("250 good\r\n421 4.3.2 bye\r\n")},
			fate{},
			fate{Rcpt, SenderFault, 421},
			false,
			[2]int{1, 0},
		},
		{
			"421 between RCPT's reply and DATA's",
			actions{"RCPT 2": last("250 good\r\n421 4.3.2 bye\r\n")},
			fate{},
			fate{Data, SenderFault, 421},
			false,
			[2]int{1, 0},
		},
		{
			"421 after DATA's reply",
			actions{"DATA 2": last("354 go\r\n421 4.3.2 bye\r\n")},
			fate{},
			fate{Content, SenderFault, 421},
			false,
			[2]int{1, 0},
		},
		{
			"421 after a refused RCPT",
			actions{"RCPT 2": last("550 5.1.1 no\r\n421 4.3.2 bye\r\n")},
			fate{},
			fate{Rcpt, Permanent, 550},
			false,
			[2]int{1, 0},
		},
		{
			"421 to the dot, and the group goes on",
			actions{"DOT 1": smtptest.Reply("421 4.3.2 bye")},
			fate{Dot, SenderFault, 421},
			fate{Mail, ConnectionLost, 0},
			false,
			[2]int{0, 0},
		},
		{
			"closed after a refused RCPT",
			actions{"RCPT 2": last("550 5.1.1 no\r\n")},
			fate{},
			fate{Rcpt, Permanent, 550},
			false,
			[2]int{1, 0},
		},
		{
			"a reply too many",
			actions{"DOT 1": {Accept: true, Raw: "250 taken\r\n250 taken\r\n"}},
			fate{},
			fate{Data, ConnectionLost, 0},
			false,
			[2]int{1, 0},
		},
		{
			"a reply too many after a refused RCPT",
			actions{"RCPT 2": raw("550 5.1.1 no\r\n550 5.1.1 no\r\n")},
			fate{},
			fate{Rcpt, Permanent, 550},
			false,
			[2]int{1, 0},
		},
		{
			"a reply too few",
			actions{"MAIL 2": {Raw: "\r\n"}},
			fate{},
			fate{Mail, ConnectionLost, 0},
			false,
			[2]int{1, 0},
		},
		{
			"DATA's reply in place of the dot's",
			actions{"DOT 1": smtptest.Reply("354 go")},
			fate{Dot, Unknown, 0},
			fate{Mail, ConnectionLost, 0},
			false,
			[2]int{0, 0},
		},
		{
			"DATA's reply in place of RCPT's",
			actions{"RCPT 2": smtptest.Reply("354 go")},
			fate{},
			fate{Rcpt, ConnectionLost, 0},
			false,
			[2]int{1, 0},
		},
		{
			"a 250 in place of DATA's reply",
			actions{"DATA 2": smtptest.Reply("250 good")},
			fate{},
			fate{Data, ConnectionLost, 0},
			false,
			[2]int{1, 0},
		},
		{
			"long replies of many lines",
			actions{
				"DOT 1":  {Accept: true, Raw: strings.Repeat("250-yes\r\n", 5000) + "250 taken\r\n"},
				"MAIL 2": raw(strings.Repeat("250-yes\r\n", 5000) + "250 good\r\n"),
				"RCPT 2": raw("250-" + strings.Repeat("x", 50_000) + "\r\n250 good\r\n"),
			},
			fate{},
			fate{},
			true,
			[2]int{1, 1},
		},
		{
			"everyone refused, in order",
			actions{"RCPT 1": smtptest.Reply("550 5.1.1 no"), "RCPT 2": smtptest.Reply("451 4.7.1 greylisted")},
			fate{Rcpt, Permanent, 550},
			fate{Rcpt, Temporary, 451},
			true,
			[2]int{0, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := scripted(t, script(c.actions))
			s := connect(t, server, patient())
			first, second, fates := pair(t, s)
			if want := [2]fate{c.first, c.second}; fates != want || s.Usable() != c.usable {
				t.Errorf("fates %+v, usable %v; want %+v, %v", fates, s.Usable(), want, c.usable)
			}
			if got := acceptedFor(server, first, second); !slices.Equal(got, c.accepted[:]) {
				t.Errorf("accepted %v, want %v", got, c.accepted)
			}
			checkGoesOn(t, server, s)
			if !c.usable {
				server.WaitClosed()
				if slices.Contains(server.Commands(), "QUIT") {
					t.Error("QUIT was said")
				}
			}
		})
	}
}

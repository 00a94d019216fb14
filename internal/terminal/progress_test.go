package terminal

import (
	"strings"
	"testing"
	"time"
)

// run plays a send of 12 408 in which a second passes at each step.
func run(s *sheet, seconds, perSecond int) *Progress {
	p := s.Progress(12408, "Sending")
	for i := range seconds {
		s.clock = s.clock.Add(time.Second)
		done := (i + 1) * perSecond
		p.Set(done, Tally{"sent", done - done/100}, Tally{"deferred", done / 100}, Tally{"failed", 0})
	}
	return p
}

func TestProgressWithoutTerminalIsALineEveryFewSeconds(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	p := run(s, 12, 84)
	p.Close()
	p.Set(5000)
	p.Close()
	want := "Sending 420 of 12 408 · 84/s · 2 min 23 s left · sent 416, deferred 4\n" +
		"Sending 840 of 12 408 · 84/s · 2 min 18 s left · sent 832, deferred 8\n" +
		"Sending 1 008 of 12 408 · 84/s · in 12 s · sent 998, deferred 10\n"
	if got := s.err.String(); got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}

func TestProgressRateIsThatOfTheLastSeconds(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	p := run(s, 30, 84)
	for range 30 { // the server stalls
		s.clock = s.clock.Add(time.Second)
		p.Set(2520)
	}
	lines := strings.Split(strings.TrimSpace(s.err.String()), "\n")
	if got, want := lines[len(lines)-1], "Sending 2 520 of 12 408 · 0/s"; got != want {
		t.Errorf("after a stall: %q, want %q", got, want)
	}
	for range 30 { // and creeps on
		s.clock = s.clock.Add(4 * time.Second)
		p.Set(p.done + 1)
	}
	lines = strings.Split(strings.TrimSpace(s.err.String()), "\n")
	if got, want := lines[len(lines)-1], "Sending 2 550 of 12 408 · 15/min · 10 h 57 min left"; got != want {
		t.Errorf("creeping: %q, want %q", got, want)
	}
}

func TestProgressRateLeavesOutWhatWasDoneBefore(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	p := s.Progress(12408, "Sending")
	p.From(6000)
	for i := range 7 {
		p.Set(6000 + i*84)
		s.clock = s.clock.Add(time.Second)
	}
	p.Close()
	want := "Sending 6 420 of 12 408 · 84/s · 1 min 11 s left\n" +
		"Sending 6 504 of 12 408 · 72/s · in 7 s\n"
	if got := s.err.String(); got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}

func TestProgressIsSilent(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"when quiet": {Quiet: true}, "beside JSON": {JSON: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSheet(o)
			run(s, 12, 84).Close()
			if s.err.Len()+s.out.Len() > 0 {
				t.Errorf("wrote %q and %q", s.out.String(), s.err.String())
			}
		})
	}
}

func TestProgressAsEvents(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{JSON: true, Events: true})
	run(s, 2, 100).Close()
	want := `{"event":"progress","label":"Sending","done":100,"total":12408,"per_second":100.00,"seconds_left":123,"states":{"deferred":1,"failed":0,"sent":99}}
{"event":"progress","label":"Sending","done":200,"total":12408,"per_second":100.00,"seconds_left":122,"states":{"deferred":2,"failed":0,"sent":198}}
{"event":"progress","label":"Sending","done":200,"total":12408,"per_second":100.00,"seconds_left":122,"states":{"deferred":2,"failed":0,"sent":198},"final":true}
`
	if got := s.err.String(); got != want || s.out.Len() > 0 {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}

func TestProgressOfNothing(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	p := s.Progress(0, "Sending")
	p.Set(3)
	p.Close()
	if got, want := s.err.String(), "Sending 0 of 0 · in 0 s\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

package terminal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// How often progress is shown: a bar moves smoothly, a log gets a line that is
// worth its place, and a program gets an event a second.
const (
	barInterval   = 100 * time.Millisecond
	lineInterval  = 5 * time.Second
	eventInterval = time.Second
)

// rateWindow is how far back the rate looks: long enough to be calm, short
// enough to notice a server that has become slow.
const rateWindow = 15 * time.Second

// barColumns is the widest that the bar itself becomes.
const barColumns = 24

// Tally is how many of what is done stand in one state.
type Tally struct {
	Label string
	N     int
}

// Progress shows how far a long job is, on standard error: as a bar on a
// terminal, as a plain line every few seconds elsewhere, as JSON events where
// they were asked for, and not at all when Quiet. The rate and the remaining
// time are those of the last seconds. It must be closed.
type Progress struct {
	t     *Terminal
	label string
	total int

	mu      sync.Mutex
	show    func(final bool)
	every   time.Duration
	shown   time.Time // when it was last shown; zero: never
	begun   sample
	samples []sample
	done    int
	tallies []Tally
	bar     *progressbar.ProgressBar
	barText bytes.Buffer
	columns int // the bar's width at present
	closed  bool
}

type sample struct {
	at   time.Time
	done int
}

// ShowsProgress says whether anything of a Progress is seen; where it is not, what
// it would show need not be counted.
func (t *Terminal) ShowsProgress() bool {
	return t.o.JSON && t.o.Events || !t.o.JSON && !t.o.Quiet
}

// Progress begins to show a job of total steps; the label says what is done:
// "Sending".
func (t *Terminal) Progress(total int, label string) *Progress {
	p := &Progress{t: t, total: max(total, 0), label: line(label), begun: sample{at: t.now()}}
	p.samples = []sample{p.begun}
	switch {
	case !t.ShowsProgress():
		p.show = func(bool) {}
	case t.o.JSON:
		p.show, p.every = p.showEvent, eventInterval
	case t.err.moves && p.total > 0:
		p.show, p.every = p.showBar, barInterval
		p.bar, p.columns = p.newBar(), barColumns
	default:
		p.show, p.every = p.showLine, lineInterval
		p.shown = p.begun.at // a job of a moment needs no line but the last
	}
	return p
}

// From says how much had been done before, which counts for no rate. It comes before
// the first Set.
func (p *Progress) From(done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun.done = done
	p.samples = []sample{p.begun}
}

// Set says how much is done by now and how it is divided. It may be called as
// often as one likes.
func (p *Progress) Set(done int, tallies ...Tally) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.done, p.tallies = min(max(done, 0), p.total), tallies
	now := p.t.now()
	p.sample(now)
	if p.shown.IsZero() || now.Sub(p.shown) >= p.every {
		p.shown = now
		p.show(false)
	}
}

// Close shows the final state once and ends the line.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.show(true)
	}
}

// sample keeps about one sample a second, of the last rateWindow.
func (p *Progress) sample(now time.Time) {
	last := len(p.samples) - 1
	if now.Sub(p.samples[last].at) < time.Second {
		return
	}
	p.samples = append(p.samples, sample{now, p.done})
	for len(p.samples) > 2 && now.Sub(p.samples[0].at) > rateWindow {
		p.samples = p.samples[1:]
	}
}

// rate is steps a second, and whether enough has been seen to say so. At the end
// it is that of the whole job.
func (p *Progress) rate(final bool) (float64, bool) {
	from := p.samples[0]
	if final {
		from = p.begun
	}
	seconds := p.t.now().Sub(from.at).Seconds()
	if seconds < 1 {
		return 0, false
	}
	return float64(p.done-from.done) / seconds, true
}

// remaining is the time that the rest takes at the rate; ok is false when
// nothing moves or it would be weeks.
func (p *Progress) remaining(rate float64) (left time.Duration, ok bool) {
	if rate <= 0 || p.done >= p.total {
		return 0, false
	}
	seconds := float64(p.total-p.done) / rate
	if seconds > (14 * 24 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second), true
}

// text says it in words: "Sending 5 210 of 12 408 · 84/s · 1 min 25 s left ·
// sent 5 201, deferred 9".
func (p *Progress) text(final bool) string {
	parts := []string{p.label + " " + Count(p.done) + " of " + Count(p.total)}
	if rate, ok := p.rate(final); ok {
		parts = append(parts, perTime(rate))
		if left, ok := p.remaining(rate); ok && !final {
			parts = append(parts, Duration(left)+" left")
		}
	}
	if final {
		parts = append(parts, "in "+Duration(p.t.now().Sub(p.begun.at)))
	}
	var states []string
	for _, s := range p.tallies {
		if s.N != 0 {
			states = append(states, line(s.Label)+" "+Count(s.N))
		}
	}
	if len(states) > 0 {
		parts = append(parts, strings.Join(states, ", "))
	}
	return strings.Join(parts, " · ")
}

// perTime writes a rate so that it is never "0/s" while something moves.
func perTime(rate float64) string {
	switch {
	case rate == 0:
		return "0/s"
	case rate < 1:
		return number(rate*60) + "/min"
	}
	return number(rate) + "/s"
}

func (p *Progress) showLine(final bool) { p.t.say(p.text(final) + "\n") }

func (p *Progress) newBar() *progressbar.ProgressBar {
	return progressbar.NewOptions(p.total,
		// Into a buffer: a frame then reaches the screen in one write, and
		// the width is measured here, on the stream that is written to.
		progressbar.OptionSetWriter(&p.barText),
		progressbar.OptionSetWidth(barColumns),
		progressbar.OptionSetPredictTime(false), // said in text(), the same as in lines
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░"}),
	)
}

// showBar draws one frame. The line is kept within the window, as one that wraps
// cannot be drawn over; the bar gives way to the words and never grows back,
// which would make it dance. At the end the words alone remain.
func (p *Progress) showBar(final bool) {
	if final {
		p.t.say(p.text(true) + "\n")
		return
	}
	const percent = len(" 100%") + len("   ")
	text, width := p.text(false), p.t.err.width()-1
	p.columns = max(min(p.columns, width-percent-Columns(text)), 0)
	p.barText.Reset()
	if p.columns < narrowest {
		p.t.draw("\r" + Truncate(text, width) + "\x1b[0K")
		return
	}
	progressbar.OptionSetWidth(p.columns)(p.bar)
	p.bar.Describe(text)  // first: a bar that has reached its end is not drawn again
	_ = p.bar.Set(p.done) // fails only beyond the total, which Set has made impossible
	p.t.draw(p.barText.String())
}

// event is what a program that reads standard error gets.
type event struct {
	Event     string         `json:"event"`
	Label     string         `json:"label"`
	Done      int            `json:"done"`
	Total     int            `json:"total"`
	PerSecond json.Number    `json:"per_second,omitempty"`
	Left      int            `json:"seconds_left,omitempty"`
	States    map[string]int `json:"states,omitempty"`
	Final     bool           `json:"final,omitempty"`
}

func (p *Progress) showEvent(final bool) {
	e := event{Event: "progress", Label: p.label, Done: p.done, Total: p.total, Final: final}
	if rate, ok := p.rate(final); ok {
		e.PerSecond = json.Number(strconv.FormatFloat(rate, 'f', 2, 64))
		if left, ok := p.remaining(rate); ok {
			e.Left = int(left / time.Second)
		}
	}
	for _, s := range p.tallies {
		if e.States == nil {
			e.States = map[string]int{}
		}
		e.States[s.Label] += s.N
	}
	b, err := json.Marshal(e)
	if err != nil {
		b = []byte(`{"event":"progress"}`) // cannot be: every field is plain
	}
	p.t.say(string(b) + "\n")
}

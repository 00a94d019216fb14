package schedule

import (
	"errors"
	"time"

	"epistle/internal/newsletter"
)

// Kind is one of the three sorts of run. The text is stored in a run's row.
type Kind string

const (
	Assemble Kind = "assemble" // gather the items and freeze the bulletin
	Proof    Kind = "proof"    // send the bulletin to the staff
	Send     Kind = "send"     // send it to everyone
)

// Kinds lists every kind in the order in which runs of one moment are done.
func Kinds() []Kind { return []Kind{Assemble, Proof, Send} }

// Plan is a newsletter's schedule, read. A kind that is done by hand has no
// spec.
type Plan struct {
	Assemble, Proof, Send *Spec
	// Late is how long after its instant a run may still be done.
	Late time.Duration
}

// ReadPlan reads all specs of a schedule and reports every fault, each at its
// key ("schedule.send").
func ReadPlan(s newsletter.Schedule) (*Plan, error) {
	p := &Plan{Late: time.Duration(s.Late)}
	if p.Late <= 0 {
		p.Late = newsletter.DefaultLate
	}
	var faults newsletter.Faults
	read := func(kind Kind, text string) *Spec {
		if text == "" {
			return nil
		}
		spec, err := ParseSpec(text)
		faults = append(faults, faultsAt("schedule."+string(kind), err)...)
		return spec
	}
	p.Assemble, p.Proof, p.Send = read(Assemble, s.Assemble), read(Proof, s.Proof), read(Send, s.Send)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func faultsAt(key string, err error) newsletter.Faults {
	var several newsletter.Faults
	var one *newsletter.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
	case errors.As(err, &one):
		several = newsletter.Faults{one}
	default:
		several = newsletter.Faults{newsletter.Errorf(newsletter.Usage, "the schedule cannot be read: %w", err)}
	}
	for _, f := range several {
		f.Place = key
	}
	return several
}

// Spec gives the spec of a kind, or nil when that kind is done by hand.
func (p *Plan) Spec(kind Kind) *Spec {
	switch kind {
	case Assemble:
		return p.Assemble
	case Proof:
		return p.Proof
	case Send:
		return p.Send
	}
	return nil
}

// BulletinDate is the date of the bulletin that a run works for: the day of the
// run itself when it sends, else the day of the next send run at or after it.
// Where sending is done by hand, every run works for its own day.
func (p *Plan) BulletinDate(kind Kind, due Due) (newsletter.Date, bool) {
	wall, err := time.Parse(wallLayout, due.Wall)
	if err != nil {
		return newsletter.Date{}, false
	}
	if kind == Send || p.Send == nil {
		return newsletter.DateOf(wall), true
	}
	send, ok := p.Send.nextWall(wall.Add(-time.Minute))
	if !ok {
		return newsletter.Date{}, false
	}
	return newsletter.DateOf(send), true
}

// Verdict is what is to be done about a run.
type Verdict int

const (
	Wait   Verdict = iota // its instant has not come
	Run                   // due, and not too late
	Missed                // found too late: recorded and reported, never done by surprise
)

// String gives "wait", "run" or "missed".
func (v Verdict) String() string {
	switch v {
	case Wait:
		return "wait"
	case Run:
		return "run"
	default:
		return "missed"
	}
}

// Decide says what is to be done at now about a run that nobody has done yet.
// It is missed when more than late has passed since its instant; zero means
// newsletter.DefaultLate.
func Decide(due Due, now time.Time, late time.Duration) Verdict {
	if late <= 0 {
		late = newsletter.DefaultLate
	}
	switch since := now.Sub(due.At); {
	case since < 0:
		return Wait
	case since <= late:
		return Run
	default:
		return Missed
	}
}

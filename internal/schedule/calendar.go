package schedule

import (
	"time"

	"epistle/internal/newsletter"
)

const wallLayout = newsletter.WallLayout

// Due is one run of a schedule.
type Due struct {
	// Wall is the time on the newsletter's own clock, "2027-03-28T02:30": the
	// key under which the run happens once. Keys sort as text.
	Wall string
	// At is the instant, in UTC, at which the run becomes due.
	At time.Time
	// Note tells a person when the clock does something unusual at Wall:
	// "clocks go forward: 03:00 instead" or "happens twice: the first time".
	Note string
}

// Date is the day of the run on the newsletter's calendar, and so the date of
// the bulletin that a send run sends. It is the day of Wall, also when the clock
// jumps past midnight and the run itself falls on the day after.
func (d Due) Date() newsletter.Date {
	wall, err := time.Parse(wallLayout, d.Wall)
	if err != nil {
		return newsletter.Date{}
	}
	return newsletter.DateOf(wall)
}

// WallOf is the time that the clock of loc shows at t, to the minute, in the
// form of Due.Wall.
func WallOf(t time.Time, loc *time.Location) string { return t.In(loc).Format(wallLayout) }

// Next gives the first run whose wall-clock time is later than afterWall, which
// has the form of Due.Wall and is usually the key of the last run stored. It is
// false when afterWall has another form, or when the calendar ends (year 9999).
func (s *Spec) Next(loc *time.Location, afterWall string) (Due, bool) {
	after, err := time.Parse(wallLayout, afterWall)
	if err != nil {
		return Due{}, false
	}
	wall, ok := s.nextWall(after)
	if !ok {
		return Due{}, false
	}
	at, note := newsletter.Instant(wall, loc)
	return Due{Wall: wall.Format(wallLayout), At: at, Note: note}, true
}

// nextWall asks the parser's schedule in UTC, where every day has 24 hours.
func (s *Spec) nextWall(after time.Time) (time.Time, bool) {
	next := s.cron.Next(after)
	if next.IsZero() {
		// The parser gives up after five years; around 2100, which is no
		// leap year, 29 February takes eight.
		next = s.cron.Next(after.AddDate(5, 0, 0))
	}
	return next, !next.IsZero() && next.Year() <= 9999
}

// After gives the first run that becomes due later than the instant t: the run
// to begin with when none is stored.
func (s *Spec) After(loc *time.Location, t time.Time) (Due, bool) {
	due, ok := s.Next(loc, WallOf(t, loc))
	// While the clock shows an hour for the second time, the runs of that hour
	// lie in the past.
	for ok && !due.At.After(t) {
		due, ok = s.Next(loc, due.Wall)
	}
	return due, ok
}

// Between gives the runs that become due later than from and not later than to,
// in the order of their keys: what was missed while nobody looked.
func (s *Spec) Between(loc *time.Location, from, to time.Time) []Due {
	var dues []Due
	due, ok := s.After(loc, from)
	for ok && !due.At.After(to) {
		dues = append(dues, due)
		due, ok = s.Next(loc, due.Wall)
	}
	return dues
}

// Coming gives the next n runs that become due later than now.
func (s *Spec) Coming(loc *time.Location, now time.Time, n int) []Due {
	var dues []Due
	due, ok := s.After(loc, now)
	for ok && len(dues) < n {
		dues = append(dues, due)
		due, ok = s.Next(loc, due.Wall)
	}
	return dues
}

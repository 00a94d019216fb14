package newsletter

import (
	"strings"
	"time"
)

// WallLayout is how a time of a wall clock is written, without a zone:
// "2027-03-12T08:00". Such times sort as text.
const WallLayout = "2006-01-02T15:04"

// ParseWall reads a time of a wall clock, with a space or a T between day and
// hour. The result stands in UTC and means no instant; see Instant.
func ParseWall(text string) (time.Time, error) {
	wall, err := time.Parse(WallLayout, strings.Replace(strings.TrimSpace(text), " ", "T", 1))
	if err != nil {
		return time.Time{}, Errorf(Usage, "%q is not a day and a time", text).With(`Write it as "2027-03-12 08:00".`)
	}
	return wall, nil
}

// furthest is how far the clock of a zone may stand from UTC, with room to
// spare: the furthest on record are just above 15 hours.
const furthest = 48 * time.Hour

// Instant gives the first instant at which the clock of loc shows wall or a
// later time, in UTC: a time that is left out when clocks go forward comes when
// the clock has jumped, one that comes twice at its first coming. Note tells a
// person of either; it is empty otherwise.
//
// It walks over the spans between two changes of the clock: in the first span
// that ends later than wall, the clock either shows wall or begins beyond it.
func Instant(wall time.Time, loc *time.Location) (at time.Time, note string) {
	t := wall.Add(-furthest).In(loc)
	for {
		start, end := t.ZoneBounds()
		_, offset := t.Zone()
		at = wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case !end.IsZero() && !at.Before(end):
			t = end
		case !start.IsZero() && at.Before(start):
			return start.UTC(), forward(wall, start)
		case againAfter(wall, end):
			return at, "happens twice: the first time"
		default:
			return at, ""
		}
	}
}

func forward(wall, start time.Time) string {
	layout := "15:04"
	if start.Format(time.DateOnly) != wall.Format(time.DateOnly) {
		layout = "2006-01-02 15:04"
	}
	return "clocks go forward: " + start.Format(layout) + " instead"
}

// againAfter says whether the clock shows wall once more in the spans that
// begin at t, the end of the span in which it shows it first.
func againAfter(wall, t time.Time) bool {
	for !t.IsZero() && t.Before(wall.Add(furthest)) {
		_, end := t.ZoneBounds()
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if !at.Before(t) && (end.IsZero() || at.Before(end)) {
			return true
		}
		t = end
	}
	return false
}

package newsletter

import (
	"fmt"
	"sort"
	"time"
)

// Date is a day in a newsletter's own calendar, without time or zone.
// The zero Date means "not given".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const dateLayout = "2006-01-02"

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return Date{}, Errorf(Usage, "%q is not a date", s).With("Write the date as YYYY-MM-DD, for example 2027-03-12.")
	}
	return DateOf(t), nil
}

// DateOf gives the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero says whether the date was not given.
func (d Date) IsZero() bool { return d == Date{} }

// String gives YYYY-MM-DD, or the empty string for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// In gives the first instant at or after midnight of the day in loc, to the
// second. Where clocks jump over midnight that is the end of the gap, where
// midnight comes twice the first one; time.Date promises neither.
func (d Date) In(loc *time.Location) time.Time {
	// Every zone's midnight lies within 16 hours of that of UTC.
	const reach = 16 * 60 * 60
	start := d.utc().Add(-reach * time.Second)
	seconds := sort.Search(2*reach, func(i int) bool {
		return !DateOf(start.Add(time.Duration(i) * time.Second).In(loc)).Before(d)
	})
	return start.Add(time.Duration(seconds) * time.Second).In(loc)
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date {
	return DateOf(d.utc().AddDate(0, 0, n))
}

// Before says whether d is an earlier day than other.
func (d Date) Before(other Date) bool {
	return d.utc().Before(other.utc())
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD or nothing.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count writes a number in groups of three: "12 408".
func Count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return sign + s
}

// Plural writes a number with its word: "1 reader", "12 408 readers".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Times writes how often: "once", "3 times".
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Bytes writes a size in bytes, KB, MB or GB, of 1000 each: "640 bytes",
// "80 KB", "1.2 MB".
func Bytes(n int64) string {
	if n < 1000 {
		return Plural(int(n), "byte", "bytes")
	}
	size := float64(n) / 1000
	// 999.95 is where one more decimal place would round up to 1000.
	for _, unit := range []string{"KB", "MB"} {
		if size < 999.5 {
			return number(size) + " " + unit
		}
		size /= 1000
	}
	return number(size) + " GB"
}

// number gives one decimal place below ten, where it matters.
func number(f float64) string {
	if f < 9.95 {
		return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	}
	return Count(int(f + 0.5))
}

// Duration writes a length of time in its two largest units: "0.4 s", "25 s",
// "1 min 25 s", "2 h 5 min", "3 days 4 h". Negative lengths are none.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < 100*time.Millisecond:
		return "under 0.1 s"
	case d < 950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour:
		d = d.Round(time.Second)
		return twoUnits(int(d/time.Minute), "min", int(d%time.Minute/time.Second), "s")
	case d < 24*time.Hour:
		d = d.Round(time.Minute)
		return twoUnits(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	}
	d = d.Round(time.Hour)
	days := int(d / (24 * time.Hour))
	unit := "days"
	if days == 1 {
		unit = "day"
	}
	return twoUnits(days, unit, int(d%(24*time.Hour)/time.Hour), "h")
}

func twoUnits(a int, unitA string, b int, unitB string) string {
	switch {
	case a == 0:
		return Count(b) + " " + unitB
	case b == 0:
		return Count(a) + " " + unitA
	}
	return Count(a) + " " + unitA + " " + Count(b) + " " + unitB
}

// Time writes a moment on its own clock with the zone: "Fri 12 Mar 2027 08:00
// CET". A zone that has no abbreviation is written by its distance: "UTC+05:45".
func Time(t time.Time) string { return t.Format("Mon 2 Jan 2006 15:04 ") + zone(t) }

// Clock writes the time of day with the zone: "10:42 CET".
func Clock(t time.Time) string { return t.Format("15:04 ") + zone(t) }

func zone(t time.Time) string {
	name, offset := t.Zone()
	if name != "" && name[0] != '+' && name[0] != '-' {
		return name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, offset/3600, offset%3600/60)
}

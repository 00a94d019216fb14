package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

func TestParseSpecAcceptsAndRunsAt(t *testing.T) {
	t.Parallel()
	// The runs after Thursday 2026-01-01T00:00.
	tests := []struct {
		spec string
		want string
	}{
		{"0 9 * * 5", "2026-01-02T09:00 2026-01-09T09:00"},
		{"  30\t6 *  * fri ", "2026-01-02T06:30 2026-01-09T06:30"},
		{"0 9 * * FRI", "2026-01-02T09:00 2026-01-09T09:00"},
		{"0 0 * * 7", "2026-01-04T00:00 2026-01-11T00:00"},
		{"0 0 * * 0,7", "2026-01-04T00:00 2026-01-11T00:00"},
		{"0 0 * * 7-7", "2026-01-04T00:00 2026-01-11T00:00"},
		{"0 0 * * 5-7", "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-09T00:00"},
		{"0 0 * * fri-sun", "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-09T00:00"},
		{"0 0 * * 5-sun", "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-09T00:00"},
		{"0 0 * * 1,6-7", "2026-01-03T00:00 2026-01-04T00:00 2026-01-05T00:00 2026-01-10T00:00"},
		{"0 0 * * 1-7/3", "2026-01-04T00:00 2026-01-05T00:00 2026-01-08T00:00 2026-01-11T00:00"},
		{"0 0 * * 7/2", "2026-01-04T00:00 2026-01-11T00:00"},
		{"0 0 * * 5/1", "2026-01-02T00:00 2026-01-03T00:00 2026-01-09T00:00"},
		{"0 0 * * 0-7", "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-05T00:00"},
		{"0 0 * * sun-tue", "2026-01-04T00:00 2026-01-05T00:00 2026-01-06T00:00 2026-01-11T00:00"},
		{"*/20 8-9 1 feb *", "2026-02-01T08:00 2026-02-01T08:20 2026-02-01T08:40 2026-02-01T09:00"},
		{"50/5 0 1 1 *", "2026-01-01T00:50 2026-01-01T00:55 2027-01-01T00:50"},
		{"0 12 29 2 *", "2028-02-29T12:00 2032-02-29T12:00"},
		{"0 12 13 * 5", "2026-01-02T12:00 2026-01-09T12:00 2026-01-13T12:00 2026-01-16T12:00"},
		{"0 0 31 2 1", "2026-02-02T00:00 2026-02-09T00:00"},
		{"@weekly", "2026-01-04T00:00 2026-01-11T00:00"},
		{"@Daily", "2026-01-02T00:00 2026-01-03T00:00"},
		{"@monthly", "2026-02-01T00:00 2026-03-01T00:00"},
		{"@yearly", "2027-01-01T00:00 2028-01-01T00:00"},
	}
	for _, test := range tests {
		t.Run(test.spec, func(t *testing.T) {
			t.Parallel()
			s, err := ParseSpec(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			wall := "2026-01-01T00:00"
			for _, want := range strings.Fields(test.want) {
				due, ok := s.Next(time.UTC, wall)
				if !ok || due.Wall != want {
					t.Fatalf("after %s comes %q (%v), want %s", wall, due.Wall, ok, want)
				}
				wall = due.Wall
			}
		})
	}
}

func TestParseSpecRefusesNamingTheField(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, spec, want string }{
		{"nothing", "", "the schedule is empty"},
		{"white space", " \t\n", "the schedule is empty"},
		{"too long", strings.Repeat("0,", 300) + "0 9 * * 5", "longer than 500 bytes"},
		{"four fields", "0 9 * *", "has 4 fields instead of 5"},
		{"seconds", "0 0 9 * * 5", "has 6 fields instead of 5"},
		{"a zone alone", "TZ=UTC", "holds a time zone"},
		{"a cron zone alone", "CRON_TZ=UTC", "holds a time zone"},
		{"a broken zone", "TZ=0", "holds a time zone"},
		{"a zone before fields", "CRON_TZ=Europe/Berlin 0 9 * * 5", "holds a time zone"},
		{"a zone in small letters", "tz=UTC 0 9 * * 5", "holds a time zone"},
		{"an interval", "@every 168h", "counts from the moment the program starts"},
		{"an interval without a length", "@every", "counts from the moment the program starts"},
		{"an hourly word", "@hourly", "is not a word for a schedule"},
		{"a word at reboot", "@reboot", "is not a word for a schedule"},
		{"minute 60", "60 9 * * 5", `field 1 (minute) of "60 9 * * 5": 60 is above 59`},
		{"hour 24", "0 24 * * 5", "field 2 (hour)"},
		{"day 0", "0 9 0 * 5", "field 3 (day of the month) of \"0 9 0 * 5\": 0 is below 1"},
		{"month 13", "0 9 * 13 5", "field 4 (month)"},
		{"day 8", "0 9 * * 8", "field 5 (day of the week)"},
		{"whole names", "0 9 * * friday", `"friday" is not understood`},
		{"a question mark", "0 9 ? * 5", `"?" is not understood`},
		{"a sign", "+5 9 * * 5", `"+5" is not understood`},
		{"a negative number", "-5 9 * * 5", `"" is not understood`},
		{"a star with an end", "*-9 9 * * 5", `"*" is not understood`},
		{"two hyphens", "1-2-3 9 * * 5", `"2-3" is not understood`},
		{"two slashes", "*/2/3 9 * * 5", `"*/2/3" is not understood`},
		{"an empty list", ", 9 * * 5", "an entry is empty"},
		{"a trailing comma", "0,30, 9 * * 5", "an entry is empty"},
		{"backwards", "0 17-9 * * 5", `"17-9" runs backwards`},
		{"a backward week", "0 9 * * 5-2", `"5-2" runs backwards`},
		{"step nought", "*/0 9 * * 5", "has a step of 0"},
		{"a step beyond the hour", "*/90 9 * * 5", "steps over the whole range from 0 to 59"},
		{"a huge number", "99999999999999999999 9 * * 5", "is not understood"},
		{"31 February", "0 9 31 2 *", "never comes in the next 5 years"},
		{"30 February", "0 9 30 feb *", "never comes in the next 5 years"},
		{"31 in short months", "0 9 31 4,6,9,11 *", "never comes in the next 5 years"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSpec(test.spec)
			if err == nil {
				t.Fatalf("%q was accepted", test.spec)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
			if newsletter.KindOf(err) != newsletter.Usage || newsletter.RemedyOf(err) == "" {
				t.Errorf("kind %d, remedy %q", newsletter.KindOf(err), newsletter.RemedyOf(err))
			}
		})
	}
}

func TestParseSpecReportsEveryBadField(t *testing.T) {
	t.Parallel()
	_, err := ParseSpec("60 9 0 * noday")
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	for i, want := range []string{"field 1 (minute)", "field 3 (day of the month)", "field 5 (day of the week)"} {
		if !strings.Contains(faults[i].Message, want) {
			t.Errorf("fault %d is %q, want %q in it", i, faults[i].Message, want)
		}
	}
}

func TestParseGuardsAgainstThePanickingParser(t *testing.T) {
	t.Parallel()
	if _, err := parse("TZ=0"); err == nil {
		t.Fatal("no error where robfig/cron 3.0.1 panics")
	}
}

func FuzzParseSpec(f *testing.F) {
	for _, seed := range []string{
		"0 9 * * 5", "@weekly", "@every 1h", "TZ=0", "CRON_TZ=UTC", "*/15 0-6,22 1 jan-mar fri-sun",
		"0 0 31 2 *", ", , , , ,", "1-7/3 * * * 7", "0 0 29 2 *", "\u00a00 9 * * 5", "5/9 */23 31/1 12 0/7",
	} {
		f.Add(seed)
	}
	loc := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpec(text)
		if err != nil {
			if newsletter.KindOf(err) != newsletter.Usage {
				t.Fatalf("kind %d for %q", newsletter.KindOf(err), text)
			}
			return
		}
		again, err := ParseSpec(s.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, s, err)
		}
		wall := "2027-01-01T00:00"
		for range 5 {
			due, ok := s.Next(loc, wall)
			if !ok || due.Wall <= wall {
				t.Fatalf("%q: after %s comes %+v (%v)", text, wall, due, ok)
			}
			if same, _ := again.Next(loc, wall); same != due {
				t.Fatalf("%q and its own text disagree: %+v, %+v", text, due, same)
			}
			wall = due.Wall
		}
	})
}

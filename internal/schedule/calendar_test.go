package schedule

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones, where the machine has none

	"epistle/internal/newsletter"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func spec(t testing.TB, text string) *Spec {
	t.Helper()
	s, err := ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNextWhereTheClockChanges(t *testing.T) {
	t.Parallel()
	const twice = "happens twice: the first time"
	tests := []struct{ name, zone, spec, after, wall, at, note string }{
		{"Berlin, an ordinary day", "Europe/Berlin", "0 9 * * 5", "2026-01-01T00:00", "2026-01-02T09:00", "2026-01-02T08:00:00Z", ""},
		{"Berlin, inside the gap", "Europe/Berlin", "30 2 * * 0", "2027-03-21T02:30", "2027-03-28T02:30", "2027-03-28T01:00:00Z", "clocks go forward: 03:00 instead"},
		{"Berlin, the gap's first minute", "Europe/Berlin", "0 2 * * 0", "2027-03-21T02:00", "2027-03-28T02:00", "2027-03-28T01:00:00Z", "clocks go forward: 03:00 instead"},
		{"Berlin, the gap's end", "Europe/Berlin", "0 3 * * 0", "2027-03-21T03:00", "2027-03-28T03:00", "2027-03-28T01:00:00Z", ""},
		{"Berlin, the minute before the gap", "Europe/Berlin", "59 1 * * 0", "2027-03-21T03:00", "2027-03-28T01:59", "2027-03-28T00:59:00Z", ""},
		{"Berlin, inside the overlap", "Europe/Berlin", "30 2 * * 0", "2026-10-18T02:30", "2026-10-25T02:30", "2026-10-25T00:30:00Z", twice},
		{"Berlin, the overlap's first minute", "Europe/Berlin", "0 2 * * 0", "2026-10-18T02:00", "2026-10-25T02:00", "2026-10-25T00:00:00Z", twice},
		{"Berlin, after the overlap", "Europe/Berlin", "0 3 * * 0", "2026-10-18T03:00", "2026-10-25T03:00", "2026-10-25T02:00:00Z", ""},
		{"New York, inside the gap", "America/New_York", "15 2 * * 0", "2027-03-08T00:00", "2027-03-14T02:15", "2027-03-14T07:00:00Z", "clocks go forward: 03:00 instead"},
		{"New York, inside the overlap", "America/New_York", "15 1 * * 0", "2027-11-01T00:00", "2027-11-07T01:15", "2027-11-07T05:15:00Z", twice},
		{"Cairo, midnight in the gap", "Africa/Cairo", "0 0 * * 5", "2026-04-17T00:00", "2026-04-24T00:00", "2026-04-23T22:00:00Z", "clocks go forward: 01:00 instead"},
		{"Cairo, an hour before midnight comes twice", "Africa/Cairo", "30 23 * * 4", "2026-10-22T23:30", "2026-10-29T23:30", "2026-10-29T20:30:00Z", twice},
		{"Kathmandu, 45 minutes off", "Asia/Kathmandu", "0 6 * * 5", "2026-01-01T00:00", "2026-01-02T06:00", "2026-01-02T00:15:00Z", ""},
		{"Lord Howe, a gap of 30 minutes", "Australia/Lord_Howe", "15 2 * * 0", "2026-10-03T00:00", "2026-10-04T02:15", "2026-10-03T15:30:00Z", "clocks go forward: 02:30 instead"},
		{"Lord Howe, an overlap of 30 minutes", "Australia/Lord_Howe", "45 1 * * 0", "2026-04-04T00:00", "2026-04-05T01:45", "2026-04-04T14:45:00Z", twice},
		{"Lord Howe, the hour before that comes once", "Australia/Lord_Howe", "15 1 * * 0", "2026-04-04T00:00", "2026-04-05T01:15", "2026-04-04T14:15:00Z", ""},
		{"São Paulo, midnight in the gap", "America/Sao_Paulo", "0 0 * * 0", "2018-10-29T00:00", "2018-11-04T00:00", "2018-11-04T03:00:00Z", "clocks go forward: 01:00 instead"},
		{"Apia, a day that never was", "Pacific/Apia", "0 9 * * 5", "2011-12-23T09:00", "2011-12-30T09:00", "2011-12-30T10:00:00Z", "clocks go forward: 2011-12-31 00:00 instead"},
		{"Casablanca, before the fast", "Africa/Casablanca", "30 2 * * 0", "2026-02-14T00:00", "2026-02-15T02:30", "2026-02-15T01:30:00Z", twice},
		{"Casablanca, after the fast", "Africa/Casablanca", "30 2 * * 0", "2026-03-21T00:00", "2026-03-22T02:30", "2026-03-22T02:00:00Z", "clocks go forward: 03:00 instead"},
		{"Nuuk, a gap that ends at midnight", "America/Nuuk", "30 23 * * 6", "2026-03-27T00:00", "2026-03-28T23:30", "2026-03-29T01:00:00Z", "clocks go forward: 2026-03-29 00:00 instead"},
		{"UTC", "UTC", "0 9 * * 5", "2026-01-01T00:00", "2026-01-02T09:00", "2026-01-02T09:00:00Z", ""},
		{"2096 to 2104, no leap year between", "Europe/Berlin", "0 9 29 2 *", "2096-02-29T09:00", "2104-02-29T09:00", "2104-02-29T08:00:00Z", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			due, ok := spec(t, test.spec).Next(zone(t, test.zone), test.after)
			want := Due{Wall: test.wall, At: utc(t, test.at), Note: test.note}
			if !ok || due != want {
				t.Errorf("\ngot  %+v (%v)\nwant %+v", due, ok, want)
			}
		})
	}
}

// TestEveryWeekHasExactlyOneRun is the promise of the package: weekly runs at
// every half hour of the day, over ten years where people live by the newsletter,
// over the years that matter in zones with every other sort of oddity.
func TestEveryWeekHasExactlyOneRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone  string
		from  string
		years int
	}{
		{"Europe/Berlin", "2026-01-01", 10},
		{"America/New_York", "2026-01-01", 10},
		{"Africa/Cairo", "2020-01-01", 10},       // no summer time until 2023
		{"Asia/Kathmandu", "1980-01-01", 10},     // +5:30 until 1986, then +5:45
		{"Australia/Lord_Howe", "2026-01-01", 2}, // half an hour of summer time
		{"America/Sao_Paulo", "2017-01-01", 2},   // gaps at midnight
		{"Pacific/Apia", "2011-01-01", 2},        // a Friday left out
		{"Pacific/Kwajalein", "1993-01-01", 2},   // a Saturday left out
		{"Africa/Casablanca", "2026-01-01", 2},   // winter time in Ramadan
		{"America/Nuuk", "2023-01-01", 2},        // gaps that end at midnight
		{"America/Caracas", "2007-01-01", 2},     // half an hour back for good
		{"Antarctica/Troll", "2026-01-01", 2},    // two hours of summer time
		{"Europe/Dublin", "2026-01-01", 2},       // summer time told as negative winter time
		{"America/Juneau", "1867-01-01", 2},      // a day that came twice
	}
	for _, test := range tests {
		t.Run(test.zone, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, test.zone)
			for _, day := range weekdays(t, loc, test.from, test.years) {
				checkWeekday(t, loc, test.from, 52*test.years, day)
			}
		})
	}
}

// weekdays gives the days of the week around the changes of the clock; the
// other days see no change.
func weekdays(t *testing.T, loc *time.Location, from string, years int) []time.Weekday {
	t.Helper()
	var days []time.Weekday
	add := func(d time.Weekday) {
		if !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	begin := utc(t, from+"T00:00:00Z")
	was := shown(begin, loc)
	for now := begin.Add(time.Hour); now.Before(begin.AddDate(years, 0, 0)); now = now.Add(time.Hour) {
		is := shown(now, loc)
		if is.Sub(was) != time.Hour {
			add(was.Weekday())
			add(is.Weekday())
			// The day that the jump leaves out altogether.
			add(was.AddDate(0, 0, 1).Weekday())
		}
		was = is
	}
	if len(days) == 0 {
		t.Fatalf("the clock of %s never changes here", loc)
	}
	return days
}

func checkWeekday(t *testing.T, loc *time.Location, from string, weeks int, day time.Weekday) {
	t.Helper()
	for half := range 48 {
		clock := time.Date(2000, 1, 1, 0, 30*half, 0, 0, time.UTC)
		s := spec(t, clock.Format("4 15 ")+"* * "+day.String()[:3])
		last, ok := s.Next(loc, from+"T00:00")
		if !ok {
			t.Fatalf("%s: no run after %s", s, from)
		}
		for range weeks {
			due, ok := s.Next(loc, last.Wall)
			if !ok {
				t.Fatalf("%s: no run after %s", s, last.Wall)
			}
			if week := wallTime(t, due).Sub(wallTime(t, last)); week != 7*24*time.Hour {
				t.Fatalf("%s: %s follows %s", s, due.Wall, last.Wall)
			}
			if !due.At.After(last.At) {
				t.Fatalf("%s: %v is not after %v", s, due, last)
			}
			checkInstant(t, due, loc)
			last = due
		}
	}
}

// checkInstant holds the run against what its instant should be, asked the
// other way round: the clock shows the wall time or a later one then, and has
// not shown that at any time before.
func checkInstant(t *testing.T, due Due, loc *time.Location) {
	t.Helper()
	want := wallTime(t, due)
	if shown(due.At, loc).Before(want) {
		t.Fatalf("%+v: the clock of %s shows only %s", due, loc, shown(due.At, loc))
	}
	if due.Note == "" && !shown(due.At, loc).Equal(want) {
		t.Fatalf("%+v: the clock of %s shows %s", due, loc, shown(due.At, loc))
	}
	for _, before := range []time.Duration{time.Second, time.Hour, 24 * time.Hour} {
		if s := shown(due.At.Add(-before), loc); !s.Before(want) {
			t.Fatalf("%+v: %s earlier the clock of %s showed %s already", due, before, loc, s)
		}
	}
}

// shown is what the clock of loc shows at t, as if it were UTC.
func shown(t time.Time, loc *time.Location) time.Time {
	_, offset := t.In(loc).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func wallTime(t *testing.T, due Due) time.Time {
	t.Helper()
	v, err := time.Parse(wallLayout, due.Wall)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNextRefusesAKeyOfAnotherForm(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "2027-03-28", "2027-03-28 02:30", "2027-03-28T02:30:00Z", "2027-02-30T02:30"} {
		if due, ok := spec(t, "0 9 * * 5").Next(time.UTC, key); ok {
			t.Errorf("after %q comes %+v", key, due)
		}
	}
}

func TestNextEndsWithTheCalendar(t *testing.T) {
	t.Parallel()
	if due, ok := spec(t, "0 9 * * 5").Next(zone(t, "Europe/Berlin"), "9999-12-31T23:00"); ok {
		t.Errorf("after the year 9999 comes %+v", due)
	}
}

func TestTwoTimesInOneGapKeepTheirKeysAndOrder(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Europe/Berlin")
	dues := spec(t, "*/30 2 * * *").Between(loc, utc(t, "2027-03-28T00:00:00Z"), utc(t, "2027-03-28T12:00:00Z"))
	at := utc(t, "2027-03-28T01:00:00Z")
	if len(dues) != 2 || dues[0].Wall != "2027-03-28T02:00" || dues[1].Wall != "2027-03-28T02:30" ||
		!dues[0].At.Equal(at) || !dues[1].At.Equal(at) {
		t.Errorf("got %+v", dues)
	}
}

func TestBetweenGivesWhatWasMissed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, zone, spec, from, to string
		want                       []string
	}{
		{"nothing in an empty span", "UTC", "0 9 * * 5", "2026-01-02T09:00:00Z", "2026-01-02T09:00:00Z", nil},
		{
			"the end belongs to the span, the beginning does not", "UTC", "0 9 * * *",
			"2026-01-02T09:00:00Z", "2026-01-04T09:00:00Z",
			[]string{"2026-01-03T09:00", "2026-01-04T09:00"},
		},
		{
			"a span inside one minute", "UTC", "0 9 * * *",
			"2026-01-02T08:59:59Z", "2026-01-02T09:00:01Z",
			[]string{"2026-01-02T09:00"},
		},
		{
			"nothing new while the hour comes for the second time", "Europe/Berlin", "*/30 2 * * 0",
			"2026-10-25T01:10:00Z", "2026-10-25T02:00:00Z", nil,
		},
		{
			"all of the hour while it comes for the first time", "Europe/Berlin", "*/30 2 * * 0",
			"2026-10-24T23:59:00Z", "2026-10-25T02:00:00Z",
			[]string{"2026-10-25T02:00", "2026-10-25T02:30"},
		},
		{
			"three weeks with the gap in them", "Europe/Berlin", "30 2 * * 0",
			"2027-03-20T00:00:00Z", "2027-04-05T00:00:00Z",
			[]string{"2027-03-21T02:30", "2027-03-28T02:30", "2027-04-04T02:30"},
		},
		{"to before from", "UTC", "0 9 * * *", "2026-01-04T09:00:00Z", "2026-01-02T09:00:00Z", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := spec(t, test.spec).Between(zone(t, test.zone), utc(t, test.from), utc(t, test.to))
			if len(got) != len(test.want) {
				t.Fatalf("got %+v, want %v", got, test.want)
			}
			for i := range got {
				if got[i].Wall != test.want[i] {
					t.Errorf("got %+v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestComingListsTheNextRuns(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Europe/Berlin")
	now := utc(t, "2026-10-25T01:10:00Z") // 02:10 for the second time
	dues := spec(t, "30 2 * * 0").Coming(loc, now, 2)
	if len(dues) != 2 || dues[0].Wall != "2026-11-01T02:30" || dues[1].Wall != "2026-11-08T02:30" {
		t.Errorf("got %+v", dues)
	}
}

func TestDateIsTheDayOfTheWallTime(t *testing.T) {
	t.Parallel()
	want := newsletter.Date{Year: 2011, Month: time.December, Day: 30}
	due, _ := spec(t, "0 9 * * 5").Next(zone(t, "Pacific/Apia"), "2011-12-23T09:00")
	if due.Date() != want {
		t.Errorf("got %s, want %s", due.Date(), want)
	}
	if !(Due{Wall: "soon"}).Date().IsZero() {
		t.Error("a key of another form has a date")
	}
}

func FuzzNext(f *testing.F) {
	f.Add("0 9 * * 5", "Europe/Berlin", "2027-03-28T02:30")
	f.Add("30 2 29 2 *", "Australia/Lord_Howe", "2099-12-31T23:59")
	f.Add("@yearly", "Pacific/Apia", "9998-12-31T00:00")
	f.Add("* * * * *", "Africa/Casablanca", "0000-01-01T00:00")
	f.Add("*/59 */23 */30 */11 */6", "America/Juneau", "1867-10-18T12:00")
	f.Fuzz(func(t *testing.T, text, name, after string) {
		s, err := ParseSpec(text)
		if err != nil {
			return
		}
		loc, err := time.LoadLocation(name)
		if err != nil {
			return
		}
		last, ok := s.Next(loc, after)
		for range 10 {
			if !ok {
				return
			}
			checkInstant(t, last, loc)
			var due Due
			if due, ok = s.Next(loc, last.Wall); ok && (due.Wall <= last.Wall || due.At.Before(last.At)) {
				t.Fatalf("%s in %s: %+v follows %+v", s, loc, due, last)
			}
			last = due
		}
	})
}

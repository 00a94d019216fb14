package newsletter

import (
	"testing"
	"time"
)

func FuzzAWallClockTimeHasOneInstant(f *testing.F) {
	for _, seed := range []string{"2027-03-28 02:30", "2027-10-31T02:30", " 2027-03-12 08:00 ", "2011-12-30 12:00", "9999-12-31 23:59", "0001-01-01 00:00", "2027-02-29 08:00", "8:00", ""} {
		f.Add(seed, "Europe/Berlin")
	}
	f.Add("2011-12-30 12:00", "Pacific/Apia") // a day that never came there
	f.Fuzz(func(t *testing.T, text, zone string) {
		wall, err := ParseWall(text)
		if err != nil {
			if KindOf(err) != Usage || RemedyOf(err) == "" {
				t.Errorf("%q is refused with %v", text, err)
			}
			return
		}
		if again, err := ParseWall(wall.Format(WallLayout)); err != nil || !again.Equal(wall) {
			t.Errorf("%q is read as %s and then as %s, %v", text, wall, again, err)
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return
		}
		at, _ := Instant(wall, loc)
		if shown := at.In(loc).Format(WallLayout); shown < wall.Format(WallLayout) {
			t.Errorf("at the instant of %s the clock shows %s", wall, shown)
		}
		if before, _ := Instant(wall.Add(-time.Minute), loc); before.After(at) {
			t.Errorf("a minute before %s comes after it", wall)
		}
	})
}

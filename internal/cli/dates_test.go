package cli

import (
	"strings"
	"testing"

	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
)

func date(t *testing.T, s string) newsletter.Date {
	t.Helper()
	d, err := optionalDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDatesOfNewBulletins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		sends, taken, used   []string
		own                  []string // dates in the manuscripts; empty: none
		asked                string
		extra                bool
		want, refusalHolding string
	}{
		{name: "without a schedule the first free dates from today on", used: []string{"2027-03-10", "2027-03-12"}, own: []string{"", ""}, want: "2027-03-11 2027-03-13"},
		{name: "the next send date, also when its bulletin waits for review", sends: []string{"2027-03-12", "2027-03-19"}, used: []string{"2027-03-12"}, own: []string{""}, want: "2027-03-12"},
		{name: "a send date whose bulletin has left is passed over", sends: []string{"2027-03-12", "2027-03-19"}, taken: []string{"2027-03-12"}, own: []string{""}, want: "2027-03-19"},
		{name: "several get one send date each", sends: []string{"2027-03-12", "2027-03-19"}, own: []string{"", ""}, want: "2027-03-12 2027-03-19"},
		{name: "a manuscript's own date is not given away", sends: []string{"2027-03-12", "2027-03-19"}, own: []string{"", "2027-03-12"}, want: "2027-03-19 2027-03-12"},
		{name: "the date asked for", own: []string{""}, asked: "2027-05-01", want: "2027-05-01"},
		{name: "its own date counts more than the one asked for", own: []string{"2027-04-01"}, asked: "2027-05-01", want: "2027-04-01"},
		{name: "the same date twice is refused", own: []string{"2027-04-01", "2027-04-01"}, refusalHolding: "file 1: it has the date of file 0"},
		{name: "the same date twice as extras", own: []string{"2027-04-01", "2027-04-01"}, extra: true, want: "2027-04-01 2027-04-01"},
		{name: "a date that has left is refused", taken: []string{"2027-04-01"}, own: []string{"2027-04-01"}, refusalHolding: "file 0: the bulletin for 2027-04-01 can no longer change"},
		{name: "an extra one beside one that has left", taken: []string{"2027-04-01"}, own: []string{"2027-04-01"}, extra: true, want: "2027-04-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &dates{taken: map[newsletter.Date]bool{}, used: map[newsletter.Date]bool{}, today: date(t, "2027-03-10")}
			for _, s := range c.sends {
				d.sends = append(d.sends, date(t, s))
			}
			for _, s := range c.taken {
				d.taken[date(t, s)], d.used[date(t, s)] = true, true
			}
			for _, s := range c.used {
				d.used[date(t, s)] = true
			}
			files, list := make([]string, len(c.own)), make([]*manuscript.Manuscript, len(c.own))
			for i, s := range c.own {
				files[i], list[i] = "file "+string(rune('0'+i)), &manuscript.Manuscript{Date: date(t, s)}
			}
			err := d.place(files, list, date(t, c.asked), c.extra)
			if c.refusalHolding != "" {
				if err == nil || !strings.Contains(err.Error(), c.refusalHolding) {
					t.Errorf("error %v, want one with %q", err, c.refusalHolding)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range list {
				got = append(got, m.Date.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("dates %s, want %s", s, c.want)
			}
		})
	}
}

package newsletter_test

import (
	"testing"
	"time"

	"epistle/internal/newsletter"
)

func TestDateAsText(t *testing.T) {
	for text, ok := range map[string]bool{
		"2027-03-12": true, "2028-02-29": true,
		"2027-02-29": false, "2027-3-12": false, "12.03.2027": false, "": false, "2027-03-12T08:00": false, " 2027-03-12": false,
	} {
		d, err := newsletter.ParseDate(text)
		if (err == nil) != ok || ok && d.String() != text {
			t.Errorf("%q is read as %v, %v, want accepted %t", text, d, err, ok)
		}
		if !ok && newsletter.KindOf(err) != newsletter.Usage {
			t.Errorf("%q: kind of %v", text, err)
		}
	}
	var d newsletter.Date
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("no date is read as %v, %v", d, err)
	}
}

func TestDateArithmetic(t *testing.T) {
	d := newsletter.Date{Year: 2028, Month: time.February, Day: 28}
	for n, want := range map[int]string{0: "2028-02-28", 1: "2028-02-29", 2: "2028-03-01", -28: "2028-01-31", 366: "2029-02-28"} {
		if got := d.AddDays(n); got.String() != want {
			t.Errorf("%d days later is %s, want %s", n, got, want)
		}
	}
	if !d.Before(d.AddDays(1)) || d.Before(d) || d.AddDays(1).Before(d) {
		t.Error("the order of days is wrong")
	}
	if d.Weekday() != time.Monday {
		t.Errorf("it is a %s", d.Weekday())
	}
}

// TestDateBeginsAtItsFirstInstant has the days on which midnight is skipped,
// comes twice, or the whole day is missing.
func TestDateBeginsAtItsFirstInstant(t *testing.T) {
	for _, c := range []struct{ name, date, zone, want string }{
		{"a common day", "2027-03-12", "Europe/Berlin", "2027-03-11T23:00:00Z"},
		{"the day summer time begins", "2027-03-28", "Europe/Berlin", "2027-03-27T23:00:00Z"},
		{"midnight is skipped", "2023-04-28", "Africa/Cairo", "2023-04-27T22:00:00Z"},
		{"midnight is skipped in the west", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
		{"midnight comes twice", "2025-11-02", "America/Havana", "2025-11-02T04:00:00Z"},
		{"the evening before comes twice", "2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00:00Z"},
		{"the day does not exist", "2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"far in the east", "2027-03-12", "Pacific/Kiritimati", "2027-03-11T10:00:00Z"},
		{"far in the west", "2027-03-12", "Pacific/Pago_Pago", "2027-03-12T11:00:00Z"},
		{"a quarter of an hour off", "2027-03-12", "Asia/Kathmandu", "2027-03-11T18:15:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loc, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			d, err := newsletter.ParseDate(c.date)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.In(loc).UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("it begins at %s, want %s", got, c.want)
			}
		})
	}
}

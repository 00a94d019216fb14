package terminal

import (
	"testing"
	"time"
)

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"harbour", 7, "harbour"},
		{"harbour", 6, "harbo…"},
		{"night clinic", 7, "night…"},
		{"港の学校", 8, "港の学校"},
		{"港の学校", 7, "港の学…"},
		{"港の学校", 6, "港の…"},
		{"cafe\u0301s", 5, "cafe\u0301s"},
		{"cafe\u0301s!", 5, "cafe\u0301…"},
		{"👩‍🚒👩‍🚒", 3, "👩‍🚒…"},
		{"harbour", 1, "…"},
		{"harbour", 0, ""},
	} {
		got := Truncate(c.in, c.n)
		if got != c.want || Columns(got) > max(c.n, 0) {
			t.Errorf("Truncate(%q, %d) = %q of %d columns, want %q", c.in, c.n, got, Columns(got), c.want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\tb\r\nc":            "a b\nc",
		"\x1b[2J\x07\u009b31m": "�[2J��31m",
		"\u202egnp.exe\u202c":  "gnp.exe",
		"שלום 👩‍🚒 ok":          "שלום 👩‍🚒 ok",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"one two three", 7, "one two\nthree"},
		{"one  two\n\nthree", 80, "one two\n\nthree"},
		{"to 12 408 readers", 6, "to\n12 408\nreaders"},
		{"in 2027 400 of them", 7, "in\n2027 400\nof them"}, // taken for one number; harmless
		{"indivisible words", 4, "indivisible\nwords"},
		{"港の 学校", 4, "港の\n学校"},
	} {
		if got := Wrap(c.in, c.n); got != c.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 12, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"},
		{Count(999), "999"},
		{Count(1000), "1 000"},
		{Count(-12408), "-12 408"},
		{Count(1234567), "1 234 567"},
		{Plural(1, "reader", "readers"), "1 reader"},
		{Plural(0, "reader", "readers"), "0 readers"},
		{Plural(12408, "reader", "readers"), "12 408 readers"},
		{Bytes(1), "1 byte"},
		{Bytes(999), "999 bytes"},
		{Bytes(1000), "1 KB"},
		{Bytes(9940), "9.9 KB"},
		{Bytes(9960), "10 KB"},
		{Bytes(102_000), "102 KB"},
		{Bytes(999_600), "1 MB"},
		{Bytes(1_240_000), "1.2 MB"},
		{Bytes(25_000_000_000), "25 GB"},
		{Duration(-time.Second), "0 s"},
		{Duration(30 * time.Millisecond), "under 0.1 s"},
		{Duration(420 * time.Millisecond), "0.4 s"},
		{Duration(25 * time.Second), "25 s"},
		{Duration(60 * time.Second), "1 min"},
		{Duration(85 * time.Second), "1 min 25 s"},
		{Duration(2*time.Hour + 5*time.Minute), "2 h 5 min"},
		{Duration(24 * time.Hour), "1 day"},
		{Duration(76 * time.Hour), "3 days 4 h"},
		{Time(at.In(berlin)), "Fri 12 Mar 2027 08:00 CET"},
		{Time(at.In(kathmandu)), "Fri 12 Mar 2027 12:45 UTC+05:45"},
		{Clock(at), "07:00 UTC"},
		{Clock(at.In(time.FixedZone("", -3*3600-30*60))), "03:30 UTC-03:30"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

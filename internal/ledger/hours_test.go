package ledger_test

import (
	"slices"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// local lets the bulletin be delivered at 8:00 of 13 March on each reader's clock;
// reader i has the i-th zone.
func (w *world) local(zones ...string) {
	w.t.Helper()
	w.exec(`UPDATE newsletters SET definition = '{"time_zone":"Europe/Lisbon"}' WHERE id = 1`)
	w.exec(`UPDATE bulletins SET local_wall = '2027-03-13T08:00' WHERE id = 1`)
	for i, zone := range zones {
		w.exec(`UPDATE subscribers SET time_zone = $2 WHERE id = $1`, i+1, zone)
	}
}

func TestRowsCarryTheirReadersHour(t *testing.T) {
	t.Parallel()
	zones := []string{"Asia/Tokyo", "America/New_York", "", "Nowhere/Land", "Asia/Kathmandu", "Europe/Lisbon", "Asia/Tokyo"}
	hours := []string{ // of 12 and 13 March in UTC
		"12 23:00", "13 13:00", "13 08:00", "13 08:00", "13 02:15", "13 08:00", "12 23:00",
	}
	w := newWorld(t, len(zones))
	w.local(zones...)
	w.exec(`INSERT INTO suppressions (email_hash, newsletter_id, email, reason, made_at) SELECT email_hash, 1, email, 'bounced', 1 FROM subscribers WHERE id = 7`)
	w.freeze()
	for i, want := range hours {
		at, err := time.Parse("2006-01-02 15:04", "2027-03-"+want)
		if err != nil {
			t.Fatal(err)
		}
		if i == 6 {
			at = time.UnixMilli(0) // skipped: it waits for nothing
		}
		if got := w.number(`SELECT not_before FROM deliveries WHERE subscriber_id = $1`, i+1); got != at.UnixMilli() {
			t.Errorf("reader %d in %q may have it at %s, want %s", i+1, zones[i], time.UnixMilli(got).UTC(), at)
		}
	}
	if got := w.number(`SELECT MIN(next_at) FROM chunks`); time.UnixMilli(got).UTC().Format("02 15:04") != "12 23:00" {
		t.Errorf("the first chunk is due at %s", time.UnixMilli(got).UTC())
	}
	status, err := w.Status(t.Context(), bulletin)
	if err != nil || status.Waiting != 6 || status.Balance[newsletter.DeliverySkipped] != 1 {
		t.Errorf("the status is %+v, %v", status, err)
	}
}

// TestTheHoursAreSetOnce goes on with a freeze that was cut short, after the
// readers' zones and the newsletter's have changed.
func TestTheHoursAreSetOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.local("Asia/Tokyo", "America/New_York")
	w.freeze()
	before := w.number(`SELECT SUM(not_before) FROM deliveries`)
	w.exec(`DELETE FROM deliveries`)
	w.exec(`DELETE FROM chunks`)
	w.exec(`UPDATE bulletins SET frozen = 0`)
	w.exec(`UPDATE newsletters SET definition = '{"time_zone":"Asia/Tokyo"}' WHERE id = 1`)
	w.freeze()
	if after := w.number(`SELECT SUM(not_before) FROM deliveries`); after != before {
		t.Errorf("the hours changed from %d to %d", before, after)
	}
}

func TestTheZonesAreThoseOfTheAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.local("Asia/Tokyo", "America/New_York", "", "Asia/Tokyo", "Europe/Paris", "Africa/Cairo")
	w.leave(5)
	w.exec(`DELETE FROM subscriptions WHERE subscriber_id = 6`)
	zones, err := w.AudienceZones(t.Context(), list)
	if err != nil || !slices.Equal(zones, []string{"America/New_York", "Asia/Tokyo"}) {
		t.Errorf("the zones are %q, %v", zones, err)
	}
	empty, err := w.AudienceZones(t.Context(), 2)
	if err != nil || len(empty) != 0 {
		t.Errorf("the zones of the other newsletter are %q, %v", empty, err)
	}
}

// BenchmarkFreezeLocal writes an audience of 100,000 in 20 zones.
func BenchmarkFreezeLocal(b *testing.B) {
	const readers = 100_000
	w := newWorld(b, readers)
	w.local()
	w.exec(`UPDATE subscribers SET time_zone = 'Etc/GMT-' || (id % 13) WHERE id % 5 > 0`)
	for b.Loop() {
		b.StopTimer()
		w.exec(`DELETE FROM deliveries`)
		w.exec(`DELETE FROM chunks`)
		w.exec(`DELETE FROM local_hours`)
		w.exec(`UPDATE bulletins SET frozen = 0`)
		b.StartTimer()
		w.freeze()
	}
	b.ReportMetric(float64(readers)*float64(b.N)/b.Elapsed().Seconds(), "readers/s")
}

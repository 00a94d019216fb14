package schedule

import (
	"errors"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	due := Due{Wall: "2026-01-02T09:00", At: utc(t, "2026-01-02T09:00:00Z")}
	tests := []struct {
		name string
		now  string
		late time.Duration
		want Verdict
	}{
		{"a second too early", "2026-01-02T08:59:59Z", time.Hour, Wait},
		{"on time", "2026-01-02T09:00:00Z", time.Hour, Run},
		{"late, but within the limit", "2026-01-02T10:00:00Z", time.Hour, Run},
		{"a second too late", "2026-01-02T10:00:01Z", time.Hour, Missed},
		{"within the default limit", "2026-01-02T15:00:00Z", 0, Run},
		{"beyond the default limit", "2026-01-02T15:00:01Z", 0, Missed},
		{"years later", "2036-01-02T15:00:01Z", 6 * time.Hour, Missed},
		{"centuries later, where the difference no longer fits", "2999-01-02T15:00:01Z", 6 * time.Hour, Missed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Decide(due, utc(t, test.now), test.late); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestReadPlan(t *testing.T) {
	t.Parallel()
	p, err := ReadPlan(newsletter.Schedule{Assemble: "0 8 * * 4", Send: "0 9 * * 5"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Late != newsletter.DefaultLate {
		t.Errorf("late is %s", p.Late)
	}
	if p.Spec(Assemble).String() != "0 8 * * 4" || p.Spec(Send).String() != "0 9 * * 5" || p.Spec(Proof) != nil {
		t.Errorf("got %+v", p)
	}
	if p.Spec("lunch") != nil {
		t.Error("an unknown kind has a spec")
	}
}

func TestReadPlanReportsEveryFaultAtItsKey(t *testing.T) {
	t.Parallel()
	_, err := ReadPlan(newsletter.Schedule{Assemble: "60 24 * * 4", Proof: "0 8 * * 4", Send: "TZ=UTC 0 9 * * 5"})
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	for i, want := range []string{"schedule.assemble", "schedule.assemble", "schedule.send"} {
		if faults[i].Place != want {
			t.Errorf("fault %d stands at %q, want %q", i, faults[i].Place, want)
		}
	}
}

func TestBulletinDateIsThatOfTheNextSendRun(t *testing.T) {
	t.Parallel()
	weekly := newsletter.Schedule{Assemble: "0 8 * * 4", Proof: "30 8 * * 4", Send: "0 9 * * 5"}
	byHand := newsletter.Schedule{Assemble: "0 8 * * 4"}
	tests := []struct {
		name     string
		schedule newsletter.Schedule
		kind     Kind
		wall     string
		want     string
	}{
		{"assembling the day before", weekly, Assemble, "2026-01-01T08:00", "2026-01-02"},
		{"proofing the day before", weekly, Proof, "2026-01-01T08:30", "2026-01-02"},
		{"sending", weekly, Send, "2026-01-02T09:00", "2026-01-02"},
		{"assembling at the moment of sending", weekly, Assemble, "2026-01-02T09:00", "2026-01-02"},
		{"assembling just after sending", weekly, Assemble, "2026-01-02T09:01", "2026-01-09"},
		{"assembling for a send by hand", byHand, Assemble, "2026-01-01T08:00", "2026-01-01"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := ReadPlan(test.schedule)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := p.BulletinDate(test.kind, Due{Wall: test.wall})
			if !ok || got.String() != test.want {
				t.Errorf("got %s (%v), want %s", got, ok, test.want)
			}
		})
	}
	p, err := ReadPlan(weekly)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := p.BulletinDate(Assemble, Due{Wall: "soon"}); ok {
		t.Errorf("a key of another form has the date %s", got)
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

func TestProblemsOfAnErrorAreWhatAPersonReads(t *testing.T) {
	t.Parallel()
	own := func(message string) *newsletter.Error { return newsletter.Errorf(newsletter.Invalid, "%s", message) }
	_, missing := os.Open("/nowhere/at/all")
	problem := func(place, message, remedy string) terminal.Problem {
		return terminal.Problem{Place: place, Message: message, Remedy: remedy}
	}
	faults := newsletter.Faults{own("a heading is unknown").At("a.txt:3").With("Mend it."), own("a link is broken").At("a.txt:9")}
	for _, c := range []struct {
		name string
		err  error
		want []terminal.Problem
	}{
		{"nothing", nil, nil},
		{"a foreign error is its own text", errors.New("disk full"), []terminal.Problem{{Message: "disk full"}}},
		{"place, message and way on", own("no").At("--date").With("Write it."), []terminal.Problem{problem("--date", "no", "Write it.")}},
		{"each fault is one problem", faults, []terminal.Problem{problem("a.txt:3", "a heading is unknown", "Mend it."), problem("a.txt:9", "a link is broken", "")}},
		{"words around an error stay", fmt.Errorf("a.txt: %w", own("no").With("Do.")), []terminal.Problem{problem("", "a.txt: no", "Do.")}},
		{"words around a place stay", fmt.Errorf("import: %w", own("no").At("a.txt:3")), []terminal.Problem{problem("import: a.txt:3", "no", "")}},
		{"words around faults stay with each", fmt.Errorf("import: %w", faults), []terminal.Problem{
			problem("import: a.txt:3", "a heading is unknown", "Mend it."), problem("import: a.txt:9", "a link is broken", ""),
		}},
		{"words behind an error stay", fmt.Errorf("%w (closing: %v)", own("no"), "late"), []terminal.Problem{problem("", "no (closing: late)", "")}},
		{"joined errors are problems of their own", errors.Join(fmt.Errorf("a: %w", own("one")), nil, errors.New("two")), []terminal.Problem{
			problem("", "a: one", ""), problem("", "two", ""),
		}},
		{
			"a cause's words are not repeated, its way on is kept",
			newsletter.Errorf(newsletter.Usage, "the date is wrong: %w", own(`"x" is no date`).With("Write 2027-03-12.")).With("Or leave it out."),
			[]terminal.Problem{problem("", `the date is wrong: "x" is no date`, "Or leave it out.\nWrite 2027-03-12.")},
		},
		{
			"several faults below a sentence",
			newsletter.Errorf(newsletter.Refused, "bulletin 3 stays: %w", faults).With("Try again."),
			[]terminal.Problem{problem("", "bulletin 3 stays\na.txt:3: a heading is unknown\n  Mend it.\na.txt:9: a link is broken", "Try again.")},
		},
		{
			"one fault within a sentence",
			newsletter.Errorf(newsletter.Refused, "bulletin 3 stays: %w", faults[:1]),
			[]terminal.Problem{problem("", "bulletin 3 stays: a.txt:3: a heading is unknown", "Mend it.")},
		},
		{"the way on of a foreign cause's owner", newsletter.Errorf(newsletter.Failed, "it cannot be read: %w", cause(missing)).At("x"), []terminal.Problem{
			problem("x", "it cannot be read: no such file or directory", ""),
		}},
		{"a stop is no riddle", fmt.Errorf("read: %w", context.Canceled), []terminal.Problem{problem("", "stopped before the end", "")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := problems(c.err); !reflect.DeepEqual(got, c.want) {
				t.Errorf("problems(%v)\n got %q\nwant %q", c.err, got, c.want)
			}
		})
	}
}

func TestExitCodeIsThatOfTheContract(t *testing.T) {
	t.Parallel()
	for kind, want := range map[newsletter.Kind]int{
		newsletter.Failed: 1, newsletter.NotFound: 1, newsletter.Conflict: 1, newsletter.Invalid: 1, newsletter.Unavailable: 1,
		newsletter.Usage: 2, newsletter.Refused: 3,
	} {
		err := fmt.Errorf("around: %w", errors.Join(newsletter.Errorf(kind, "no"), errors.New("close")))
		if got := exitCode(err); got != want {
			t.Errorf("kind %d exits with %d, want %d", kind, got, want)
		}
	}
}

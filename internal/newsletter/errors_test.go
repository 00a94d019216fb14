package newsletter_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"epistle/internal/newsletter"
)

func TestErrorsKeepTheirCauses(t *testing.T) {
	one := newsletter.Errorf(newsletter.Conflict, "the list cannot be read: %w", io.EOF).At("list.csv:3").With("Mend it.")
	if one.Error() != "list.csv:3: the list cannot be read: EOF" || !errors.Is(one, io.EOF) {
		t.Errorf("%q with cause %v", one, one.Err)
	}
	two := newsletter.Errorf(newsletter.Failed, "%w and %w", io.EOF, fs.ErrExist)
	if !errors.Is(two, io.EOF) || !errors.Is(two, fs.ErrExist) {
		t.Errorf("%q lost one of its causes: %v", two, two.Err)
	}
	if none := newsletter.Errorf(newsletter.Failed, "alone"); none.Unwrap() != nil {
		t.Errorf("a cause out of nowhere: %v", none.Err)
	}
}

func TestKindOfIsThatOfTheOutermostError(t *testing.T) {
	inner := newsletter.Errorf(newsletter.NotFound, "nothing there")
	for want, err := range map[newsletter.Kind]error{
		newsletter.Failed:   io.EOF,
		newsletter.NotFound: fmt.Errorf("look: %w", inner),
		newsletter.Refused:  newsletter.Errorf(newsletter.Refused, "no: %w", inner),
		newsletter.Usage:    newsletter.Faults{newsletter.Errorf(newsletter.Usage, "a"), inner},
	} {
		if got := newsletter.KindOf(err); got != want {
			t.Errorf("%v has kind %d, want %d", err, got, want)
		}
	}
	if newsletter.KindOf(nil) != newsletter.Failed {
		t.Error("no error has a kind")
	}
}

func TestRemediesOfAllCausesEachOnce(t *testing.T) {
	leaf := func(remedy string) *newsletter.Error { return newsletter.Errorf(newsletter.Invalid, "x").With(remedy) }
	err := newsletter.Errorf(newsletter.Refused, "no: %w", fmt.Errorf("between: %w",
		newsletter.Faults{leaf("Mend line 3."), leaf("Mend line 4."), leaf("Mend line 3.")})).With("Try again.")
	if got := newsletter.RemedyOf(fmt.Errorf("outside: %w", err)); got != "Try again.\nMend line 3.\nMend line 4." {
		t.Errorf("remedies %q", got)
	}
	if got := newsletter.RemedyOf(io.EOF); got != "" {
		t.Errorf("remedy %q of an error that has none", got)
	}
}

func TestNoFaultsAreNoError(t *testing.T) {
	var f newsletter.Faults
	if err := f.Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	f = append(f, newsletter.Errorf(newsletter.Usage, "a").At("k"), newsletter.Errorf(newsletter.Usage, "b"))
	if got := f.Err().Error(); got != "k: a\nb" {
		t.Errorf("two faults read %q", got)
	}
}

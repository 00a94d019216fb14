package newsletter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says what sort of failure an Error is. It decides the exit code of a
// command and the status of a page; the text never does.
type Kind int

const (
	// Failed is any failure without a more exact kind: exit code 1.
	Failed Kind = iota
	// Usage is a wrong flag, argument or configuration: exit code 2.
	Usage
	// Refused is a rule that held: preflight, approval, lateness,
	// protection. Exit code 3.
	Refused
	// NotFound is something named that does not exist: exit code 1, page 404.
	NotFound
	// Conflict is something that exists already or has moved on: exit code 1,
	// page 409.
	Conflict
	// Invalid is content that cannot be accepted as it is, such as a
	// manuscript or an address: exit code 1, page 400.
	Invalid
	// Unavailable is a server or a disk that cannot serve right now; trying
	// again later may help: exit code 1, page 503.
	Unavailable
)

// Error is a failure as a person should read it. Message is a whole sentence
// without the final stop that names the thing; Place says where (file:line:column,
// a key, a flag), Remedy what to do now. Err is the cause and is for the log: it
// is never shown to a visitor of a page.
type Error struct {
	Kind    Kind
	Place   string
	Message string
	Remedy  string
	Err     error
}

// Errorf makes an Error of a kind with a formatted message. Each %w verb adds a
// cause, which errors.Is, errors.As and RemedyOf then find.
func Errorf(kind Kind, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	cause := errors.Unwrap(wrapped)
	if several, ok := wrapped.(interface{ Unwrap() []error }); ok {
		cause = errors.Join(several.Unwrap()...)
	}
	return &Error{Kind: kind, Message: wrapped.Error(), Err: cause}
}

// At sets the place and returns the same error, so that it can be chained.
func (e *Error) At(place string) *Error {
	e.Place = place
	return e
}

// With sets the remedy and returns the same error, so that it can be chained.
func (e *Error) With(remedy string) *Error {
	e.Remedy = remedy
	return e
}

// Error gives place and message on one line, without the remedy.
func (e *Error) Error() string {
	if e.Place == "" {
		return e.Message
	}
	return e.Place + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf finds the kind of an error anywhere in its chain; Failed if there is
// none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Failed
}

// RemedyOf collects the remedies of an error and of all its causes, each once,
// from the outermost inwards.
func RemedyOf(err error) string {
	var remedies []string
	var collect func(error)
	collect = func(err error) {
		if e, ok := err.(*Error); ok && e.Remedy != "" && !slices.Contains(remedies, e.Remedy) {
			remedies = append(remedies, e.Remedy)
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			collect(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, cause := range e.Unwrap() {
				collect(cause)
			}
		}
	}
	collect(err)
	return strings.Join(remedies, "\n")
}

// Faults is several errors found in one reading, such as every mistake in a
// configuration file. Its kind is that of its first member.
type Faults []*Error

// Error gives one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, e := range f {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives every fault.
func (f Faults) Unwrap() []error {
	errs := make([]error, len(f))
	for i, e := range f {
		errs[i] = e
	}
	return errs
}

// Err is nil when there are no faults, so that `return faults.Err()` never
// hides an empty list in a non-nil error.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

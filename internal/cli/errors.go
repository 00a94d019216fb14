package cli

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

// exitCode maps an error to the contract of docs/cli.md.
func exitCode(err error) int {
	switch newsletter.KindOf(err) {
	case newsletter.Usage:
		return 2
	case newsletter.Refused:
		return 3
	}
	return 1
}

// problems turns an error into what a person reads. It goes from the outside in:
//
//   - a *newsletter.Error is one problem: its sentence has its cause's words
//     already, and the ways on of the whole chain stand below;
//   - the members of joined errors and of newsletter.Faults are problems of their
//     own, each with its place;
//   - what a fmt.Errorf puts around such an error, such as "FILE: ", is kept in
//     front of it;
//   - an error without any such thing in it is its own text.
func problems(err error) []terminal.Problem {
	if err == nil {
		return nil
	}
	if own, ok := err.(*newsletter.Error); ok { // not errors.As: this very error
		return []terminal.Problem{sentence(own)}
	}
	if members := membersOf(err); members != nil {
		var list []terminal.Problem
		for _, e := range members {
			list = append(list, problems(e)...)
		}
		return list
	}
	if inner := errors.Unwrap(err); inner != nil && hasSentence(inner) {
		if before, after, ok := strings.Cut(err.Error(), inner.Error()); ok {
			return around(before, problems(inner), after)
		}
		return problems(inner)
	}
	return []terminal.Problem{{Message: plainly(err)}}
}

// membersOf gives the errors of which err is nothing but the list; nil when it is
// no list, or says something of its own.
func membersOf(err error) []error {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var texts []string
	members := slices.DeleteFunc(slices.Clone(list.Unwrap()), func(e error) bool { return e == nil })
	for _, e := range members {
		texts = append(texts, e.Error())
	}
	if err.Error() != strings.Join(texts, "\n") {
		return nil
	}
	return members
}

// hasSentence says whether there is a sentence for a person anywhere in err.
func hasSentence(err error) bool {
	var own *newsletter.Error
	return errors.As(err, &own)
}

// around puts the words that stood before and after a chain's inner error around
// each of its problems.
func around(before string, list []terminal.Problem, after string) []terminal.Problem {
	for i := range list {
		if list[i].Place != "" {
			list[i].Place = before + list[i].Place
		} else {
			list[i].Message = before + list[i].Message
		}
		list[i].Message += after
	}
	return list
}

// sentence is one error as a problem. Where its cause is several faults, each has
// a line of its own below the sentence, with its way on.
func sentence(e *newsletter.Error) terminal.Problem {
	p := terminal.Problem{Place: e.Place, Message: e.Message, Remedy: newsletter.RemedyOf(e)}
	var faults newsletter.Faults
	if !errors.As(e.Err, &faults) || len(faults) < 2 {
		return p
	}
	head, _, _ := strings.Cut(e.Message, faults.Error())
	lines := []string{strings.TrimSuffix(strings.TrimSpace(head), ":")}
	for _, f := range faults {
		inner := sentence(f)
		line := inner.Message
		if inner.Place != "" {
			line = inner.Place + ": " + line
		}
		lines = append(lines, line)
		if inner.Remedy != "" {
			lines = append(lines, "  "+strings.ReplaceAll(terminal.Wrap(inner.Remedy, remedyWidth), "\n", "\n  "))
		}
	}
	p.Message, p.Remedy = strings.Join(lines, "\n"), e.Remedy
	return p
}

// remedyWidth keeps a way on that is indented twice within 78 columns.
const remedyWidth = 74

// plainly words errors of the system for a person. A cancelled context is the
// person's own doing.
func plainly(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped before the end"
	}
	return err.Error()
}

// cause leaves out what a message about a file has said already: "open", and the
// file's name.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// asFaults gives the faults in an error; nil when it is of another sort.
func asFaults(err error) newsletter.Faults {
	if own, ok := err.(*newsletter.Error); ok {
		return newsletter.Faults{own}
	}
	members := membersOf(err)
	var faults newsletter.Faults
	for _, e := range members {
		inner := asFaults(e)
		if inner == nil {
			return nil
		}
		faults = append(faults, inner...)
	}
	return faults
}

// usage is an error of a command's arguments.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return newsletter.Errorf(newsletter.Usage, format, args...).With("See: " + cmd.CommandPath() + " --help")
}

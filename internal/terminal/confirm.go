package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrCannotAsk answers a question that has nobody to answer it: standard input
// or standard error is no terminal, and --yes was not given.
var ErrCannotAsk = errors.New("this needs a yes, and there is no terminal to ask on; --yes answers it")

// Confirm asks a question on standard error and reads yes or no from standard
// input; anything but "y" or "yes" is no, and so is the end of the input. With
// Yes it does not ask. A cancelled context ends the waiting; the reader stays
// behind until the process ends, as a read of a terminal cannot be interrupted.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	if t.o.Yes {
		return true, nil
	}
	if !t.asks {
		return false, ErrCannotAsk
	}
	t.say(line(question) + " [y/N] ")
	answers := make(chan answer, 1)
	go func() {
		text, err := bufio.NewReader(t.o.Stdin).ReadString('\n')
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		t.say("\n")
		return false, context.Cause(ctx)
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, fmt.Errorf("read the answer: %w", a.err)
		}
		if a.err != nil {
			t.say("\n")
		}
		return a.yes(), nil
	}
}

type answer struct {
	text string
	err  error
}

func (a answer) yes() bool {
	s := strings.ToLower(strings.TrimSpace(a.text))
	return s == "y" || s == "yes"
}

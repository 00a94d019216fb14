package inbound_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"epistle/internal/inbound"
)

func TestManyHandOverAtOnceAndEachIsKeptOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	const hands, messages = 40, 25
	var fresh atomic.Int64
	var group sync.WaitGroup
	for range hands {
		group.Go(func() {
			for n := range messages { // the same ones from each hand
				text := fmt.Sprintf("From: keeper@harbour.example\nSubject: Lamp %d\n\nIt is lit.\n", n)
				isNew, err := w.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(text))
				if err != nil {
					t.Error(err)
				}
				if isNew {
					fresh.Add(1)
				}
			}
		})
	}
	group.Wait()
	if kept := w.word(`SELECT COUNT(*) FROM inbound`); kept != fmt.Sprint(messages) || fresh.Load() != messages {
		t.Errorf("%s are kept, %d were called new, of %d", kept, fresh.Load(), messages)
	}
}

func TestOneThatCannotBeKeptKeepsNoOtherOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.exec(`CREATE TRIGGER poison BEFORE INSERT ON inbound WHEN NEW.source = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END`)
	var group sync.WaitGroup
	for n := range 30 {
		group.Go(func() {
			source := "test"
			if n%3 == 0 {
				source = "poison"
			}
			text := fmt.Sprintf("From: keeper@harbour.example\nSubject: Lamp %d\n\nIt is lit.\n", n)
			if _, err := w.Accept(t.Context(), source, inbound.Envelope{}, strings.NewReader(text)); (err != nil) != (source == "poison") {
				t.Errorf("message %d from %s: %v", n, source, err)
			}
		})
	}
	group.Wait()
	if kept := w.word(`SELECT COUNT(*) FROM inbound`); kept != "20" {
		t.Errorf("%s are kept", kept)
	}
}

package coalesce

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rounds answers each question with the number of the round, which takes a second,
// and keeps what was asked.
type rounds struct {
	*Group[string, int]
	asked [][]string
}

func newRounds() *rounds {
	r := &rounds{}
	r.Group = New(func(questions []string, give func(string, int, error)) error {
		slices.Sort(questions)
		r.asked = append(r.asked, questions)
		number := len(r.asked)
		<-time.After(time.Second)
		for _, q := range questions {
			give(q, number, nil)
		}
		return nil
	})
	return r
}

func TestWhoComesDuringARoundSharesTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		group := newRounds()
		var all sync.WaitGroup
		ask := func(question string, want int) {
			all.Go(func() {
				if got, err := group.Do(t.Context(), question); got != want || err != nil {
					t.Errorf("%s was answered in round %d, %v; want %d", question, got, err, want)
				}
			})
		}
		ask("a", 1)
		<-time.After(time.Second / 2)
		for range 20 {
			ask("a", 2)
			ask("b", 2)
		}
		<-time.After(time.Second)
		ask("c", 3)
		all.Wait()
		synctest.Wait()
		ask("c", 4)
		all.Wait()
		synctest.Wait()
		if got := len(group.asked); got != 4 || !slices.Equal(group.asked[1], []string{"a", "b"}) {
			t.Errorf("%d rounds: %v", got, group.asked)
		}
	})
}

// TestNobodyGetsAnAnswerOlderThanTheQuestion has many ask for a number that grows.
func TestNobodyGetsAnAnswerOlderThanTheQuestion(t *testing.T) {
	t.Parallel()
	var number atomic.Int64
	group := New(func(questions []int, give func(int, int64, error)) error {
		for _, q := range questions {
			give(q, number.Load(), nil)
		}
		return nil
	})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 500 {
				least := number.Add(1)
				if got, err := group.Do(t.Context(), i%3); err != nil || got < least {
					t.Errorf("got %d, %v although it was %d before", got, err, least)
				}
			}
		})
	}
	all.Wait()
}

func TestFailuresReachThoseTheyConcern(t *testing.T) {
	t.Parallel()
	lost, torn := errors.New("lost"), errors.New("torn")
	group := New(func(questions []string, give func(string, int, error)) error {
		switch questions[0] {
		case "fails":
			give("fails", 0, lost)
		case "the round fails":
			return torn
		case "the round fails later":
			give("the round fails later", 7, nil)
			return torn
		case "panics":
			panic("broken")
		case "forgotten":
		default:
			give(questions[0], 7, nil)
			give(questions[0], 8, lost) // too late
		}
		return nil
	})
	for question, want := range map[string]error{"fails": lost, "the round fails": torn, "forgotten": errLeft, "well": nil, "the round fails later": nil} {
		if v, err := group.Do(t.Context(), question); !errors.Is(err, want) || err == nil && v != 7 {
			t.Errorf("%s: %d, %v; want %v", question, v, err, want)
		}
	}
	if _, err := group.Do(t.Context(), "panics"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a panic became %v", err)
	}
	if v, err := group.Do(t.Context(), "well"); v != 7 || err != nil {
		t.Errorf("afterwards: %d, %v", v, err)
	}
}

func TestWhoGoesAwayTakesTheAnswerFromNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		group := newRounds()
		impatient, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 2 { // one in each round
			all.Go(func() {
				if _, err := group.Do(impatient, "a"); !errors.Is(err, context.Canceled) {
					t.Errorf("who went away got %v", err)
				}
			})
			synctest.Wait()
		}
		all.Go(func() { // shares what the one before asked
			if n, err := group.Do(t.Context(), "a"); n != 2 || err != nil {
				t.Errorf("who stayed got %d, %v", n, err)
			}
		})
		synctest.Wait()
		leave()
		all.Wait()
		synctest.Wait()
	})
}

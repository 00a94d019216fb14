// Package coalesce answers questions that are asked at the same time together, each
// of them once, and gives nobody an answer that was begun before they asked. Who
// comes while answers are being made waits for the next round, and shares that.
//
// So a change that was complete before somebody asked is in their answer, which
// keeping answers for a time, or sharing one that is under way, would not give. What
// the answers are, and what making several at once saves, is left to the caller.
package coalesce

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Group answers one kind of questions. It is safe for concurrent use.
type Group[K comparable, V any] struct {
	answer func(questions []K, give func(K, V, error)) error

	mu      sync.Mutex
	next    map[K]*answer[V] // the round that has not been begun
	leading bool             // a goroutine is at work on the rounds
}

// answer belongs to all who asked the same in one round.
type answer[V any] struct {
	done  chan struct{} // closed once the rest is there
	value V
	err   error
}

// errLeft is the answer to a question that a round has left out.
var errLeft = errors.New("the question was not answered")

// New makes a Group. answerAll gets different questions and gives an answer, or an
// error, to each; its own error is for those that it has given none to by then. It
// runs once at a time, and belongs to nobody who asks: their contexts do not reach
// it.
func New[K comparable, V any](answerAll func(questions []K, give func(K, V, error)) error) *Group[K, V] {
	return &Group[K, V]{answer: answerAll, next: map[K]*answer[V]{}}
}

// Do gives the answer to a question, which others may get too: it must not be
// changed. ctx ends the waiting.
func (g *Group[K, V]) Do(ctx context.Context, question K) (V, error) {
	a := g.join(question)
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// join puts a question into the round that has not been begun.
func (g *Group[K, V]) join(question K) *answer[V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.next[question]
	if a == nil {
		a = &answer[V]{done: make(chan struct{})}
		g.next[question] = a
	}
	if !g.leading {
		g.leading = true
		go g.lead()
	}
	return a
}

// lead makes one round after the other until nobody waits.
func (g *Group[K, V]) lead() {
	for round := g.take(); round != nil; round = g.take() {
		g.make(round)
	}
}

// take begins the next round; without one the work is over.
func (g *Group[K, V]) take() map[K]*answer[V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.next) == 0 {
		g.leading = false
		return nil
	}
	round := g.next
	g.next = map[K]*answer[V]{}
	return round
}

// make answers a round. Whatever happens, nobody is left waiting.
func (g *Group[K, V]) make(round map[K]*answer[V]) {
	questions := make([]K, 0, len(round))
	for q := range round {
		questions = append(questions, q)
	}
	err := g.guarded(questions, func(q K, value V, err error) {
		if a := round[q]; a != nil {
			delete(round, q)
			a.value, a.err = value, err
			close(a.done)
		}
	})
	if err == nil {
		err = errLeft
	}
	for _, a := range round {
		a.err = err
		close(a.done)
	}
}

// guarded turns a panic into an error: it must not end the program.
func (g *Group[K, V]) guarded(questions []K, give func(K, V, error)) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("a round of answers panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return g.answer(questions, give)
}

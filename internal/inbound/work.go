package inbound

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// A batch is judged at a time; its bytes bound the memory.
const (
	batchSize  = 64
	batchBytes = 8 << 20
)

// turn bounds one transaction: others wait for it.
const turn = 50 * time.Millisecond

// Work acts on everything that is kept and was not acted on yet, until nothing is
// left or ctx ends, and gives the number of messages it acted on. Then it
// follows up whom servers refused at once, pauses sends whose rates their
// newsletters do not tolerate, and lets go of bytes that are not needed any more. Any number of goroutines and processes may call it at a
// time.
func (i *Intake) Work(ctx context.Context) (worked int, err error) {
	err = i.work(ctx, func(n int) { worked = n })
	return worked, err
}

// dropStep is how many messages lose their bytes in one transaction.
const dropStep = 200

func (i *Intake) work(ctx context.Context, step func(worked int)) error {
	j, err := i.judge(ctx)
	if err != nil {
		return err
	}
	if err := i.empty(ctx, j, step); err != nil {
		return err
	}
	if err := i.sweep(ctx, j); err != nil {
		return err
	}
	if err := i.watch(ctx, j); err != nil {
		return err
	}
	for {
		if n, err := i.store.DropRaw(ctx, dropStep); err != nil || n < dropStep {
			return err
		}
	}
}

// empty acts on what waits, a batch at a time.
func (i *Intake) empty(ctx context.Context, j *judge, step func(worked int)) error {
	worked := 0
	for after := int64(0); ; {
		batch, err := i.store.WaitingInbound(ctx, after, batchSize, batchBytes)
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1].ID
		judged, err := j.all(ctx, batch)
		if err != nil {
			return err
		}
		n, err := i.actOn(ctx, j, judged)
		if err != nil {
			return err
		}
		worked += n
		step(worked)
	}
}

// judged is a message and what it says.
type judged struct {
	*store.Inbound
	report *bounce.Report
	failed bool // acting on it has failed
}

// actOn acts on a batch, in transactions that are short: each message is claimed,
// acted on and settled in the same one. A message on which nothing can be done but
// fail is left to a person, so that those behind it do not wait for ever.
func (i *Intake) actOn(ctx context.Context, j *judge, list []judged) (worked int, err error) {
	for limit := len(list); len(list) > 0; {
		done, n := 0, 0
		err := i.store.DB().Write(ctx, func(tx *database.Tx) error {
			done, n = 0, 0
			for begun := time.Now(); done < limit && (done == 0 || time.Since(begun) < turn); done++ {
				ok, err := i.actTx(tx, j, list[done])
				if err != nil {
					return fmt.Errorf("act on message %d: %w", list[done].ID, err)
				}
				if ok {
					n++
				}
			}
			return nil
		})
		switch {
		case err == nil:
			worked, list = worked+n, list[done:]
			limit = len(list)
		case ctx.Err() != nil || newsletter.KindOf(err) == newsletter.Unavailable:
			return worked, err
		case done > 0: // those before the one that fails
			limit = done
		default:
			i.log.Error("a message cannot be acted on; it is left to a person", "message", list[0].ID, "error", err)
			list[0].report = &bounce.Report{Kind: bounce.Other, NotIdentifiable: "it could not be acted on: " + err.Error()}
			if list[0].failed {
				return worked, err
			}
			list[0].failed, limit = true, 1
		}
	}
	return worked, nil
}

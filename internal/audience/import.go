package audience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// ImportRequest is a list to be read.
type ImportRequest struct {
	Newsletter *newsletter.Newsletter
	Name       string            // what the list is called in messages: its file
	List       io.Reader         // in any charset and with any delimiter that openSource knows
	Map        map[string]string // column → field, from ParseMap
	Consent    string            // the words kept with new subscriptions
	Revive     bool              // bring back leavers whose consent_date is later than their leaving
	Trial      bool              // only make and store the plan
	By         string
	// Progress is told of each step: what is done, how far it is, and of how
	// much. total is 0 where it is not known. It may be nil.
	Progress func(what string, done, total int)
}

// Plan is what becomes, or would become, of each line of a list.
type Plan struct {
	ImportID int64 `json:"import"`
	Trial    bool  `json:"dry_run"`
	Counts
}

// Import reads a list, plans what becomes of each row and, unless it is a trial,
// does it:
//
//  1. the rows are read, checked, and sorted by address outside of memory;
//  2. in that order, some thousand at a time, they are compared with the list and
//     the suppressions, and stored, in a transaction of less than 100 ms each;
//  3. one last, small transaction lets everyone see all of it at once.
//
// Until then nobody sees any of it; whatever goes wrong before, a cancelled
// context included, it is all put back, and after a kill the next import or undo
// does that. Only one long change is made at a time.
func (a *Audience) Import(ctx context.Context, r ImportRequest) (*Plan, error) {
	release, err := a.job(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	src, err := openSource(r.Name, r.List, r.Map)
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(src.fields())
	if err != nil {
		return nil, fmt.Errorf("keep the header: %w", err)
	}
	i := &importer{
		a: a, r: r, src: src, size: firstBatch,
		row:  store.Import{NewsletterID: r.Newsletter.ID, File: filepath.Base(r.Name), By: r.By, Header: string(header)},
		plan: Plan{Trial: r.Trial},
	}
	if err := a.store.BeginImport(ctx, &i.row, r.Trial); err != nil {
		return nil, err
	}
	i.plan.ImportID = i.row.ID
	if err := i.run(ctx); err != nil {
		i.row.Counts = "" // it counts for nothing
		// The way back must be gone to its end, also when a person has stopped the import.
		return nil, errors.Join(err, a.putBack(context.WithoutCancel(ctx), &i.row, store.ImportStopped, "", nil))
	}
	return &i.plan, nil
}

// importer is one import under way.
type importer struct {
	a    *Audience
	r    ImportRequest
	src  *source
	row  store.Import
	plan Plan
	done int
	size int // rows in the next transaction
}

func (i *importer) run(ctx context.Context) error {
	sorted, err := newSpill(filepath.Dir(i.a.store.DB().Path()))
	if err != nil {
		return err
	}
	err = i.sortAndApply(ctx, sorted)
	return errors.Join(err, sorted.close())
}

func (i *importer) sortAndApply(ctx context.Context, sorted *spill) error {
	if err := i.read(ctx, sorted); err != nil {
		return err
	}
	rows, err := sorted.sorted()
	if err != nil {
		return err
	}
	if err := i.apply(ctx, rows, sorted.n); err != nil {
		return err
	}
	return i.finish(ctx)
}

// finish makes the import visible, or the plan complete.
func (i *importer) finish(ctx context.Context) error {
	counts, err := json.Marshal(i.plan.Counts)
	if err != nil {
		return fmt.Errorf("keep the counts: %w", err)
	}
	i.row.Counts = string(counts)
	to, action := store.ImportApplied, "subscribers.import"
	if i.r.Trial {
		to, action = store.ImportPlanned, "subscribers.plan"
	}
	return i.a.store.DB().Write(ctx, func(tx *database.Tx) error {
		if err := i.a.store.MoveImportTx(tx, &i.row, to); err != nil {
			return err
		}
		return i.a.store.AuditTx(tx, store.Entry{
			Actor: i.r.By, Action: action, NewsletterID: i.r.Newsletter.ID,
			Detail: fmt.Sprintf("import %d: %s", i.row.ID, i.plan.Counts),
		})
	})
}

func (i *importer) progress(what string, done, total int) {
	if i.r.Progress != nil {
		i.r.Progress(what, done, total)
	}
}

// Sizes of a transaction. It grows and shrinks with the time that the last took,
// so that others never wait long.
const (
	firstBatch = 1000
	maxBatch   = 20_000
	batchTime  = 50 * time.Millisecond
)

// apply takes the rows in the order of their addresses, one transaction after
// the other.
func (i *importer) apply(ctx context.Context, rows *merge, total int) error {
	ahead, stop := i.prepare(ctx, rows)
	defer stop()
	var batch []candidate
	for more := true; more; {
		var part prepared
		part, more = <-ahead
		if part.err != nil {
			return part.err
		}
		batch = append(batch, part.rows...)
		for len(batch) >= i.size || len(batch) > 0 && !more {
			n := min(i.size, len(batch))
			if err := i.store(ctx, batch[:n], part.refused); err != nil {
				return err
			}
			part.refused = nil
			i.done += n
			i.progress("Importing", i.done, total)
			batch = batch[n:]
		}
		if len(part.refused) > 0 {
			if err := i.store(ctx, nil, part.refused); err != nil {
				return err
			}
			i.done += len(part.refused)
		}
	}
	return ctx.Err()
}

// store is one transaction: the plan for some rows, and its doing.
func (i *importer) store(ctx context.Context, batch []candidate, refused []store.ImportRow) error {
	var counts Counts
	var began time.Time
	err := i.a.store.DB().Write(ctx, func(tx *database.Tx) error {
		began, counts = time.Now(), i.plan.Counts
		counts.Refused += len(refused)
		if err := i.a.store.AddImportRowsTx(tx, i.row.ID, refused); err != nil {
			return err
		}
		return i.storeTx(tx, batch, &counts)
	})
	if err != nil {
		return err
	}
	i.plan.Counts = counts
	switch took := time.Since(began); {
	case len(batch) < i.size:
	case took < batchTime*2/3:
		i.size = min(i.size*5/4, maxBatch)
	case took > batchTime:
		i.size = max(i.size/2, 100)
	}
	return nil
}

// job takes the right to make a long change and first puts back what a killed
// one has left.
func (a *Audience) job(ctx context.Context) (release func(), err error) {
	lock, err := a.store.DB().TryJobLock()
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, newsletter.Errorf(newsletter.Conflict, "another import or undo is under way").
			With("Wait until it is done, then try again; it changes nothing that you can see before.")
	}
	release = func() { _ = lock.Release() } // the kernel does it in any case
	left, err := a.store.HiddenImport(ctx)
	if err == nil && left != nil {
		to := store.ImportStopped
		if left.State == store.ImportUndoing && left.Counts != "" {
			to = store.ImportUndone
		}
		err = a.putBack(ctx, left, to, "", nil)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

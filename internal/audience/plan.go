package audience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Verdicts on a row.
const (
	verdictAdded      = "added"      // a person who was not known, with a subscription
	verdictSubscribed = "subscribed" // a known person, with a new subscription
	verdictChanged    = "changed"    // a subscriber of whom the list knows more
	verdictRevived    = "revived"    // a leaver who wants it again
	verdictAlone      = "alone"      // left as they are
	verdictRefused    = "refused"    // a row that cannot be taken
)

// candidate is a row on its way into the list.
type candidate struct {
	taken
	hash []byte
}

// prepared is a stretch of sorted rows, with those refused among them.
type prepared struct {
	rows    []candidate
	refused []store.ImportRow
	err     error
}

// stretch is how many rows are handed over at a time.
const stretch = 1000

// prepare merges, finds duplicates and hashes beside the transactions, on the
// machine's other core.
func (i *importer) prepare(ctx context.Context, rows *merge) (<-chan prepared, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	out := make(chan prepared, 4)
	send := func(p prepared) bool {
		select {
		case out <- p:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		var first taken
		var p prepared
		for {
			t, ok, err := rows.next()
			if err != nil || !ok {
				p.err = err
				send(p)
				return
			}
			if t.key == first.key {
				p.refused = append(p.refused, store.ImportRow{
					Line: t.line, Verdict: verdictRefused, Email: t.Address.String(),
					Reason: fmt.Sprintf("the address stands in line %d already", first.line), Cells: cells(i.src.rewrite(t.Entry)),
				})
				continue
			}
			first = t
			p.rows = append(p.rows, candidate{t, i.a.hash.AddressHash(t.key)})
			if len(p.rows) == stretch {
				if !send(p) {
					return
				}
				p = prepared{}
			}
		}
	}()
	return out, stop
}

// rewrite gives the cells of a row that could be read.
func (s *source) rewrite(e Entry) []string {
	record := make([]string, len(s.columns))
	for j, c := range s.columns {
		switch c.field {
		case "email":
			record[j] = e.Address.String()
		case "name":
			record[j] = e.Person.Name
		case "language":
			record[j] = e.Person.Language
		case "time_zone":
			record[j] = e.Person.TimeZone
		case "tags":
			record[j] = strings.Join(e.Person.Tags, ",")
		case "consent_date":
			if !e.ConsentAt.IsZero() {
				record[j] = e.ConsentAt.UTC().Format(time.RFC3339)
			}
		default:
			record[j] = e.Person.Fields[c.field]
		}
	}
	return record
}

// cells keeps a refused row so that it can be written out and mended.
func cells(record []string) string {
	data, err := json.Marshal(record)
	if err != nil {
		return "[]" // strings always marshal
	}
	return string(data)
}

// checked is a stretch of rows as they stand in the list.
type checked struct {
	rows    []taken
	refused []store.ImportRow
	err     error
}

// check reads and checks rows on the machine's other core, while those before
// are sorted.
func (i *importer) check(ctx context.Context) <-chan checked {
	out := make(chan checked, 4)
	go func() {
		defer close(out)
		for more := true; more; {
			var part checked
			more = i.stretch(&part)
			select {
			case out <- part:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// stretch reads some rows; more is false at the end.
func (i *importer) stretch(part *checked) (more bool) {
	part.rows = make([]taken, 0, stretch)
	for len(part.rows)+len(part.refused) < stretch {
		line, record, err := i.src.next()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			part.err = err
			return false
		}
		if e, value, why := i.src.entry(record); why != "" {
			part.refused = append(part.refused, store.ImportRow{Line: line, Verdict: verdictRefused, Email: value, Reason: why, Cells: cells(record)})
		} else {
			part.rows = append(part.rows, taken{line, e.Address.Key(), e})
		}
	}
	return true
}

// read sorts all rows. Those that cannot be taken are stored at once.
func (i *importer) read(ctx context.Context, sorted *spill) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n := 0
	parts := i.check(ctx)
	for {
		var part checked
		var more bool
		select { // a list from a pipe may never come to its end
		case part, more = <-parts:
		case <-ctx.Done():
		}
		if err := errors.Join(part.err, ctx.Err()); err != nil || !more {
			return err
		}
		if err := sorted.add(part.rows...); err != nil {
			return err
		}
		if err := i.refuse(ctx, part.refused); err != nil {
			return err
		}
		n += len(part.rows) + len(part.refused)
		i.progress("Reading", n, 0)
	}
}

func (i *importer) refuse(ctx context.Context, list []store.ImportRow) error {
	if len(list) == 0 {
		return nil
	}
	return i.store(ctx, nil, list)
}

// storeTx decides about each row and does it.
func (i *importer) storeTx(tx *database.Tx, batch []candidate, counts *Counts) error {
	n, s := i.r.Newsletter, i.a.store
	keys, hashes := make([]string, len(batch)), make([][]byte, len(batch))
	for j, c := range batch {
		keys[j], hashes[j] = c.key, c.hash
	}
	people, err := s.KnownTx(tx, n.ID, keys)
	if err != nil {
		return err
	}
	suppressed, err := s.SuppressedAmongTx(tx, n.ID, hashes)
	if err != nil {
		return err
	}
	domains, err := s.SuppressedDomainsTx(tx, n.ID)
	if err != nil {
		return err
	}
	var rows []store.ImportRow
	var newcomers []store.Newcomer
	for _, c := range batch {
		why := suppressed[string(c.hash)]
		if why == "" {
			why = domains[c.Address.Domain]
		}
		d := decide(c, people[c.key], why, i.r.Revive)
		counts.decided(d)
		if i.r.Trial || d.verdict != verdictAdded {
			rows = append(rows, store.ImportRow{Line: c.line, Verdict: d.verdict, Email: c.Address.String(), Reason: d.reason})
		}
		switch {
		case i.r.Trial:
		case d.verdict == verdictAdded:
			newcomers = append(newcomers, store.Newcomer{Address: c.Address, Key: c.key, Hash: c.hash, Person: c.Person, ConsentAt: c.ConsentAt})
		default:
			if err := i.changeTx(tx, c, people[c.key], d); err != nil {
				return err
			}
		}
	}
	if err := s.AddImportRowsTx(tx, i.row.ID, rows); err != nil || len(newcomers) == 0 {
		return err
	}
	return s.AddNewcomersTx(tx, i.row.ID, n.ID, i.subscription(time.Time{}), newcomers)
}

// subscription is what the import's subscriptions have in common.
func (i *importer) subscription(consent time.Time) store.Subscription {
	if consent.IsZero() {
		consent = i.a.store.Now()
	}
	source := "import of " + i.row.File
	return store.Subscription{
		State: i.r.Newsletter.Policy.ImportState, How: source,
		ConsentAt: consent, ConsentSource: source, ConsentText: i.r.Consent, ConsentBy: i.r.By,
	}
}

// changeTx does what was decided about a known person.
func (i *importer) changeTx(tx *database.Tx, c candidate, k *store.Known, d decision) error {
	s := i.a.store
	if d.verdict == verdictSubscribed || d.verdict == verdictRevived {
		if err := s.SubscribeByImportTx(tx, i.row.ID, k, i.r.Newsletter.ID, i.subscription(c.ConsentAt)); err != nil {
			return err
		}
	}
	if d.after == nil {
		return nil
	}
	return s.ChangeByImportTx(tx, i.row.ID, k, *d.after)
}

// decision is what becomes of a row, and why.
type decision struct {
	verdict    string
	reason     string
	after      *store.Subscriber // what is filled in of a known person; nil: nothing
	suppressed bool              // gets nothing, although subscribed
}

// decide holds the rules of a list: it never brings back who left, complained,
// bounced or was erased, but for a leaver who has agreed again since.
func decide(c candidate, k *store.Known, suppressed string, revive bool) decision {
	if suppressed == store.Erased {
		return decision{verdict: verdictAlone, reason: "the person was erased at their own wish; only they themselves can come back"}
	}
	silent := ""
	if suppressed != "" {
		silent = "gets nothing: the address is suppressed (" + suppressed + ")"
	}
	if k == nil {
		return decision{verdict: verdictAdded, reason: silent, suppressed: suppressed != ""}
	}
	after, what := filledIn(k, c.Person)
	sub := k.Subscription
	switch {
	case sub == nil:
		return decision{verdict: verdictSubscribed, reason: silent, after: after, suppressed: suppressed != ""}
	case sub.State == newsletter.SubscriptionUnsubscribed && suppressed == store.Complained:
		return decision{verdict: verdictAlone, reason: "complained about a mail; no list brings them back"}
	case sub.State == newsletter.SubscriptionUnsubscribed && revive && c.ConsentAt.After(sub.Since):
		return decision{verdict: verdictRevived, reason: "left on " + day(sub.Since) + ", agreed again on " + day(c.ConsentAt), after: after, suppressed: suppressed != ""}
	case sub.State == newsletter.SubscriptionUnsubscribed:
		return decision{verdict: verdictAlone, reason: "left on " + day(sub.Since) + "; a list brings nobody back without a later consent_date and --revive"}
	case sub.State == newsletter.SubscriptionSuspended:
		return decision{verdict: verdictAlone, reason: "mail to the address came back; no list brings it back"}
	case after != nil:
		return decision{verdict: verdictChanged, reason: what, after: after}
	}
	return decision{verdict: verdictAlone, reason: "is " + string(sub.State) + " already, and the list says nothing new"}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// filledIn gives what a person is with what the row adds and changes; nil when
// that is nothing. Tags and Fields hold only what is new. what names it.
func filledIn(k *store.Known, p store.Subscriber) (after *store.Subscriber, what string) {
	a := store.Subscriber{Name: k.Name, Language: k.Language, TimeZone: k.TimeZone, Fields: map[string]string{}}
	var changed []string
	text := func(what string, to *string, value string) {
		if value != "" && value != *to {
			*to = value
			changed = append(changed, what)
		}
	}
	text("name", &a.Name, p.Name)
	text("language", &a.Language, p.Language)
	text("time_zone", &a.TimeZone, p.TimeZone)
	for _, tag := range p.Tags {
		if !slices.Contains(k.Tags, tag) {
			a.Tags = append(a.Tags, tag)
			changed = append(changed, "tag "+tag)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		if value := p.Fields[name]; value != k.Fields[name] {
			a.Fields[name] = value
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return nil, ""
	}
	return &a, strings.Join(changed, ", ")
}

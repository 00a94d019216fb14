package inbound

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// judge reads messages with the keys, domains and policies of this moment.
type judge struct {
	reader      *bounce.Reader
	secrets     *store.Secrets
	newsletters map[int64]*newsletter.Newsletter
}

// judge makes one. Every newsletter's domains count as ours: a bounce goes to the
// envelope domain, or to the sender where that is fixed.
func (i *Intake) judge(ctx context.Context) (*judge, error) {
	secrets, err := i.store.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	all, err := i.store.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	j := &judge{secrets: secrets, newsletters: map[int64]*newsletter.Newsletter{}}
	var domains []string
	for _, n := range all {
		j.newsletters[n.ID] = n
		domains = append(domains, n.BounceDomain(), n.From.Domain())
	}
	j.reader = bounce.New(bounce.Options{
		Domains: domains, VERP: secrets.VERP.ParseVERP, Unsubscribe: bounce.LinkTokens(secrets.Links, i.store.Now),
		UnsubscribeAddresses: []string{i.options.Mailbox, DefaultMailbox}, LookupTXT: remembering(i.options.LookupTXT), Limits: i.options.Limits,
	})
	return j, nil
}

// remembering asks for each name once, also when there is no answer: a flood of
// reports must not become a flood of questions.
func remembering(ask func(string) ([]string, error)) func(string) ([]string, error) {
	if ask == nil {
		return nil
	}
	type answer struct {
		records []string
		err     error
	}
	var mu sync.Mutex
	known := map[string]answer{}
	return func(domain string) ([]string, error) {
		mu.Lock()
		a, ok := known[domain]
		mu.Unlock()
		if !ok {
			a.records, a.err = ask(domain)
			mu.Lock()
			known[domain] = a
			mu.Unlock()
		}
		return a.records, a.err
	}
}

// all judges a batch, on every processor.
func (j *judge) all(ctx context.Context, batch []store.Waiting) ([]judged, error) {
	list := make([]judged, len(batch))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for at, w := range batch {
		group.Go(func() error {
			list[at] = judged{Inbound: w.Inbound, report: j.one(w)}
			return ctx.Err()
		})
	}
	return list, group.Wait()
}

// one judges a message. A message that makes the reader fail is for a person, and
// must not keep those behind it waiting.
func (j *judge) one(w store.Waiting) (report *bounce.Report) {
	defer func() {
		if fault := recover(); fault != nil {
			report = &bounce.Report{Kind: bounce.Other, NotIdentifiable: fmt.Sprintf("the message cannot be read: %v", fault)}
		}
	}()
	report, err := j.reader.Read(bytes.NewReader(w.Raw), bounce.Envelope{Known: w.Enveloped, From: w.EnvelopeFrom, To: w.EnvelopeTo})
	if err != nil {
		return &bounce.Report{Kind: bounce.Other, NotIdentifiable: err.Error()}
	}
	return report
}

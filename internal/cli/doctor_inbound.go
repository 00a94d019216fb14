package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"epistle/internal/app"
	"epistle/internal/inbound"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// inbound looks at every way in for mail that comes back, at the domains it comes
// back to, and at what waits for a person.
func (d *doctor) inbound(ctx context.Context) {
	ways := app.CheckWays(ctx, d.config)
	for _, w := range ways {
		if w.Err != nil {
			d.fail("inbound", w.Err)
			continue
		}
		d.ok("inbound", "%s: %s", w.Name, w.Found)
	}
	if len(ways) == 0 {
		d.ok("inbound", "no way in is configured; mail that comes back is only known by epistle bounces process")
	}
	k, err := d.kept(ctx)
	if err != nil {
		d.fail("inbound", err)
		return
	}
	for _, domain := range envelopeDomains(k.newsletters) {
		d.envelopeDomain(ctx, domain, len(ways))
	}
	if k.backlog.Messages >= inbound.BacklogMessages || k.backlog.Bytes >= inbound.BacklogBytes {
		d.warn("inbound", "", fmt.Sprintf("%s with %s wait for a person; mail servers are told to come again with what is neither signed nor a report",
			terminal.Plural(k.backlog.Messages, "message", "messages"), terminal.Bytes(k.backlog.Bytes)), "Decide them: epistle bounces list --unknown")
	}
	if k.refused+k.inMessages > 0 {
		d.ok("inbound", "forged tokens within %d days: %s refused at the door, %s in messages; nothing followed from them",
			forgedDays, terminal.Count(k.refused), terminal.Count(k.inMessages))
	}
}

// forgedDays is how far back forged tokens are counted.
const forgedDays = 30

// keptInbound is what the database knows of mail that comes back.
type keptInbound struct {
	newsletters         []*newsletter.Newsletter
	backlog             store.Backlog
	refused, inMessages int
}

func (d *doctor) kept(ctx context.Context) (k keptInbound, err error) {
	a, err := app.Open(ctx, d.config, quietLog(), d.now)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if k.newsletters, err = a.Store.Newsletters(ctx); err != nil {
		return k, err
	}
	if k.backlog, err = a.Intake().Backlog(ctx); err != nil {
		return k, err
	}
	k.refused, k.inMessages, err = a.Store.Forged(ctx, d.now().AddDate(0, 0, -forgedDays))
	return k, err
}

func envelopeDomains(all []*newsletter.Newsletter) (domains []string) {
	for _, n := range all {
		domains = append(domains, n.BounceDomain())
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// mxPatience bounds the question for one domain's mail servers.
const mxPatience = 5 * time.Second

// envelopeDomain says whether what comes back to a domain has a way in.
func (d *doctor) envelopeDomain(ctx context.Context, domain string, ways int) {
	if ways == 0 {
		d.warn("inbound", domain, "bounces come back to this domain, and nothing takes them in", "Configure inbound.maildir, inbound.mbox, inbound.listen or imap.host.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mxPatience)
	defer cancel()
	hosts, err := app.Resolver(d.config).LookupMX(ctx, domain)
	if err != nil || len(hosts) == 0 {
		d.warn("inbound", domain, "bounces come back to this domain, and no mail server is published for it", "Publish an MX record that leads to the server from which a way in takes the mail.")
		return
	}
	var names []string
	for _, h := range hosts {
		names = append(names, strings.TrimSuffix(h.Host, "."))
	}
	d.ok("inbound", "what comes back to %s goes to %s", domain, strings.Join(names, ", "))
}

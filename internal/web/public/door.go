package public

import (
	"context"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
)

// LeaveBy is Options.Leave through a door.
func LeaveBy(d *audience.Door) func(ctx context.Context, c token.Claims, how, reason string) (LeaveResult, error) {
	return func(ctx context.Context, c token.Claims, how, reason string) (LeaveResult, error) {
		left, err := d.Leave(ctx, c, how, reason)
		if err != nil {
			return LeaveResult{}, err
		}
		n := left.Newsletter
		return LeaveResult{
			NewsletterName: n.Name, Language: n.Language, Already: left.Already, Undo: left.Undo, Mailed: left.Mailed, Subscribe: openPath(n),
		}, nil
	}
}

// DescribeBy is Options.Describe through a door.
func DescribeBy(d *audience.Door) func(ctx context.Context, c token.Claims) (Description, error) {
	return func(ctx context.Context, c token.Claims) (Description, error) {
		now, err := d.Subscribed(ctx, c)
		if err != nil {
			return Description{}, err
		}
		n := now.Newsletter
		return Description{NewsletterName: n.Name, Language: n.Language, Left: now.Left, Subscribe: openPath(n)}, nil
	}
}

// openPath is where people subscribe to a newsletter; empty when they cannot.
func openPath(n *newsletter.Newsletter) string {
	if !n.Public.Subscribe {
		return ""
	}
	return SubscribePath(n.Slug)
}

package app

import (
	"context"
	"net"
	"time"

	"epistle/internal/config"
	"epistle/internal/inbound"
)

// lookupPatience bounds one question for a DKIM key: mail that comes in must not
// wait long for somebody else's name server.
const lookupPatience = 3 * time.Second

// Intake makes what takes in the mail that comes back and acts on it.
func (a *App) Intake() *inbound.Intake {
	resolver := Resolver(a.Config)
	return inbound.New(inbound.Options{
		Store: a.Store, Ledger: a.Ledger, Audience: a.Audience, Mailbox: a.Config.Inbound.LeaveMailbox, Log: a.Log,
		LookupTXT: func(domain string) ([]string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), lookupPatience)
			defer cancel()
			return resolver.LookupTXT(ctx, domain)
		},
	})
}

// Resolver asks the configured name server, or the system's when none is.
func Resolver(c *config.Config) *net.Resolver {
	server := c.DNS.Resolver
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server)
	}}
}

package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"epistle/internal/config"
	"epistle/internal/inbound/imap"
	"epistle/internal/inbound/mailbox"
	"epistle/internal/newsletter"
)

// WayCheck is what a look at one way in for mail that comes back has found.
type WayCheck struct {
	Name  string // "maildir", "mbox", "imap", "lmtp" or "smtp"
	Found string // a few words, when it can be used
	Err   error  // else why it cannot
}

// CheckWays looks at every configured way in: whether the folder is there and can
// be changed, whether the server can be logged in to, whether the address is free
// or answers. It takes no message in.
func CheckWays(ctx context.Context, c *config.Config) []WayCheck {
	var list []WayCheck
	remove := c.Inbound.Afterwards == config.AfterwardsDelete
	if dir := c.Inbound.Maildir; dir != "" {
		list = append(list, WayCheck{Name: "maildir", Found: dir + " can be read and changed", Err: (&mailbox.Maildir{Dir: dir}).Check()})
	}
	if path := c.Inbound.Mbox; path != "" {
		can := "read"
		if remove {
			can = "read and emptied"
		}
		list = append(list, WayCheck{Name: "mbox", Found: path + " can be " + can, Err: (&mailbox.Mbox{Path: path, Delete: remove}).Check()})
	}
	if c.IMAP.Host != "" {
		list = append(list, checkIMAP(ctx, c))
	}
	if c.Inbound.Listen != "" {
		list = append(list, checkListener(ctx, c))
	}
	return list
}

func checkIMAP(ctx context.Context, c *config.Config) WayCheck {
	check := WayCheck{Name: "imap"}
	options, err := IMAPOptions(c)
	if err != nil {
		check.Err = err
		return check
	}
	found, err := imap.New(options).Check(ctx)
	if err != nil {
		check.Err = err
		return check
	}
	news := "tells of news by itself"
	if !found.Idle {
		news = "is asked every " + c.Inbound.Every.String()
	}
	check.Found = fmt.Sprintf("%s:%d, %s, logged in; %s has %d messages, %d to be taken; the server %s",
		options.Host, options.Port, options.TLS, options.Folder, found.Messages, found.Waiting, news)
	return check
}

// checkListener finds the address free, or a server like ours behind it.
func checkListener(ctx context.Context, c *config.Config) WayCheck {
	check := WayCheck{Name: c.Inbound.Protocol}
	listener, err := Listen(ctx, c.Inbound.Listen)
	switch {
	case err == nil:
		check.Found = c.Inbound.Listen + " is free; epistle serve listens there"
		check.Err = listener.Close()
	case errors.Is(err, syscall.EADDRINUSE):
		greeting, asking := greetingOf(ctx, c.Inbound.Listen)
		check.Found = c.Inbound.Listen + " answers"
		if asking != nil || !strings.HasPrefix(greeting, "220 ") || strings.Contains(greeting, "ESMTP") != (c.Inbound.Protocol == config.ProtocolSMTP) {
			check.Err = newsletter.Errorf(newsletter.Unavailable, "another program listens there").At(c.Inbound.Listen).
				With("Stop it, or choose another address for inbound.listen.")
		}
	default:
		check.Err = err
	}
	return check
}

// greetingOf reads the first line that a server says.
func greetingOf(ctx context.Context, address string) (line string, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

package main

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// BenchmarkControl measures how soon a word takes effect while a send is under
// way, with real processes: from the moment at which the command is started, or the
// process killed, to the last message that the server still gets, or to the first
// one that it gets again. Figures are in ms; each contains the start of a process
// but for the takeover.
func BenchmarkControl(b *testing.B) {
	word := func(command string) func(*controlled) {
		return func(c *controlled) { c.run("bulletins", command, "1") }
	}
	for name, measure := range map[string]func(c *controlled) time.Duration{
		"pause":  func(c *controlled) time.Duration { return c.lastAfter(word("pause")) },
		"cancel": func(c *controlled) time.Duration { return c.lastAfter(word("cancel")) },
		"resume": func(c *controlled) time.Duration {
			c.lastAfter(word("pause"))
			return c.firstAfter(word("resume"))
		},
		"stop":    func(c *controlled) time.Duration { return c.lastAfter((*controlled).terminate) },
		"restart": func(c *controlled) time.Duration { c.fell(); return c.firstAfter((*controlled).serve) },
		"takeover": func(c *controlled) time.Duration {
			first := c.sender
			c.serve()
			c.sender.await(c.t, "msg=serving")
			return c.firstAfter(func(c *controlled) {
				c.killed(first)
				c.known.Store(int64(c.server.Connections()))
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			var sum time.Duration
			for range b.N {
				sum += measure(newControlled(b))
			}
			b.ReportMetric(float64(sum.Milliseconds())/float64(b.N), "ms")
		})
	}
}

// controlled is an office whose send is under way.
type controlled struct {
	*office
	sender *process
	dots   atomic.Int64 // messages that the server got
	last   atomic.Int64 // when, in ns
	known  atomic.Int64 // connections that do not count any more
}

func newControlled(b *testing.B) *controlled {
	c := &controlled{}
	c.office = newOffice(b, 10_000, smtptest.Options{HeaderOnly: true, Discard: true, Script: func(cmd smtptest.Command) *smtptest.Action {
		if cmd.Verb == "DOT" && int64(cmd.Connection) > c.known.Load() {
			c.last.Store(time.Now().UnixNano())
			c.dots.Add(1)
		}
		return nil
	}}, "EPISTLE_SMTP_CONNECTIONS=8", "EPISTLE_SMTP_RATE=500") // so that the send lasts
	c.serve()
	c.run("bulletins", "send", "1")
	c.until(200)
	return c
}

func (c *controlled) serve() { c.sender = c.start("serve") }

// fell kills the sender and waits until the server knows.
func (c *controlled) fell() {
	c.killed(c.sender)
	c.server.WaitClosed()
}

func (c *controlled) killed(p *process) {
	if err := p.kill(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *controlled) terminate() {
	if err := c.sender.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
}

// until waits until the server has got a number of messages.
func (c *controlled) until(dots int64) {
	for c.dots.Load() < dots {
		<-time.After(time.Millisecond)
	}
}

// firstAfter gives how long after the beginning of something the next message came.
func (c *controlled) firstAfter(something func(*controlled)) time.Duration {
	begun := time.Now()
	something(c)
	c.until(c.dots.Load() + 1)
	return time.Unix(0, c.last.Load()).Sub(begun)
}

// lastAfter gives how long after the beginning of something the last message came.
func (c *controlled) lastAfter(something func(*controlled)) time.Duration {
	begun := time.Now()
	something(c)
	c.server.WaitClosed()
	return time.Unix(0, c.last.Load()).Sub(begun)
}

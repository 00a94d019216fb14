package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
)

// errEnd ends a connection.
var errEnd = errors.New("connection ended")

// connection is one client's conversation.
type connection struct {
	s      *Server
	raw    net.Conn
	r      *bufio.Reader
	w      *bufio.Writer
	secure bool

	cmd    Command // the present command, with what is known of the connection
	params string  // of MAIL FROM
	mail   bool    // a transaction is open
	held   bool    // what was said waits for the next answer that is not held

	message Message // the last one that was read
}

func newConnection(s *Server, raw net.Conn, number int) *connection {
	c := &connection{s: s, raw: raw}
	c.cmd.Connection = number
	c.over(raw)
	return c
}

func (c *connection) over(conn net.Conn) {
	c.r, c.w = bufio.NewReaderSize(conn, 64<<10), bufio.NewWriter(conn)
}

func (c *connection) run() {
	if c.s.o.TLS == Implicit && c.handshake() != nil {
		return
	}
	err := c.step("CONNECT", "", func() error { return c.reply("220 smtptest ESMTP") })
	for err == nil {
		// What a client sends in one group is answered in one (RFC 2920 §3.2).
		if c.r.Buffered() == 0 && !c.held {
			if err = c.flush(); err != nil {
				return
			}
		}
		var line string
		if line, err = c.r.ReadString('\n'); err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		c.note(verb, rest)
		err = c.step(verb, line, func() error { return c.usual(verb, rest) })
	}
	_ = c.flush()
}

// flush lets what was said leave, and counts that as one answer.
func (c *connection) flush() error {
	c.held = false
	if c.w.Buffered() == 0 {
		return nil
	}
	c.s.answered()
	if err := c.w.Flush(); err != nil {
		return errEnd
	}
	return nil
}

// note keeps the envelope up to date before the script sees a command.
func (c *connection) note(verb, rest string) {
	switch verb {
	case "MAIL":
		c.cmd.Message++
		c.cmd.From, c.params = path(rest)
		c.cmd.To = nil
	case "RCPT":
		to, _ := path(rest)
		c.cmd.To = append(slices.Clip(c.cmd.To), to)
	}
}

// path takes "FROM:<address> PARAMETERS" apart.
func path(rest string) (address, params string) {
	_, rest, _ = strings.Cut(rest, "<")
	address, params, _ = strings.Cut(rest, ">")
	return address, strings.TrimSpace(params)
}

// settle keeps the envelope up to date after a command was answered: what was
// refused is no part of it.
func (c *connection) settle(verb, answer string) {
	accepted := strings.HasPrefix(answer, "2")
	switch verb {
	case "MAIL":
		c.mail = accepted
	case "RCPT":
		if !accepted {
			c.cmd.To = c.cmd.To[:len(c.cmd.To)-1]
		}
	}
}

// step asks the script and does what it says, or the usual.
func (c *connection) step(verb, line string, usual func() error) error {
	c.cmd.Verb, c.cmd.Line, c.cmd.TLS = verb, line, c.secure
	c.cmd.Grouped, c.cmd.Pending = c.w.Buffered() > 0, c.r.Buffered() > 0
	c.held = false
	action := c.s.ask(c.cmd)
	if action == nil {
		return usual()
	}
	if action.Accept && verb == "DOT" {
		c.s.accept(c.message)
	}
	if action.Stall || action.Wait != nil {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if action.Wait != nil {
		action.Wait()
	}
	if action.Stall {
		c.s.stall(c.cmd)
	}
	if action.Forget {
		_, _ = c.r.Discard(c.r.Buffered()) // as much as is there
	}
	if err := c.write(action.Raw); err != nil {
		return err
	}
	switch {
	case action.Close, action.Reset:
		return c.end(action.Reset)
	case action.Content && verb == "DATA":
		return c.read()
	case action.Usual, action.Raw == "":
		c.held = action.Hold
		return usual()
	default:
		c.held = action.Hold
		c.settle(verb, action.Raw)
		return nil
	}
}

// end closes the TCP connection, below TLS, so that no close-notify is sent.
func (c *connection) end(reset bool) error {
	_ = c.flush()
	if tcp, ok := c.raw.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = c.raw.Close()
	return errEnd
}

func (c *connection) write(text string) error {
	if _, err := c.w.WriteString(text); err != nil {
		return errEnd
	}
	return nil
}

func (c *connection) reply(line string) error { return c.write(line + "\r\n") }

// usual is what a correct server does.
func (c *connection) usual(verb, rest string) error {
	switch verb {
	case "EHLO":
		return c.ehlo()
	case "HELO", "NOOP":
		return c.reply("250 smtptest")
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.auth(rest)
	case "MAIL":
		return c.mailFrom()
	case "RCPT":
		return c.rcptTo()
	case "DATA":
		return c.data()
	case "RSET":
		c.mail, c.cmd.To = false, nil
		return c.reply("250 2.0.0 reset")
	case "QUIT":
		_ = c.reply("221 2.0.0 bye")
		return errEnd
	default:
		return c.reply("500 5.5.2 unknown command")
	}
}

func (c *connection) rcptTo() error {
	answer := "250 2.1.5 recipient is good"
	if !c.mail {
		answer = outOfOrder
	}
	c.settle("RCPT", answer)
	return c.reply(answer)
}

const outOfOrder = "503 5.5.1 out of order"

func (c *connection) ehlo() error {
	lines := append([]string{"smtptest greets you"}, c.s.extensions(c.cmd.Connection, c.secure)...)
	for i, line := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		if err := c.reply("250" + separator + line); err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) startTLS() error {
	if c.s.o.TLS != StartTLS || c.secure {
		return c.reply("502 5.5.1 no TLS here")
	}
	if err := c.reply("220 2.0.0 begin"); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	return c.handshake()
}

// handshake waits for the client's hello, so that what a script says in place of
// an answer is not taken for a part of what was said before.
func (c *connection) handshake() error {
	if _, err := c.r.Peek(1); err != nil {
		return errEnd
	}
	return c.step("HANDSHAKE", "", func() error {
		secure := tls.Server(peeked{c.raw, c.r}, c.s.tls)
		if err := secure.Handshake(); err != nil {
			return errEnd
		}
		c.secure = true
		c.over(secure)
		return nil
	})
}

// peeked is a connection of which some bytes are in a reader already.
type peeked struct {
	net.Conn
	r io.Reader
}

func (p peeked) Read(b []byte) (int, error) {
	return p.r.Read(b) // a net.Conn hands on what it got
}

// auth speaks PLAIN (RFC 4616) and LOGIN.
func (c *connection) auth(rest string) error {
	mechanism, first, _ := strings.Cut(rest, " ")
	var name, password string
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		if first == "" {
			first = c.challenge("")
		}
		parts := strings.Split(decode(first), "\x00")
		if len(parts) == 3 {
			name, password = parts[1], parts[2]
		}
	case "LOGIN":
		name = decode(c.challenge("VXNlcm5hbWU6"))
		password = decode(c.challenge("UGFzc3dvcmQ6"))
	default:
		return c.reply("504 5.5.4 unknown mechanism")
	}
	return c.step("AUTHENTICATE", "", func() error {
		want, known := c.s.o.Users[name]
		if !known || want != password {
			return c.reply("535 5.7.8 wrong name or password")
		}
		c.cmd.User = name
		return c.reply("235 2.7.0 welcome")
	})
}

// challenge sends a 334 and reads the answer, empty when the client has gone.
func (c *connection) challenge(text string) string {
	if c.reply("334 "+text) != nil || c.flush() != nil {
		return ""
	}
	line, err := c.r.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimRight(line, "\r\n")
}

func decode(text string) string {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(b)
}

func (c *connection) mailFrom() error {
	switch {
	case c.s.o.TLS == StartTLS && !c.secure:
		return c.reply("530 5.7.0 must issue STARTTLS first")
	case len(c.s.o.Users) > 0 && c.cmd.User == "":
		return c.reply("530 5.7.0 authentication required")
	case c.mail:
		return c.reply("503 5.5.1 nested MAIL, say RSET first") // RFC 5321 §4.1.4
	}
	c.mail = true
	return c.reply("250 2.1.0 sender is good")
}

// data takes a message if there is somebody to take it for.
func (c *connection) data() error {
	if !c.mail || len(c.cmd.To) == 0 {
		return c.reply(outOfOrder)
	}
	// The 354 leaves after the script was asked: a client that has read it can
	// rely on CONTENT being among the commands.
	if err := c.reply("354 go ahead"); err != nil {
		return err
	}
	return c.read()
}

// read reads a message. The content is read before DOT is asked about, so that a
// script acts exactly between the dot and its reply.
func (c *connection) read() error {
	if err := c.step("CONTENT", "", func() error { return nil }); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.message = Message{
		From: c.cmd.From, To: c.cmd.To, Params: c.params,
		Connection: c.cmd.Connection, User: c.cmd.User, TLS: c.secure,
	}
	if err := c.content(&c.message); err != nil {
		return err
	}
	c.mail = false
	return c.step("DOT", "", func() error {
		c.s.accept(c.message)
		return c.reply("250 2.0.0 taken")
	})
}

// content reads up to the final dot and undoes the stuffing (RFC 5321 §4.5.2).
func (c *connection) content(m *Message) error {
	var data []byte
	keep := !c.s.o.Discard
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return errEnd
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			m.Data = data
			return nil
		}
		line = bytes.TrimPrefix(line, []byte("."))
		m.Size += len(line)
		if keep {
			data = append(data, line...)
		}
		if c.s.o.HeaderOnly && len(line) == len("\r\n") {
			keep = false
		}
	}
}

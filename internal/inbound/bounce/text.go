package bounce

import "strings"

// gatherText collects the words of the report: the text parts that the reporting
// server wrote, the plain form where there are two, up to the returned message.
func (x *examination) gatherText() {
	var words strings.Builder
	left := x.limits.Total
	for _, p := range x.parts {
		if p.nested || !p.isText() || left <= 0 || isMachinePart(p.kind) || p.kind == "text/html" && x.hasPlain(p) {
			continue
		}
		text := p.decoded(min(x.limits.Text, left))
		left -= len(text)
		if p.kind == "text/html" || looksLikeHTML(text) {
			text = htmlText(text)
		}
		if p.parent != nil && words.Len() > 0 && looksLikeHeader(text) {
			x.useReturned(parseHeader(firstBlock(text), x.limits))
			continue
		}
		own, rest := cutReturned(text)
		x.useReturned(parseHeader(firstBlock(unindent(rest)), x.limits))
		words.WriteString(own + "\n")
	}
	x.words = words.String()
	x.lines = strings.Split(x.words, "\n")
	if len(x.lines) > maxLines {
		x.lines = x.lines[:maxLines]
	}
}

// maxLines bounds the work on one report's words; what stands further down is read
// as words.
const maxLines = 4000

func isMachinePart(kind string) bool {
	switch kind {
	case "message/delivery-status", "message/global-delivery-status", "message/feedback-report",
		"message/disposition-notification", "message/global-disposition-notification",
		"text/rfc822-headers", "message/global-headers", "message/partial", "text/calendar":
		return true
	}
	return false
}

// hasPlain says whether an HTML part stands beside a plain one that says the same.
func (x *examination) hasPlain(html *part) bool {
	for _, p := range x.parts {
		if p.kind == "text/plain" && p.parent == html.parent && strings.TrimSpace(p.raw) != "" {
			return true
		}
	}
	return false
}

func looksLikeHTML(text string) bool {
	start := strings.ToLower(clip(strings.TrimSpace(text), 200))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// useReturned keeps the first header that can be one of a returned message.
func (x *examination) useReturned(h header) {
	if len(x.returned) == 0 && h.names("from", "to", "message-id", "received", "subject") {
		x.returned = h
	}
}

// findReturned looks for the returned message in its proper places. What
// gatherText found in the words counts only when there is none.
func (x *examination) findReturned() {
	inWords := x.returned
	x.returned = nil
	for _, p := range x.parts {
		switch {
		case len(x.returned) > 0:
		case p.kind == "text/rfc822-headers" || p.kind == "message/global-headers" || p.kind == "message/partial":
			text := p.decoded(x.limits.Text)
			x.useReturned(parseHeader(strings.TrimLeft(text, "\n"), x.limits)) // empty lines within are forgiven
		case strings.HasPrefix(p.within, "message/rfc822") || strings.HasPrefix(p.within, "message/global"):
			x.useReturned(p.header)
		case p.parent != nil && p.header.names("received", "message-id") && p.header.names("from", "to"):
			x.useReturned(p.header) // a part whose own header is missing
		}
	}
	x.useReturned(inWords)
	x.report.ReturnedMessageID = identifier(x.returned.get("message-id"))
	x.report.ReturnedSubject = clip(decodeWords(x.returned.get("subject")), 300)
	x.report.Loop = x.returnedIsReport()
	for _, name := range []string{"from", "sender", "reply-to", "return-path", "errors-to"} {
		for _, a := range addressesIn(x.returned.get(name)) {
			x.self[strings.ToLower(a.text)] = true
		}
	}
}

func (x *examination) returnedIsReport() bool {
	path, known := x.returned.lookup("return-path")
	if known && strings.Trim(path, "<> ") == "" {
		return true
	}
	kind, params := mediaType(x.returned.get("content-type"))
	for _, a := range addressesIn(x.returned.get("from")) {
		if local, _ := splitAddress(strings.ToLower(a.text)); local == "mailer-daemon" {
			return true
		}
	}
	return kind == "multipart/report" && strings.EqualFold(params["report-type"], "delivery-status")
}

// cutReturned parts the words of a report from a message that is returned as
// text: behind a line that announces it, or where a header begins.
func cutReturned(text string) (own, returned string) {
	blank := true
	for pos, lines := 0, 0; pos < len(text) && lines < maxLines; lines++ {
		line, next := text[pos:], len(text)
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], pos+i+1
		}
		switch {
		case announcesReturned(line):
			return text[:pos], text[next:]
		case blank && pos > 0 && looksLikeHeader(text[pos:]):
			return text[:pos], text[pos:]
		}
		blank = strings.TrimSpace(line) == ""
		pos = next
	}
	return text, ""
}

// announcesReturned knows the lines behind which servers put the message they
// return.
func announcesReturned(line string) bool {
	if len(line) > 150 || len(line) < 8 {
		return false
	}
	s := strings.ToLower(strings.Trim(line, "-=*_+~#<>|:. \t"))
	if s == strings.ToLower(line) && !strings.HasSuffix(s, "follows") && !strings.HasSuffix(s, "follow") {
		return false // no dashes, no colon, no stop: part of a sentence
	}
	for _, phrase := range []string{
		"original message", "returned message", "unsent message", "undelivered message", "the header of the original message is following",
		"returned message follows", "unsent message follows", "message header follows", "message headers follow", "message text follows",
		"message contents follow", "original message headers", "original message header", "headers of the original message",
		"original mail as follows", "original mail", "mensaje original adjunto", "mensaje original", "message d'origine", "message original",
		"ursprüngliche nachricht", "originalnachricht", "messaggio originale", "mensagem original", "oorspronkelijk bericht",
		"ursprungligt meddelande", "oryginalna wiadomość", "исходное сообщение", "元のメッセージ", "原始邮件", "原邮件", "원본 메시지",
		"included is a copy of the message header", "below is a copy of the original message", "copy of your message", "your message follows",
		"message included below", "start of returned message", "returned mail follows", "message follows",
	} {
		if s == phrase {
			return true
		}
	}
	for _, start := range []string{
		"this is a copy of the message", "this is a copy of your message", "below this line is", "below the next line is", "the header of the original message",
		"the headers of the original message", "original message follow", "the original message follow", "here is a copy of the", "a copy of the original message",
		"copy of the original message", "the body of the message is", "the following is a copy of the",
	} {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}

// looksLikeHeader says whether a text begins with the header of a message: within
// its first fields stand a trace or an identifier, and others that messages have.
func looksLikeHeader(text string) bool {
	trace, usual, fields := 0, 0, 0
	for line := range strings.Lines(strings.TrimLeft(text[:min(len(text), 8<<10)], "\n")) {
		line = strings.TrimRight(line, "\n")
		if line == "" || fields > 30 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if fields == 0 {
				return false
			}
			continue
		}
		name, _, ok := splitField(line)
		if !ok {
			return trace > 0 && usual > 1
		}
		fields++
		switch strings.ToLower(name) {
		case "received", "message-id", "dkim-signature", "return-path", "x-received":
			trace++
		case "from", "to", "subject", "date", "mime-version", "content-type":
			usual++
		}
	}
	return trace > 0 && usual > 0
}

// firstBlock gives a text up to its first empty line, which it may begin with.
func firstBlock(text string) string {
	block, _, _ := strings.Cut(strings.TrimLeft(text, "\n- "), "\n\n")
	return block
}

// unindent removes what stands before each line of a quoted message.
func unindent(text string) string {
	text = strings.TrimLeft(text, "\n")
	first := strings.TrimLeft(text, "> \t")
	prefix := text[:len(text)-len(first)]
	if prefix == "" || strings.Contains(prefix, "\n") {
		return text
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, prefix)
		if !ok && strings.TrimSpace(line) != strings.TrimSpace(prefix) {
			rest = line
		}
		out.WriteString(rest)
		if rest == "" {
			out.WriteByte('\n')
		}
	}
	return dropEnvelopeLine(out.String())
}

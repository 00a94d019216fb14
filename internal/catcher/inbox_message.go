package catcher

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// The views of a message, as they stand in ?show=.
const (
	showPhone   = "phone"
	showDesktop = "desktop"
	showText    = "text"
	showSource  = "source"
)

// maxSource is how many bytes of a message's source one page shows.
const maxSource = 1 << 20

// letterCSP is the policy of a caught e-mail in the frame. It is hostile until
// proven otherwise: no script, no form, nothing from any other host, not even
// an image. Only its inline styles hold, as in a mail program. Its links open
// in a tab of their own.
const letterCSP = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// messagePage is the data of templates/inbox/message.html. Of Letter, Text,
// Source and Nothing one is set: the view that was asked for.
type messagePage struct {
	web.Frame
	Home, Newer, Older string
	Subject            string
	Fault              string
	// Headers is what matters first, More what stays folded away.
	Headers, More []headerRow
	Views         []viewLink
	Download      string
	Letter        *letterFrame
	Text, Source  string
	Nothing       string
}

// headerRow is one field of the header, with links where it holds some.
type headerRow struct {
	Name   string
	Values []web.Link
}

// viewLink leads to one view of the message.
type viewLink struct {
	web.Link
	Current bool
}

// letterFrame is the frame around the HTML, by the width of a device.
type letterFrame struct{ Width, Src string }

// showMessage shows one message in one view.
func (i *inbox) showMessage(w http.ResponseWriter, r *http.Request) error {
	entry, err := i.named(r)
	if err != nil {
		return err
	}
	l, fault, err := i.open(entry.ID)
	if err != nil {
		return err
	}
	path := i.messagePath(entry.ID)
	page := messagePage{
		Frame: i.frame(orNone(entry.Subject)), Home: i.Prefix, Subject: orNone(entry.Subject),
		Headers: firstRows(l), More: moreRows(entry, l), Download: path + "/raw.eml",
	}
	if fault != nil {
		page.Fault = fmt.Sprintf("This message is faulty and may not be shown whole: %v.", fault)
	}
	page.Newer, page.Older = i.neighbours(entry.ID)
	show := chooseView(r.URL.Query().Get("show"), l)
	page.Views = viewLinks(path, show, l)
	switch show {
	case showPhone, showDesktop:
		page.Letter = &letterFrame{Width: show, Src: path + "/html"}
	case showText:
		page.Text = l.Text
	case showSource:
		if page.Source, err = i.source(entry.ID); err != nil {
			return err
		}
	}
	// The page's only frame is the message's own HTML.
	w.Header().Set("Content-Security-Policy", web.PageCSP+"; frame-src 'self'")
	return i.message.Write(w, http.StatusOK, page)
}

// open reads a message. The fault is what is wrong with the message itself, the
// error is what kept it from being read.
func (i *inbox) open(id int) (l *letter, fault, err error) {
	raw, err := i.catcher.Open(id)
	if err != nil {
		return nil, nil, fmt.Errorf("open message %d: %w", id, err)
	}
	l, fault = readLetter(raw)
	if err := raw.Close(); err != nil {
		return nil, nil, fmt.Errorf("close message %d: %w", id, err)
	}
	return l, fault, nil
}

// source gives the first maxSource bytes of a message.
func (i *inbox) source(id int) (string, error) {
	raw, err := i.catcher.Open(id)
	if err != nil {
		return "", fmt.Errorf("open message %d: %w", id, err)
	}
	head, err := io.ReadAll(io.LimitReader(raw, maxSource+1))
	if closeErr := raw.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", fmt.Errorf("read message %d: %w", id, err)
	}
	text := strings.ToValidUTF8(string(head[:min(len(head), maxSource)]), "\uFFFD")
	if len(head) > maxSource {
		text += "\n\n[The rest is left out here. The download is whole.]"
	}
	return text, nil
}

// chooseView is the view that was asked for if the message has it, otherwise
// the best that it has.
func chooseView(asked string, l *letter) string {
	switch {
	case asked == showSource:
		return showSource
	case asked == showText && l.Text != "":
		return showText
	case asked == showPhone && l.HTML != "":
		return showPhone
	case l.HTML != "":
		return showDesktop
	case l.Text != "":
		return showText
	default:
		return showSource
	}
}

func viewLinks(path, current string, l *letter) []viewLink {
	var links []viewLink
	add := func(there bool, show, label string) {
		if there {
			links = append(links, viewLink{web.Link{Label: label, Href: path + "?show=" + show}, show == current})
		}
	}
	add(l.HTML != "", showDesktop, "Desktop")
	add(l.HTML != "", showPhone, "Phone")
	add(l.Text != "", showText, "Text")
	add(true, showSource, "Source")
	return links
}

// firstRows is what somebody who looks at a newsletter wants to see first.
func firstRows(l *letter) []headerRow {
	rows := fields(l, "From", "To", "Date")
	var leave []web.Link
	for _, address := range l.unsubscribeLinks() {
		leave = append(leave, web.Link{Label: address, Href: safeHref(address)})
	}
	if len(leave) > 0 {
		rows = append(rows, headerRow{"List-Unsubscribe", leave})
	}
	return rows
}

// moreRows is what helps to find a fault; the source has everything.
func moreRows(e Entry, l *letter) []headerRow {
	return append(fields(l, "Reply-To", "Message-ID", "List-Id", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted"),
		headerRow{"Envelope", []web.Link{{Label: "<" + e.Sender + "> → " + e.To}}},
		headerRow{"Size", []web.Link{{Label: size(e.Size)}}})
}

// fields are the named header fields that the message has.
func fields(l *letter, names ...string) []headerRow {
	var rows []headerRow
	for _, name := range names {
		if value := l.header(name); value != "" {
			rows = append(rows, headerRow{name, []web.Link{{Label: value}}})
		}
	}
	return rows
}

// safeHref is the address if a click on it can do no harm, otherwise nothing.
func safeHref(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
		return ""
	}
	return address
}

// showHTML serves the HTML of a message for the frame.
func (i *inbox) showHTML(w http.ResponseWriter, r *http.Request) error {
	entry, err := i.named(r)
	if err != nil {
		return err
	}
	l, _, err := i.open(entry.ID)
	if err != nil {
		return err
	}
	if l.HTML == "" {
		return newsletter.Errorf(newsletter.NotFound, "message %d has no HTML", entry.ID)
	}
	w.Header().Set("Content-Security-Policy", letterCSP)
	return web.Write(w, web.HTML, l.document())
}

// download serves the bytes of a message.
func (i *inbox) download(w http.ResponseWriter, r *http.Request) error {
	entry, err := i.named(r)
	if err != nil {
		return err
	}
	raw, err := i.catcher.Open(entry.ID)
	if err != nil {
		return fmt.Errorf("open message %d: %w", entry.ID, err)
	}
	w.Header().Set("Content-Type", "message/rfc822")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="message-%d.eml"`, entry.ID))
	_, err = io.Copy(w, raw)
	if closeErr := raw.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("send message %d: %w", entry.ID, err)
	}
	return nil
}

package catcher

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"epistle/internal/web"
)

// listPage is the data of templates/inbox/list.html.
type listPage struct {
	web.Frame
	Home, Query string
	Note        string
	Heading     string
	Links       []web.Link
	Messages    []listRow
	// Range says which messages are shown of how many; Empty says that there
	// are none.
	Range, Empty string
	// Searched says that a search has not looked at everything.
	Searched string
	// Newer and Older are the neighbouring pages; empty at the ends.
	Newer, Older string
}

// listRow is one message in the list.
type listRow struct {
	Href, To, Subject string
	Time, When, Size  string
}

// showList lists the messages, the newest first, or those whose recipient or
// subject holds the words that were asked for.
func (i *inbox) showList(w http.ResponseWriter, r *http.Request) error {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	found := i.find(r.Context(), query)
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 || from >= found.total {
		from = 0 // no place in the list: its beginning
	}
	page := listPage{
		Frame: i.frame("Inbox"), Home: i.Prefix, Query: query, Note: i.Note, Links: i.Links,
		Heading: plural(found.total, "message", "messages"), Searched: found.note,
		Empty: "Nothing has been caught yet. Load this page again once something was sent.",
	}
	if query != "" {
		page.Heading += fmt.Sprintf(" with “%s”", query)
		page.Empty = "No recipient and no subject holds these words."
	}
	for _, e := range found.page(from) {
		page.Messages = append(page.Messages, i.row(e))
	}
	shown := min(pageSize, found.total-from)
	page.Range = fmt.Sprintf("%d to %d of %d, the newest first", from+1, from+shown, found.total)
	if from > 0 {
		page.Newer = i.listPath(query, max(0, from-pageSize))
	}
	if from+shown < found.total {
		page.Older = i.listPath(query, from+pageSize)
	}
	return i.list.Write(w, http.StatusOK, page)
}

// maxSearched is how many of the newest messages a search looks at: each costs
// the reading of a file.
const maxSearched = 20_000

// findings are the messages to list, the newest first: how many there are, and
// a way to read one page of them.
type findings struct {
	total int
	page  func(from int) []Entry
	// note says that older messages were not looked at; usually empty.
	note string
}

func (i *inbox) find(ctx context.Context, query string) findings {
	if query == "" {
		total := i.catcher.Len()
		return findings{total: total, page: func(from int) []Entry { return i.newest(total, from, pageSize) }}
	}
	var matching []Entry
	total, looked := i.catcher.Len(), 0
	for looked < min(total, maxSearched) && ctx.Err() == nil {
		for _, e := range i.newest(total, looked, pageSize) {
			if containsFold(e.To, query) || containsFold(e.Subject, query) {
				matching = append(matching, e)
			}
		}
		looked += pageSize
	}
	f := findings{total: len(matching), page: func(from int) []Entry {
		return matching[from:min(from+pageSize, len(matching))]
	}}
	if looked < total {
		f.note = fmt.Sprintf("Only the newest %d of %d messages were searched.", looked, total)
	}
	return f
}

// newest reads messages of the first total in the order of arrival, the newest
// first, after skipping some.
func (i *inbox) newest(total, skip, limit int) []Entry {
	end := max(total-skip, 0)
	start := max(end-limit, 0)
	entries := i.catcher.List(start, end-start)
	slices.Reverse(entries)
	return entries
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

func (i *inbox) row(e Entry) listRow {
	return listRow{
		Href: i.messagePath(e.ID), To: e.To, Subject: orNone(e.Subject),
		Time: e.At.UTC().Format(time.RFC3339), When: e.At.Local().Format("2 Jan 15:04:05"), Size: size(e.Size),
	}
}

func (i *inbox) frame(title string) web.Frame {
	f := i.kit.Frame(web.LanguageOf("en"), title)
	f.Wide = true
	return f
}

func (i *inbox) listPath(query string, from int) string {
	values := url.Values{"from": {strconv.Itoa(from)}}
	if query != "" {
		values.Set("q", query)
	}
	return i.Prefix + "?" + values.Encode()
}

func (i *inbox) messagePath(id int) string { return i.Prefix + strconv.Itoa(id) }

func orNone(subject string) string {
	if strings.TrimSpace(subject) == "" {
		return "(no subject)"
	}
	return subject
}

// size is a number of bytes for people: 1 kB is 1000 bytes.
func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1000_000)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// neighbours are the paths of the messages after and before one, empty at the
// ends.
func (i *inbox) neighbours(id int) (newer, older string) {
	if _, err := i.catcher.Entry(id + 1); err == nil {
		newer = i.messagePath(id + 1)
	}
	if _, err := i.catcher.Entry(id - 1); err == nil {
		older = i.messagePath(id - 1)
	}
	return newer, older
}

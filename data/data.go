// Package data holds the sample on which `epistle demo` runs and on which tests
// rest: the newsletter of an invented organisation, its items of several weeks,
// its subscribers and some whole manuscripts, all embedded. People, places and
// events are made up, every address lies in a domain reserved for examples
// (RFC 2606 §3), and the epigraphs are quotations in the public domain.
//
// The package gives the bytes as they are; reading them is the work of packages
// definition, markdown, audience and manuscript.
package data

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed newsletter.toml
var newsletter string

//go:embed subscribers.csv
var subscribers string

//go:embed items bulletins
var files embed.FS

// Slug is the newsletter's short name.
const Slug = "weekly"

// Newsletter is the definition of the sample newsletter.
func Newsletter() []byte { return []byte(newsletter) }

// Subscribers is a list of 200 subscribers as CSV with the columns email, name,
// language, time_zone, tags and consent_date; some fields are empty, some names
// not in Latin letters, and one domain is internationalised.
func Subscribers() []byte { return []byte(subscribers) }

// Item is one contribution.
type Item struct {
	// Section is the key of its section: "lead", "epigraph", or one of the
	// newsletter's, such as "latin-america".
	Section string
	// File is its path in this package, for messages.
	File string
	// Week is the bulletin it is for: 0 for this week's, -1 for last week's.
	Week int
	// Body is Markdown; the last line of an epigraph is its source.
	Body string
}

// Items gives the items of several weeks, the oldest week first, in the order in
// which they stand in their bulletin.
func Items() ([]Item, error) {
	var items []Item
	for _, week := range []struct {
		folder string
		number int
	}{{"2-weeks-ago", -2}, {"last-week", -1}, {"this-week", 0}, {"next-week", 1}} {
		folder := path.Join("items", week.folder)
		entries, err := files.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("sample items: %w", err)
		}
		for _, entry := range entries {
			file := path.Join(folder, entry.Name())
			body, err := read(file)
			if err != nil {
				return nil, err
			}
			// 04-latin-america.md is for the section latin-america.
			_, section, _ := strings.Cut(strings.TrimSuffix(entry.Name(), ".md"), "-")
			items = append(items, Item{Section: section, File: file, Week: week.number, Body: string(body)})
		}
	}
	return items, nil
}

// Bulletin is one whole manuscript in the form in which editors send it in.
type Bulletin struct {
	File string
	Body []byte
}

// Bulletins gives three manuscripts: plain text with straight quotation marks,
// plain text with curly ones, bullets, names with an asterisk and links that have
// lost their target, and Markdown.
func Bulletins() ([]Bulletin, error) {
	var bulletins []Bulletin
	for _, name := range []string{"plain.txt", "bullets.txt", "letter.md"} {
		file := path.Join("bulletins", name)
		body, err := read(file)
		if err != nil {
			return nil, err
		}
		bulletins = append(bulletins, Bulletin{File: file, Body: body})
	}
	return bulletins, nil
}

func read(name string) ([]byte, error) {
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("sample data: %w", err)
	}
	return b, nil
}

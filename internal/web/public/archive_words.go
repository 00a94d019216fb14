package public

import (
	"strconv"
	"strings"

	"epistle/internal/web"
)

// archiveWords are the sentences of the archive's pages. Those with %s take a
// number, a year or a name there, once.
type archiveWords struct {
	Front             string
	Read, SubscribeTo string // %s: the newsletter

	Bulletins, BulletinsOf string // BulletinsOf: %s
	None                   string
	Years                  string
	One, Several           string // %s
	Feed, Subscribe        string

	Neighbours     string
	Earlier, Later string // %s
	All            string
}

// count says how many bulletins there are.
func (w *archiveWords) count(n int) string {
	format := w.Several
	if n == 1 {
		format = w.One
	}
	return strings.Replace(format, "%s", strconv.Itoa(n), 1)
}

func newArchiveCatalogue() *web.Catalogue[archiveWords] {
	return web.NewCatalogue(
		web.Translation[archiveWords]{Tag: "en", Words: archiveWords{
			Front:       "Newsletters",
			Read:        "Read %s",
			SubscribeTo: "Subscribe to %s",
			Bulletins:   "Bulletins",
			BulletinsOf: "Bulletins of %s",
			None:        "Nothing has been published here yet. The first bulletin appears when it is sent.",
			Years:       "Years",
			One:         "%s bulletin",
			Several:     "%s bulletins",
			Feed:        "Follow in a feed reader (Atom)",
			Subscribe:   "Get this newsletter by e-mail",
			Neighbours:  "Other bulletins",
			Earlier:     "Earlier: No. %s",
			Later:       "Later: No. %s",
			All:         "All bulletins",
		}},
		web.Translation[archiveWords]{Tag: "de", Words: archiveWords{
			Front:       "Newsletter",
			Read:        "%s lesen",
			SubscribeTo: "%s bestellen",
			Bulletins:   "Ausgaben",
			BulletinsOf: "Ausgaben von %s",
			None:        "Hier ist noch nichts veröffentlicht. Die erste Ausgabe erscheint, wenn sie verschickt wird.",
			Years:       "Jahre",
			One:         "%s Ausgabe",
			Several:     "%s Ausgaben",
			Feed:        "Im Feedreader folgen (Atom)",
			Subscribe:   "Diesen Newsletter per E-Mail bestellen",
			Neighbours:  "Andere Ausgaben",
			Earlier:     "Vorige: Nr. %s",
			Later:       "Nächste: Nr. %s",
			All:         "Alle Ausgaben",
		}},
	)
}

package render

import "epistle/internal/message"

// Pieces gives both renderings as package message splices them: for readers that
// have a link to leave, which is gap 1, while everyone shares the link to the
// browser. For a reader whose Leave is not ok, For is the way.
func (b *Bulletin) Pieces(browserURL string) (html, text []message.Piece) {
	browser := target(browserURL, false)
	return gaps(b.html, browser, escapeHTML), gaps(b.text, browser, verbatim)
}

func gaps(parts []part, browser string, escape func(string) string) []message.Piece {
	var list []message.Piece
	for _, p := range parts {
		switch {
		case p.condition == "browser" && browser == "":
		case p.slot == "unsubscribe":
			list = append(list, message.Piece{Gap: 1})
		case p.slot == "browser":
			list = append(list, message.Piece{Text: escape(browser)})
		default:
			list = append(list, message.Piece{Text: p.text})
		}
	}
	return list
}

// Leave gives a reader's link to leave as it stands in each rendering. ok is false
// for an address that may not stand in a link, and so counts as none.
func Leave(address string) (html, text string, ok bool) {
	address = target(address, true)
	return escapeHTML(address), address, address != ""
}

package render

import "epistle/internal/message"

// Pieces gives both renderings as package message splices them: for readers that
// have links of their own, to leave (gap 1) and to choose (gap 2), while everyone
// shares the link to the browser. For a reader whose Links are not ok, For is the
// way.
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
		case p.slot == "choose":
			list = append(list, message.Piece{Gap: 2})
		case p.slot == "browser":
			list = append(list, message.Piece{Text: escape(browser)})
		default:
			list = append(list, message.Piece{Text: p.text})
		}
	}
	return list
}

// Links gives a reader's own links as they stand in the gaps of each rendering. ok
// is false when one of them may not stand in a link, and so counts as none.
func Links(leave, choose string) (html, text []string, ok bool) {
	leave, choose = target(leave, true), target(choose, false)
	if leave == "" || choose == "" {
		return nil, nil, false
	}
	return []string{escapeHTML(leave), escapeHTML(choose)}, []string{leave, choose}, true
}

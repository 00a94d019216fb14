package manuscript

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

const (
	maxHeading = 60  // characters of a line that may be taken for a heading
	maxTitle   = 100 // and for a title
	maxKnown   = 200 // of any heading at all
)

// isKnown says whether a line is the name of one of the newsletter's sections.
func (r *reader) isKnown(text string) bool {
	if len(text) > 4*maxKnown {
		return false
	}
	_, ok := r.known[newsletter.SectionKey(text)]
	return ok
}

// headingLike says whether a line of plain text looks like a heading: short,
// beginning like a name, and not ending like a sentence.
func headingLike(text string) bool {
	text = trim(text)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	if body, ok := strings.CutSuffix(text, ":"); ok && allCapitalised(body) {
		text, last = body, lastRune(body)
	}
	limit := maxHeading
	if unicode.IsLetter(first) && !cased(first) {
		limit = 20 // scripts without capitals say more with fewer characters
	}
	return utf8.RuneCountInString(text) <= limit && len(strings.Fields(text)) <= 8 &&
		(unicode.IsLetter(first) && !unicode.IsLower(first) || unicode.IsDigit(first)) &&
		!strings.ContainsRune(".!?…\"”’»,;:-–—。！？、", last) &&
		!strings.ContainsAny(text, "*[]@") && !strings.Contains(text, "://") && !lostLink.MatchString(text)
}

// allCapitalised says whether a few words read like a name.
func allCapitalised(text string) bool {
	words := strings.Fields(text)
	for _, w := range words {
		if unicode.IsLower(firstRune(w)) && !particles[w] {
			return false
		}
	}
	return len(words) <= 5
}

func cased(c rune) bool { return unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c) }

// titleLike says whether a line of plain text can be the title.
func (r *reader) titleLike(text string) bool {
	text = trim(text)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return utf8.RuneCountInString(text) <= maxTitle && len(strings.Fields(text)) <= 14 &&
		strings.ContainsFunc(text, isWord) && !isQuote(first) && !isDash(first) && first != '*' && first != '(' && first != '[' &&
		!strings.ContainsRune(".…,;\"”’»。", last) && !strings.Contains(text, "://") && !r.isKnown(text)
}

func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// deliberate says whether the break after a block's first line was meant: the
// next word would have fitted on it.
func deliberate(b *block) bool {
	longest := maxHeading
	for _, l := range b.lines {
		longest = max(longest, utf8.RuneCountInString(trim(l.text)))
	}
	word, _, _ := strings.Cut(trim(b.lines[1].text), " ")
	return utf8.RuneCountInString(trim(b.lines[0].text))+1+utf8.RuneCountInString(word) <= longest
}

// plainHeading says how a paragraph of plain text is a heading: all of it, or
// its first line with text below, or not at all.
func (r *reader) plainHeading(b *block) (whole, above bool) {
	joined := b.joined()
	if r.isKnown(joined) {
		return true, false
	}
	if r.markdown {
		return false, false
	}
	if len(b.lines) == 1 {
		return headingLike(r.headingWords(joined)), false
	}
	first := r.headingWords(b.lines[0].text)
	if r.isKnown(first) {
		return false, true
	}
	second, _ := utf8.DecodeRuneInString(trim(b.lines[1].text))
	prose := strings.ContainsRune(".!?…\"”", lastRune(joined)) && (unicode.IsUpper(second) || isQuote(second))
	return false, headingLike(first) && len(strings.Fields(first)) <= 6 && deliberate(b) && prose
}

func lastRune(s string) rune {
	c, _ := utf8.DecodeLastRuneInString(s)
	return c
}

// section opens the section of a heading, or refuses it.
func (r *reader) section(text string, num int) {
	text = trim(text)
	key := newsletter.SectionKey(text)
	switch first := r.seen[key]; {
	case key == "":
		r.refuse(num, fmt.Sprintf("the heading %q has no words", clip(text)), "Write the section's name, or remove the line.")
	case utf8.RuneCountInString(text) > maxKnown:
		r.refuse(num, "a heading is longer than 200 characters", "Write the section's name alone on its line.")
	case first > 0:
		r.refuse(num, fmt.Sprintf("the section %q stands twice; the first is in line %d", clip(text), first), "Put both parts under one heading.")
	case key == newsletter.SectionKey(r.m.Content.Title):
		r.refuse(num, fmt.Sprintf("the heading %q is the bulletin's title", clip(text)), "Give the section a name of its own, or remove the line.")
	case key == newsletter.LeadKey || key == newsletter.EpigraphKey:
		r.refuse(num, fmt.Sprintf("%q is a reserved name", clip(text)), "The lead and the epigraph stand without a heading, right after the title.")
	case isDash(firstRune(text)) || isBullet(text):
		r.refuse(num, fmt.Sprintf("the heading %q begins with a bullet", clip(text)), "Remove the bullet or the dash.")
	default:
		r.checkKnown(text, key, num)
		r.m.Content.Sections = append(r.m.Content.Sections, newsletter.ContentSection{Key: key, Heading: text, Items: []newsletter.ContentItem{}})
	}
	if key != "" && r.seen[key] == 0 {
		r.seen[key] = num
	}
}

// checkKnown adds an unknown section where that was asked for, and refuses it
// otherwise.
func (r *reader) checkKnown(text, key string, num int) {
	if _, ok := r.known[key]; ok {
		return
	}
	if r.o.CreateSections {
		s := newsletter.Section{Name: strings.TrimRight(text, " :")}
		r.known[key] = s
		r.m.Added = append(r.m.Added, s)
		return
	}
	if len(r.faults) >= maxFaults {
		return
	}
	remedy := "The newsletter has no sections yet; add it with --create-sections."
	if near := r.nearestSection(key); near != "" {
		remedy = fmt.Sprintf("The nearest section is %q: correct the heading, or add it with --create-sections.", near)
	}
	if !r.markdown {
		remedy += " If the line is text, end it with a full stop."
	}
	r.refuse(num, fmt.Sprintf("the heading %q is no section of this newsletter", clip(text)), remedy)
}

func firstRune(s string) rune {
	c, _ := utf8.DecodeRuneInString(s)
	return c
}

// isBullet says whether a line would be read as a bullet in either format.
func isBullet(text string) bool {
	_, _, ok := (&reader{markdown: true}).bullet(text)
	return ok
}

// clip shortens what is quoted in a message.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) <= maxHeading {
		return s
	}
	return string(runes[:maxHeading]) + "…"
}

func (r *reader) nearestSection(key string) string {
	keys := make([]string, len(r.o.Sections))
	for i, s := range r.o.Sections {
		keys[i] = s.Key()
	}
	return r.known[nearest(key, keys)].Name
}

// nearest is the candidate that takes the fewest changes of one character.
func nearest(s string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		if d := distance([]rune(s), []rune(c)); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, diagonal+1, cost)
		}
	}
	return row[len(b)]
}

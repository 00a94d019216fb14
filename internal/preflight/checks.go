package preflight

import (
	"fmt"
	"io"
)

// check is one row of the table.
type check struct {
	name    string
	verdict Verdict // when it finds something
	fine    string  // said when it finds nothing
	means   string  // for the reference
	page    bool    // looks at the rendered bulletin
	cites   bool    // repeats words of the bulletin
	online  bool    // needs what the network said
	run     func(*bulletin) []finding
}

// checks is the table, in the order in which results are shown: what stops a
// bulletin first, then what readers see from top to bottom, then how it travels.
func checks() []check {
	return []check{
		{"unapproved-items", Error, "every item is approved", "Every item is approved and still valid.", false, true, false, unapprovedItems},
		{"malformed-link", Error, "every link and image has a well-formed address", "Every link and image has a well-formed https:, http: or mailto: address.", false, true, false, malformedLinks},
		{ProtectionGate, Error, "nothing protected is in it", "Nothing that `epistle protect` knows stands in it, in any disguise: sender, subject, preheader, texts, links, footer. The places are named, never the words. It cannot be overridden.", false, false, false, protectionGate},
		{"html-size", Error, "the HTML is small enough to be shown whole", "The HTML stays below 102 KB, where large mail services cut it off together with the link to leave; from 90 KB on it warns.", true, false, false, htmlSize},
		{"unsubscribe-link", Error, "the way to leave is in the HTML and in the text", "Every reader finds a link to leave, in the HTML and in the plain text.", true, false, false, unsubscribeLink},

		{"subject-length", Warning, "the subject has a good length", "The subject is there and at most 70 characters long.", false, false, false, subjectLength},
		{"deceptive-subject", Warning, "the subject is plain", "The subject does not pretend to be an answer (Re:, Fwd:) and does not shout.", false, false, false, deceptiveSubject},
		{"preheader", Warning, "the preheader is written", "The preview text beside the subject is written by hand, short, and says more than the subject.", false, false, false, preheader},
		{"epigraph", Warning, "there is an epigraph with its source", "The bulletin opens with an epigraph and its source.", false, false, false, epigraph},
		{"repeated-epigraph", Warning, "the epigraph is new", "The epigraph did not stand in a bulletin sent lately.", false, false, false, repeatedEpigraph},
		{"same-content", Warning, "the content is new", "The same words were not sent before, as a whole or in an item.", false, true, false, sameContent},
		{"lost-link-targets", Warning, "no link has lost its target", `No "(Read more …)" stands there without the link it once had.`, false, true, false, lostLinkTargets},
		{"http-link", Warning, "every link is encrypted", "Links and images use https.", false, true, false, httpLinks},
		{"image-alt", Warning, "every image has a text", "Every image has an alternative text.", false, true, false, imageAlt},
		{"image-size", Warning, "every image loads quickly", "With --online: every image can be loaded, is not heavy and not much wider than the page.", false, true, true, imageSize},
		{"pseudonyms", Warning, "pseudonyms are marked and spelled as registered", "Names of the newsletter's register carry their asterisk where they stand first and are spelled alike; where there is a register, every asterisked name is in it.", false, true, false, pseudonyms},
		{"pseudonym-footnote", Warning, "names marked with an asterisk are explained", "Asterisked names have a footnote that the manuscript or the newsletter wrote.", false, true, false, pseudonymFootnote},
		{"text-html-same", Warning, "HTML and text say the same", "The HTML and the plain text hold the same words in the same order.", true, true, false, textHTMLSame},
		{"postal-address", Warning, "the postal address is in the footer", "The footer shows the postal address of whoever sends.", false, false, false, postalAddress},

		{"colour-contrast", Warning, "the accent can be read", "The accent colour has enough contrast as it is; one that has not is shown darker or lighter.", false, false, false, colourContrast},

		{"list-headers", Warning, "the header says how to leave", "The message carries List-Id, and List-Unsubscribe with one click.", false, false, false, listHeaders},
		{"signing-key", Warning, "the message is signed for the sender's domain", "A DKIM key for the sender's domain is configured.", false, true, false, signingKey},
		{"published-key", Warning, "the signing keys are published", "With --online: the record in the DNS equals the signing key.", false, false, true, publishedKey},
		{"audience", Warning, "the audience is as large as expected", "There are readers, about as many as last time (policy.audience_change).", false, false, false, audience},
	}
}

// Doc describes one check for a reference.
type Doc struct {
	Name    string
	Default Verdict
	Meaning string
}

// Docs lists every check in the order of its results.
func Docs() []Doc {
	var docs []Doc
	for _, c := range checks() {
		docs = append(docs, Doc{c.name, c.verdict, c.means})
	}
	return docs
}

// Reference writes the list of checks as a Markdown table.
func Reference(w io.Writer) error {
	if _, err := fmt.Fprint(w, "| check | verdict | what it wants |\n|---|---|---|\n"); err != nil {
		return fmt.Errorf("write the reference of checks: %w", err)
	}
	for _, d := range Docs() {
		if _, err := fmt.Fprintf(w, "| `%s` | %s | %s |\n", d.Name, d.Default, d.Meaning); err != nil {
			return fmt.Errorf("write the reference of checks: %w", err)
		}
	}
	return nil
}

package newsletter

// Letter is the words of a mail to one person that is no bulletin: a
// confirmation, an undo, a warning. It is finished when it is queued: its links
// carry tokens signed then, and a change of the newsletter's words alters no
// letter that waits. All of it is plain text.
type Letter struct {
	// Language is the BCP 47 tag of the words; empty means the newsletter's.
	Language string `json:"language,omitempty"`
	Subject  string `json:"subject"`
	// Heading says in a line what the letter is for.
	Heading    string   `json:"heading"`
	Paragraphs []string `json:"paragraphs"`
	// Links stand below the paragraphs, the most wanted first.
	Links []LetterLink `json:"links,omitempty"`
	// Closing are quieter paragraphs at the end, such as why this was sent.
	Closing []string `json:"closing,omitempty"`
}

// LetterLink is one thing the reader can do: Label says what will happen.
type LetterLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

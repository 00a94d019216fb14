package templates

import "embed"

// Inbox holds the pages of the catcher's inbox. They stand inside
// public/layout.html and use its style sheet.
//
//go:embed inbox
var Inbox embed.FS

package templates

import "embed"

// Staff holds the page that the links in letters to the staff open. It stands
// inside public/layout.html and uses its style sheet.
//
//go:embed staff
var Staff embed.FS

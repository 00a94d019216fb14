package templates

import "embed"

// Email holds the bulletin's templates below "email": bulletin.html.tmpl and
// bulletin.txt.tmpl, inline.css.tmpl (what the inliner writes into the elements)
// and kept.css.tmpl (media queries, dark mode, hover: what stays a sheet), to which
// letter.css.tmpl adds the button of a letter to one person.
// Package render executes them; docs/email.md holds their authoring rules.
//
//go:embed email
var Email embed.FS

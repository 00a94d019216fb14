package templates

import "embed"

// Article holds what a bulletin's words are made of where they stand on a page of
// ours or in a feed, below "article". Package render executes it; its style is in
// public/style.css.
//
//go:embed article
var Article embed.FS

package templates

import "embed"

// Public holds what readers' pages are made of: public/layout.html, which is
// around every page; one file for each page; and public/style.css. Package web
// reads the layout, the error page and the style sheet, package web/public the
// other pages.
//
//go:embed public
var Public embed.FS

package render

import (
	"fmt"
	"strings"

	"github.com/vanng822/go-premailer/premailer"
)

const (
	inlineOpen = `<style type="text/css">`
	keptOpen   = `<style data-premailer="ignore">`
	styleClose = `</style>`
)

// inline writes the inline sheet into the elements and checks what came back.
// The inliner answers without error whatever it lost, so the check is ours.
//
// The inliner's class attributes stay, because the kept sheet needs them, and
// widths stay out of attributes, because it would set them on paragraphs.
func inlineSheet(page, sheet, kept string) (string, error) {
	rules, err := parseSheet(sheet)
	if err != nil {
		return "", fmt.Errorf("inline sheet: %w", err)
	}
	p, err := premailer.NewPremailerFromString(page, premailer.NewOptions(premailer.WithCssToAttributes(false)))
	if err != nil {
		return "", fmt.Errorf("read the page for inlining: %w", err)
	}
	inlined, err := p.Transform()
	if err != nil {
		return "", fmt.Errorf("inline the style sheet: %w", err)
	}
	if err := checkInlined(inlined, rules, kept); err != nil {
		return "", fmt.Errorf("after inlining: %w", err)
	}
	return strings.Replace(inlined, keptOpen, "<style>", 1), nil
}

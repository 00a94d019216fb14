package preflight

import (
	"fmt"
	"maps"
	"slices"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// Images gives the addresses of a bulletin's images, each once.
func Images(doc *newsletter.Document) (list []string) {
	b := &bulletin{Input: Input{Document: doc}, passages: passages(&doc.Content)}
	add := func(address string) {
		if address != "" && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	add(doc.Identity.Design.Logo)
	b.eachLink(func(_ string, l markdown.DocLink) {
		if l.Image {
			add(l.Href)
		}
	})
	return list
}

// Sizes of images. The page is 600 pixels wide; twice that serves dense screens.
const (
	maxImageBytes = 500_000
	maxImageWidth = 1300
)

func imageSize(b *bulletin) (found []finding) {
	for _, address := range slices.Sorted(maps.Keys(b.Online.Images)) {
		p := b.Online.Images[address]
		switch {
		case p.Err != nil:
			found = append(found, finding{place: address, message: "the image cannot be loaded: " + p.Err.Error(), remedy: "Put it at an address that everyone can reach over https."})
		case p.Bytes > maxImageBytes:
			found = append(found, finding{
				place: address, message: fmt.Sprintf("the image has %.1f MB, more than %.1f", float64(p.Bytes)/1e6, maxImageBytes/1e6),
				remedy: "Make it smaller; readers on slow connections wait for it.",
			})
		case p.Width > maxImageWidth:
			found = append(found, finding{
				place: address, message: fmt.Sprintf("the image is %d pixels wide; the page has 600", p.Width),
				remedy: fmt.Sprintf("Scale it to at most %d pixels.", maxImageWidth),
			})
		}
	}
	return found
}

func publishedKey(b *bulletin) (found []finding) {
	for _, name := range slices.Sorted(maps.Keys(b.Online.Keys)) {
		if err := b.Online.Keys[name]; err != nil {
			remedy := newsletter.RemedyOf(err)
			if remedy == "" {
				remedy = "Publish what `epistle dkim show` prints."
			}
			found = append(found, finding{place: name, message: messageOf(err), remedy: remedy})
		}
	}
	return found
}

// messageOf is an error's sentence without the place that stands beside it.
func messageOf(err error) string {
	if own, ok := err.(*newsletter.Error); ok {
		return own.Message
	}
	return err.Error()
}

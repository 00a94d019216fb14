package render

import (
	"fmt"
	"math"
	"strconv"
)

// DefaultAccent is the accent of a newsletter that states none: the brown red
// of a brick in evening light.
const DefaultAccent = "#9a3412"

// MinContrast is what WCAG 2.2 asks of normal text (success criterion 1.4.3).
const MinContrast = 4.5

// darkContrast asks more of the accent in the dark: at the bare minimum a
// saturated colour looks dull beside near-white text.
const darkContrast = 6

// colour is one opaque sRGB colour.
type colour struct{ r, g, b uint8 }

func parseColour(s string) (colour, error) {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return colour{uint8(v >> 16), uint8(v >> 8), uint8(v)}, nil
		}
	}
	return colour{}, fmt.Errorf("%q is not a colour of six hexadecimal digits", s)
}

// String gives #rrggbb, the one form that every mail program reads.
func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// luminance is the relative luminance of WCAG 2.2, from 0 to 1.
func (c colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the WCAG contrast ratio of two colours, from 1 to 21.
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// mix goes percent of the way from c to other. This and the two below count in
// whole numbers, so that every processor comes to the same colour.
func (c colour) mix(other colour, percent int) colour {
	channel := func(a, b uint8) uint8 { return uint8((int(a)*(100-percent) + int(b)*percent + 50) / 100) }
	return colour{channel(c.r, other.r), channel(c.g, other.g), channel(c.b, other.b)}
}

// darkened goes percent of the way to black, keeping hue and saturation.
func (c colour) darkened(percent int) colour { return c.mix(colour{}, percent) }

// lightened makes c as bright as its hue can be and moves it towards ink a
// third as fast; past the brightest it goes on to ink. That keeps it a colour:
// mixed with ink alone it would turn to chalk.
func (c colour) lightened(percent int, ink colour) colour {
	if percent > 100 {
		return c.lightened(100, ink).mix(ink, percent-100)
	}
	if most := int(max(c.r, c.g, c.b)); most > 0 {
		channel := func(v uint8) uint8 { return uint8(int(v) * (100*most + (255-most)*percent) / (100 * most)) }
		c = colour{channel(c.r), channel(c.g), channel(c.b)}
	}
	return c.mix(ink, percent/3)
}

// readable takes the first colour of a path from 0 to 200 percent that has the
// least contrast with paper, or the path's end.
func readable(paper colour, least float64, path func(percent int) colour) colour {
	for percent := range 200 {
		if c := path(percent); contrast(c, paper) >= least {
			return c
		}
	}
	return path(200)
}

// palette is the colours of one scheme, each text colour readable on Paper.
type palette struct{ Paper, Ink, Quiet, Hair, Accent string }

// palettes gives the light and the dark colours for an accent. Paper and ink
// are warm and neither is pure: programs that turn colours over by themselves
// leave such pairs alone more often.
func palettes(accent string) (light, dark palette, err error) {
	if accent == "" {
		accent = DefaultAccent
	}
	c, err := parseColour(accent)
	if err != nil {
		return light, dark, err
	}
	day, night := colour{0xfd, 0xfc, 0xf9}, colour{0x1a, 0x17, 0x14}
	moon := colour{0xeb, 0xe5, 0xdb}
	light = palette{Paper: day.String(), Ink: "#221d18", Quiet: "#665d53", Hair: "#e3dcd1"}
	light.Accent = readable(day, MinContrast, func(p int) colour { return c.darkened(min(p, 100)) }).String()
	dark = palette{Paper: night.String(), Ink: moon.String(), Quiet: "#aea598", Hair: "#3d3730"}
	dark.Accent = readable(night, darkContrast, func(p int) colour { return c.lightened(p, moon) }).String()
	return light, dark, nil
}

// Accent gives the colour that readers see for an accent on the light page, and the
// contrast that the accent itself would have there, from 1 to 21.
func Accent(accent string) (shown string, ratio float64, err error) {
	light, _, err := palettes(accent)
	if err != nil {
		return "", 0, err
	}
	given, err := parseColour(accent)
	if err != nil {
		return "", 0, err
	}
	paper, err := parseColour(light.Paper)
	return light.Accent, contrast(given, paper), err
}

package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"epistle/internal/newsletter"
)

// MaxSpec is the longest spec in bytes; every minute, hour and day written out
// one by one is shorter.
const MaxSpec = 500

const specRemedy = `Write five fields: minute, hour, day of the month, month, day of the week; for example "0 9 * * 5" for Fridays at 9:00.`

// Spec is a cron spec that has been read and found possible. The day of the
// month and the day of the week follow cron: when both are restricted, a day
// that fits either of them fits. Make one with ParseSpec.
type Spec struct {
	text string
	cron cron.Schedule
}

// String gives the spec as it was written, without the white space around it.
func (s *Spec) String() string { return s.text }

// ParseSpec reads five fields (minute, hour, day of the month, month, day of the
// week) or one of @daily, @weekly, @monthly and @yearly. A field is a list of
// numbers, ranges and steps; months and days may be written by their first three
// English letters; Sunday is 0 or 7, also as the end of a range ("5-7",
// "fri-sun"). A zone inside the spec is refused, because a newsletter has one
// clock only, and so is a day that never comes, such as 31 February.
//
// Errors are of kind newsletter.Usage and name the field; several bad fields
// give newsletter.Faults.
func ParseSpec(spec string) (*Spec, error) {
	text := strings.TrimSpace(spec)
	if err := refuseForm(text); err != nil {
		return nil, err
	}
	fields, err := splitFields(text)
	if err != nil {
		return nil, err
	}
	if err := canonical(fields, text); err != nil {
		return nil, err
	}
	parsed, err := parse(strings.Join(fields, " "))
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Usage, "%q is not a schedule: %w", text, err).With(specRemedy)
	}
	// A spec names no year, so that one span with a leap year in it shows
	// whether its day comes at all.
	if parsed.Next(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, newsletter.Errorf(newsletter.Usage, "%q names a day that never comes in the next 5 years", text).
			With("Compare field 3 (day of the month) with field 4 (month): some months end earlier.")
	}
	return &Spec{text: text, cron: parsed}, nil
}

// refuseForm refuses what is no list of fields at all. The zone has to be found
// here, because the parser panics over "TZ=UTC" with nothing after it.
func refuseForm(text string) error {
	upper := strings.ToUpper(text)
	switch {
	case text == "":
		return newsletter.Errorf(newsletter.Usage, "the schedule is empty").With(specRemedy)
	case len(text) > MaxSpec:
		return newsletter.Errorf(newsletter.Usage, "the schedule is longer than %d bytes", MaxSpec).With(specRemedy)
	case strings.HasPrefix(upper, "TZ=") || strings.HasPrefix(upper, "CRON_TZ="):
		return newsletter.Errorf(newsletter.Usage, "%q holds a time zone", text).
			With("Remove it: a schedule always runs on the clock of the newsletter's time_zone.")
	case strings.HasPrefix(upper, "@EVERY"):
		return newsletter.Errorf(newsletter.Usage, "%q counts from the moment the program starts, so no run would have a time of its own", text).
			With(specRemedy)
	}
	return nil
}

// splitFields gives the five fields, also for the words that stand for them.
func splitFields(text string) ([]string, error) {
	words := map[string]string{
		"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
		"@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
	}
	if strings.HasPrefix(text, "@") {
		fields, ok := words[strings.ToLower(text)]
		if !ok {
			return nil, newsletter.Errorf(newsletter.Usage, "%q is not a word for a schedule", text).
				With("Known are @daily, @weekly, @monthly and @yearly. " + specRemedy)
		}
		return strings.Fields(fields), nil
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return nil, newsletter.Errorf(newsletter.Usage, "%q has %d fields instead of 5", text, len(fields)).With(specRemedy)
	}
	return fields, nil
}

// canonical rewrites each field into what the parser takes without surprise,
// and reports every field that is wrong.
func canonical(fields []string, text string) error {
	var faults newsletter.Faults
	for i, f := range columns() {
		rewritten, err := f.rewrite(strings.ToLower(fields[i]))
		if err != nil {
			faults = append(faults, newsletter.Errorf(newsletter.Usage, "field %d (%s) of %q: %w", i+1, f.name, text, err).
				With(f.remedy()))
			continue
		}
		fields[i] = rewritten
	}
	if len(faults) == 1 {
		return faults[0]
	}
	return faults.Err()
}

// parse calls the parser and turns a panic of its into an error: version 3.0.1
// slices out of bounds on some input, and nobody mends it any more.
func parse(spec string) (s cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("the parser failed: %v", r)
		}
	}()
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(spec)
}

// column is one of the five fields. The day of the week goes to 7 here, which
// is Sunday again; the parser knows only 0 to 6.
type column struct {
	name     string
	min, max int
	names    []string // names[0] stands for min
}

func columns() [5]column {
	return [5]column{
		{name: "minute", min: 0, max: 59},
		{name: "hour", min: 0, max: 23},
		{name: "day of the month", min: 1, max: 31},
		{name: "month", min: 1, max: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
		{name: "day of the week", min: 0, max: 7, names: strings.Fields("sun mon tue wed thu fri sat sun")},
	}
}

func (c column) remedy() string {
	r := fmt.Sprintf(`The %s is "*", a number from %d to %d, a range such as %d-%d, or a list with commas`,
		c.name, c.min, c.max, c.min+1, c.min+3)
	if c.names != nil {
		r += fmt.Sprintf("; names such as %s work too", c.names[1])
	}
	return r + "."
}

func (c column) rewrite(field string) (string, error) {
	elements := strings.Split(field, ",")
	for i, e := range elements {
		rewritten, err := c.element(e)
		if err != nil {
			return "", err
		}
		elements[i] = rewritten
	}
	return strings.Join(elements, ","), nil
}

// element rewrites "*", "N", "N-M", each with or without "/STEP". The parser
// itself would take "*-9" for "*", "," for never, and a step beyond the range
// for its first value.
func (c column) element(e string) (string, error) {
	if e == "" {
		return "", fmt.Errorf("an entry is empty")
	}
	span, stepText, stepped := strings.Cut(e, "/")
	step := 1
	if stepped {
		var err error
		if step, err = c.step(stepText, e); err != nil {
			return "", err
		}
	}
	if span == "*" {
		if step == 1 {
			return "*", nil
		}
		return "*/" + strconv.Itoa(step), nil
	}
	low, high, err := c.span(span, stepped)
	if err != nil {
		return "", err
	}
	return c.write(low, high, step), nil
}

func (c column) step(s, element string) (int, error) {
	n, ok := digits(s)
	switch {
	case !ok:
		return 0, fmt.Errorf("%q is not understood", element)
	case n == 0:
		return 0, fmt.Errorf("%q has a step of 0", element)
	case n > c.max-c.min:
		return 0, fmt.Errorf("%q steps over the whole range from %d to %d", element, c.min, c.max)
	}
	return n, nil
}

// span reads "N" or "N-M"; a stepped "N" goes on to the end, as cron has it.
func (c column) span(s string, stepped bool) (low, high int, err error) {
	lowText, highText, isRange := strings.Cut(s, "-")
	if low, err = c.value(lowText); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		if high, err = c.value(highText); err != nil {
			return 0, 0, err
		}
	case stepped:
		high = c.max
		if c.max == 7 && low < 7 {
			high = 6 // else Sunday would stand at both ends
		}
	default:
		high = low
	}
	if c.max == 7 && isRange && high == 0 && low > 0 {
		high = 7 // "fri-sun"
	}
	if low > high {
		return 0, 0, fmt.Errorf("%q runs backwards", s)
	}
	return low, high, nil
}

func (c column) value(s string) (int, error) {
	for i, name := range c.names {
		if s == name {
			return c.min + i, nil
		}
	}
	n, ok := digits(s)
	switch {
	case !ok:
		return 0, fmt.Errorf("%q is not understood", s)
	case n < c.min:
		return 0, fmt.Errorf("%s is below %d", s, c.min)
	case n > c.max:
		return 0, fmt.Errorf("%s is above %d", s, c.max)
	}
	return n, nil
}

// write gives the values as the parser reads them. A 7 among the days of the
// week cannot stand in a range there, so that the days are listed.
func (c column) write(low, high, step int) string {
	if c.max != 7 || high < 7 {
		return fmt.Sprintf("%d-%d/%d", low, high, step)
	}
	var days []string
	for d := low; d <= high; d += step {
		days = append(days, strconv.Itoa(d%7))
	}
	return strings.Join(days, ",")
}

// digits reads a number of one to three ASCII digits, without a sign.
func digits(s string) (int, bool) {
	if s == "" || len(s) > 3 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

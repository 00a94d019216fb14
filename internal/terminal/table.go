package terminal

import "strings"

// gap is the space between two columns of a table.
const gap = "  "

// narrowest is the least that a flexible column is shortened to.
const narrowest = 8

// Column describes one column of a table.
type Column struct {
	Title string
	// Right aligns to the right: numbers, sizes.
	Right bool
	// Flexible lets this column be shortened with "…" when the table is wider
	// than the terminal. Where several are flexible, the widest gives first.
	Flexible bool
	// Style gives a cell its meaning, for example by its word; nil is Plain.
	Style func(cell string) Style
}

// Table writes a table without borders to standard output, the rows in the order
// given. On a terminal it is fitted to the width; elsewhere nothing is cut. A
// table without rows writes nothing: the command says in words that there is
// nothing.
func (t *Terminal) Table(columns []Column, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		cells[i] = make([]string, len(columns))
		for j := range columns {
			if j < len(row) {
				cells[i][j] = line(row[j])
			}
		}
	}
	widths := measure(columns, cells)
	if total := t.out.width(); total > 0 {
		fit(columns, widths, total)
	}
	var b strings.Builder
	titles := make([]string, len(columns))
	for j, c := range columns {
		titles[j] = c.Title
	}
	t.writeRow(&b, columns, widths, titles, func(int) Style { return Quiet })
	for _, row := range cells {
		t.writeRow(&b, columns, widths, row, func(j int) Style {
			if columns[j].Style == nil {
				return Plain
			}
			return columns[j].Style(row[j])
		})
	}
	t.print(b.String())
}

func measure(columns []Column, rows [][]string) []int {
	widths := make([]int, len(columns))
	for j, c := range columns {
		widths[j] = Columns(c.Title)
		for _, row := range rows {
			widths[j] = max(widths[j], Columns(row[j]))
		}
	}
	return widths
}

// fit shortens the flexible columns, always the widest of them, until the table
// fits or none can give more.
func fit(columns []Column, widths []int, total int) {
	sum := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	for ; sum > total; sum-- {
		widest := -1
		for j, c := range columns {
			if c.Flexible && widths[j] > max(narrowest, Columns(c.Title)) && (widest < 0 || widths[j] > widths[widest]) {
				widest = j
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func (t *Terminal) writeRow(b *strings.Builder, columns []Column, widths []int, row []string, style func(int) Style) {
	var l strings.Builder
	for j, c := range columns {
		if j > 0 {
			l.WriteString(gap)
		}
		text := Truncate(row[j], widths[j])
		// The padding stays outside the colour, so that trimming finds it.
		painted := t.out.paint(style(j), text)
		missing := strings.Repeat(" ", max(0, widths[j]-Columns(text)))
		if c.Right {
			l.WriteString(missing + painted)
		} else {
			l.WriteString(painted + missing)
		}
	}
	b.WriteString(strings.TrimRight(l.String(), " "))
	b.WriteByte('\n')
}

package aigateway

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// table prints rows in columns. In a terminal cells have the colours that they ask for.
type table struct {
	out    io.Writer
	colour bool
	rows   [][]cell
}

// cell is a text with a colour.
type cell struct{ text, colour string }

// The colours of a terminal.
const (
	plainText = ""
	bold      = "1"
	red       = "31"
	green     = "32"
	yellow    = "33"
	grey      = "90"
)

// newTable returns a table with a head.
func newTable(out io.Writer, head ...string) *table {
	t := &table{out: out, colour: takesColour(out)}
	cells := make([]cell, len(head))
	for i, name := range head {
		cells[i] = cell{name, bold}
	}
	t.rows = append(t.rows, cells)
	return t
}

// takesColour reports whether out is a terminal whose user has nothing against colours.
func takesColour(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// row adds a row. What could command a terminal is taken out of it: some of it are the words of upstreams.
func (t *table) row(cells ...cell) {
	for i := range cells {
		cells[i].text = strings.Map(harmless, cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

// harmless puts a question mark in the place of a control character.
func harmless(r rune) rune {
	if unicode.IsControl(r) || r == utf8.RuneError {
		return '?'
	}
	return r
}

// print writes the table with two spaces between columns as wide as their widest cell.
func (t *table) print() error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(paint(t.colour, c))
			if i+1 < len(row) {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		if _, err := fmt.Fprintln(t.out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func paint(colour bool, c cell) string {
	if !colour || c.colour == plainText || c.text == "" {
		return c.text
	}
	return "\x1b[" + c.colour + "m" + c.text + "\x1b[0m"
}

func text(format string, args ...any) cell { return cell{text: fmt.Sprintf(format, args...)} }

// until is how far away a time is, for people.
func until(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Sub(now).Round(time.Second).String()
}

// ago is how long ago a time was, for people.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return now.Sub(t).Round(time.Second).String() + " ago"
}

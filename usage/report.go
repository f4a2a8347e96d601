package usage

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Report is the answer to a query, for people and programs.
type Report struct {
	By   []Dimension
	Rows []Row
}

// number is one of a row's numbers.
type number struct {
	name  string
	of    func(*Row) int64
	table bool // is shown in the table, too
}

// numbers are a row's, but for its cost.
var numbers = []number{
	{"requests", func(r *Row) int64 { return r.Requests }, true},
	{"attempts", func(r *Row) int64 { return r.Attempts }, false},
	{"failed", func(r *Row) int64 { return r.Failed }, true},
	{"input", func(r *Row) int64 { return r.Input }, true},
	{"cache_read", func(r *Row) int64 { return r.CacheRead }, true},
	{"cache_write_5m", func(r *Row) int64 { return r.CacheWrite5m }, false},
	{"cache_write_1h", func(r *Row) int64 { return r.CacheWrite1h }, false},
	{"cache_write", func(r *Row) int64 { return r.CacheWrite5m + r.CacheWrite1h }, true},
	{"output", func(r *Row) int64 { return r.Output }, true},
	{"reasoning", func(r *Row) int64 { return r.Reasoning }, false},
	{"estimated", func(r *Row) int64 { return r.Estimated }, false},
	{"unpriced", func(r *Row) int64 { return r.Unpriced }, false},
}

// Total returns the sum of all rows.
func (p *Report) Total() Row {
	var t Row
	for i := range p.Rows {
		t.add(&p.Rows[i])
	}
	return t
}

// WriteCSV writes a line for every row, below a line of names. Costs are in dollars.
func (p *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	var names []string
	for _, by := range p.By {
		names = append(names, string(by))
	}
	for _, n := range numbers {
		names = append(names, n.name)
	}
	if err := out.Write(append(names, "cost_usd")); err != nil {
		return err
	}
	for i := range p.Rows {
		var line []string
		for _, value := range p.Rows[i].Group {
			line = append(line, harmless(value))
		}
		for _, n := range numbers {
			line = append(line, strconv.FormatInt(n.of(&p.Rows[i]), 10))
		}
		if err := out.Write(append(line, exact(p.Rows[i].Cost))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps spreadsheets from taking a model's name that a client made up for a formula.
func harmless(value string) string {
	value = withoutControl(value)
	if value != "" && strings.ContainsAny(value[:1], "=+-@\t\r") {
		return "'" + value
	}
	return value
}

// exact writes nanodollars as dollars without losing any.
func exact(nanos int64) string {
	s := fmt.Sprintf("%d.%09d", nanos/NanosPerDollar, nanos%NanosPerDollar)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes an array of objects: the dimensions, the numbers, and cost_usd.
func (p *Report) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i := range p.Rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		for j, by := range p.By {
			value, err := json.Marshal(p.Rows[i].Group[j])
			if err != nil {
				return nil, err
			}
			out = append(strconv.AppendQuote(out, string(by)), ':')
			out = append(append(out, value...), ',')
		}
		for _, n := range numbers {
			out = append(strconv.AppendQuote(out, n.name), ':')
			out = append(strconv.AppendInt(out, n.of(&p.Rows[i]), 10), ',')
		}
		out = append(append(append(out, `"cost_usd":`...), exact(p.Rows[i].Cost)...), '}')
	}
	return append(out, ']'), nil
}

// barWidth is how many characters the longest bar has.
const barWidth = 20

// WriteTable writes a table with a bar for every row's share: of the cost, or of the tokens if nothing has cost
// anything.
func (p *Report) WriteTable(w io.Writer) error {
	if len(p.Rows) == 0 || p.Total().Attempts == 0 {
		_, err := io.WriteString(w, "nothing was used\n")
		return err
	}
	lines := [][]string{p.heading()}
	for i := range p.Rows {
		lines = append(lines, p.line(&p.Rows[i]))
	}
	if len(p.Rows) > 1 {
		total := p.Total()
		total.Group = make([]string, len(p.By))
		if len(p.By) > 0 {
			total.Group[0] = "total"
		}
		lines = append(lines, p.line(&total))
	}
	bars := append([]string{""}, p.bars()...)
	if _, err := io.WriteString(w, align(lines, len(p.By), bars)); err != nil {
		return err
	}
	_, err := io.WriteString(w, p.notes())
	return err
}

func (p *Report) heading() []string {
	var words []string
	for _, by := range p.By {
		words = append(words, strings.ToUpper(string(by)))
	}
	for _, n := range numbers {
		if n.table {
			words = append(words, strings.ToUpper(strings.ReplaceAll(n.name, "_", " ")))
		}
	}
	return append(words, "COST")
}

func (p *Report) line(r *Row) []string {
	var words []string
	for _, value := range r.Group {
		words = append(words, printable(value))
	}
	for _, n := range numbers {
		if n.table {
			words = append(words, grouped(n.of(r)))
		}
	}
	return append(words, "$"+strconv.FormatFloat(float64(r.Cost)/NanosPerDollar, 'f', 4, 64))
}

// printable takes out of a name what could command a terminal.
func printable(s string) string {
	if s == "" {
		return "-"
	}
	return withoutControl(s)
}

func withoutControl(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// bars returns a bar for every row, if there is anything to compare.
func (p *Report) bars() []string {
	size := func(r *Row) int64 { return r.Cost }
	if p.Total().Cost == 0 {
		size = func(r *Row) int64 { return r.Total() }
	}
	var most int64
	for i := range p.Rows {
		most = max(most, size(&p.Rows[i]))
	}
	if most == 0 || len(p.Rows) < 2 {
		return nil
	}
	var bars []string
	for i := range p.Rows {
		bars = append(bars, bar(float64(size(&p.Rows[i]))/float64(most)))
	}
	return bars
}

// bar draws a share from 0 to 1 in eighths of a character.
func bar(share float64) string {
	eighths := int(share*barWidth*8 + 0.5)
	if share > 0 {
		eighths = max(eighths, 1)
	}
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// align lays the lines out in columns, the first left of them to the left and the others to the right, and puts the
// bars behind.
func align(lines [][]string, left int, bars []string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, word := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(word))
		}
	}
	var b strings.Builder
	for i, line := range lines {
		var row strings.Builder
		for j, word := range line {
			if j > 0 {
				row.WriteString("  ")
			}
			space := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(word))
			if j < left {
				row.WriteString(word + space)
			} else {
				row.WriteString(space + word)
			}
		}
		if i < len(bars) && bars[i] != "" {
			row.WriteString("  " + bars[i])
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

// notes says what the numbers hide.
func (p *Report) notes() string {
	t := p.Total()
	var b strings.Builder
	if t.Unpriced > 0 {
		fmt.Fprintf(&b, "not in the cost: %s of models without a known price; give them one\n", count(t.Unpriced, "answer"))
	}
	if t.Estimated > 0 {
		fmt.Fprintf(&b, "estimated: %s whose tokens the upstream has not told\n", count(t.Estimated, "answer"))
	}
	return b.String()
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

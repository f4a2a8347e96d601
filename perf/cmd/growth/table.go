package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/graph"
)

// figure is what is measured against what.
type figure struct{ name, title, size, cost string }

var figures = []figure{
	{"start", "Memory after the start", "", "MiB"},
	{"streams", "Memory of idle streams, above an idle process's", "open streams", "MiB"},
	{"body-memory", "Peak of memory for requests of one message, above an idle process's", "bytes of the body", "MiB"},
	{"body-cpu", "CPU time of a request of one message", "bytes of the body", "µs"},
	{"messages", "CPU time of a request with a history", "messages", "µs"},
	{"accounts-start", "Start", "accounts (0: plain proxy)", "ms"},
	{"accounts-reload", "Reload", "accounts (0: plain proxy)", "ms"},
	{"accounts-memory", "Memory after the start", "accounts (0: plain proxy)", "MiB"},
	{"accounts-cpu", "CPU time of a small request", "accounts (0: plain proxy)", "µs"},
	{"sessions", "Memory of sessions", "sessions", "MiB"},
}

// row is one result.
type row struct {
	figure, series string
	size           int
	value          float64
}

// table is all results.
type table struct{ rows []row }

// add puts the result in the place of an older one.
func (t *table) add(figure, series string, size int, value float64) {
	t.rows = slices.DeleteFunc(t.rows, func(r row) bool {
		return r.figure == figure && r.series == series && r.size == size
	})
	t.rows = append(t.rows, row{figure, series, size, value})
}

// of are the series of a figure in the order in which they were measured, each
// by size.
func (t *table) of(figure string) (series []graph.Series) {
	for _, r := range t.rows {
		if r.figure != figure {
			continue
		}
		i := slices.IndexFunc(series, func(s graph.Series) bool { return s.Name == r.series })
		if i < 0 {
			i, series = len(series), append(series, graph.Series{Name: r.series})
		}
		series[i].Points = append(series[i].Points, graph.Point{X: float64(r.size), Y: r.value})
	}
	for _, s := range series {
		slices.SortFunc(s.Points, func(a, b graph.Point) int { return cmp.Compare(a.X, b.X) })
	}
	return series
}

// print writes a table in Markdown for each figure.
func (t *table) print(w io.Writer) {
	for _, f := range figures {
		series := t.of(f.name)
		if len(series) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s, %s\n\n| %s |", f.title, f.cost, f.size)
		for _, p := range series[0].Points {
			fmt.Fprintf(w, " %.0f |", p.X)
		}
		fmt.Fprint(w, "\n|---|")
		for range series[0].Points {
			fmt.Fprint(w, "---|")
		}
		for _, s := range series {
			fmt.Fprintf(w, "\n| %s |", s.Name)
			for _, p := range s.Points {
				fmt.Fprintf(w, " %s |", short(p.Y))
			}
		}
		fmt.Fprintln(w)
	}
}

// short is the value with three digits.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// draw writes a graph for each figure that has something to compare.
func (t *table) draw(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range figures {
		g := graph.Graph{Title: f.title, X: f.size, Y: f.cost}
		for _, s := range t.of(f.name) {
			s.Points = slices.DeleteFunc(s.Points, func(p graph.Point) bool { return p.X <= 0 || p.Y <= 0 })
			if len(s.Points) > 1 {
				g.Series = append(g.Series, s)
			}
		}
		if len(g.Series) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, f.name+".svg"), g.SVG(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read adds the file's rows. A file that is not there has none.
func (t *table) read(name string) error {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	for _, r := range records[min(1, len(records)):] {
		size, err1 := strconv.Atoi(r[2])
		value, err2 := strconv.ParseFloat(r[3], 64)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		t.add(r[0], r[1], size, value)
	}
	return nil
}

// write replaces the file, with the figures in their order.
func (t *table) write(name string) error {
	records := [][]string{{"figure", "series", "size", "value", "unit"}}
	for _, f := range figures {
		for _, s := range t.of(f.name) {
			for _, p := range s.Points {
				records = append(records, []string{f.name, s.Name, fmt.Sprintf("%.0f", p.X), fmt.Sprintf("%.4g", p.Y), f.cost})
			}
		}
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(csv.NewWriter(file).WriteAll(records), file.Close())
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
)

// cell is what was found for one pair in one scenario, a value for each round.
type cell struct{ ratio, latency, cpu, plain []float64 }

// table is a row for each pair, a column for each scenario.
type table struct {
	options *options
	cells   map[string]map[pair]*cell // by scenario
}

func newTable(o *options) *table {
	t := &table{options: o, cells: make(map[string]map[pair]*cell)}
	for _, s := range o.scenarios {
		t.cells[s] = make(map[pair]*cell)
		for _, p := range o.pairs {
			t.cells[s][p] = new(cell)
		}
	}
	return t
}

func (t *table) add(scenario string, p pair, r, plain *bench.Report) {
	c := t.cells[scenario][p]
	c.cpu, c.plain = append(c.cpu, r.CPU), append(c.plain, plain.CPU)
	c.ratio, c.latency = append(c.ratio, r.CPU/plain.CPU), append(c.latency, r.P50/plain.P50)
}

// print writes two tables in Markdown: CPU time, then latency, as parts of the
// plain proxy's.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "CPU time of the gateway's process for a request ÷ the plain proxy's: median of %d rounds (smallest to largest), gateway's µs\n\n", t.options.rounds)
	t.rows(w, func(c *cell) string {
		return fmt.Sprintf("%.2f (%.2f–%.2f) %.0f", median(c.ratio), slices.Min(c.ratio), slices.Max(c.ratio), median(c.cpu))
	})
	fmt.Fprint(w, "\nMedian latency ÷ the plain proxy's: median of the rounds\n\n")
	t.rows(w, func(c *cell) string { return fmt.Sprintf("%.2f", median(c.latency)) })
}

func (t *table) rows(w io.Writer, show func(*cell) string) {
	fmt.Fprintf(w, "| client to upstream | %s |\n|---|%s\n", strings.Join(t.options.scenarios, " | "), strings.Repeat("---|", len(t.options.scenarios)))
	for _, p := range t.options.pairs {
		fmt.Fprintf(w, "| %s ", p)
		for _, s := range t.options.scenarios {
			fmt.Fprintf(w, "| %s ", show(t.cells[s][p]))
		}
		fmt.Fprintln(w, "|")
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

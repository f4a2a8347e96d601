package usage

import (
	"context"
	"slices"
	"strings"
)

// QueryAll sums up what all stores hold that a generation of the configuration uses, as one report.
func QueryAll(ctx context.Context, q Query) (*Report, error) {
	report := &Report{By: q.By}
	for _, r := range Recorders() {
		rows, err := r.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		report.merge(rows)
	}
	slices.SortFunc(report.Rows, func(a, b Row) int { return slices.Compare(a.Group, b.Group) })
	return report, nil
}

// Dropped returns how many records have been dropped since the process began, by the recorders that are in use.
func Dropped() uint64 {
	var n uint64
	for _, r := range Recorders() {
		n += r.Dropped()
	}
	return n
}

// Waiting returns how many records are not written yet.
func Waiting() (n int) {
	for _, r := range Recorders() {
		n += r.Waiting()
	}
	return n
}

// merge adds rows to those of the same group.
func (p *Report) merge(rows []Row) {
	known := make(map[string]int, len(p.Rows))
	for i := range p.Rows {
		known[strings.Join(p.Rows[i].Group, "\x00")] = i
	}
	for i := range rows {
		at, ok := known[strings.Join(rows[i].Group, "\x00")]
		if !ok {
			p.Rows = append(p.Rows, rows[i])
			continue
		}
		p.Rows[at].add(&rows[i])
	}
}

// add adds another row's numbers.
func (r *Row) add(o *Row) {
	r.Requests += o.Requests
	r.Attempts += o.Attempts
	r.Failed += o.Failed
	r.Estimated += o.Estimated
	r.Unpriced += o.Unpriced
	r.Input += o.Input
	r.CacheRead += o.CacheRead
	r.CacheWrite5m += o.CacheWrite5m
	r.CacheWrite1h += o.CacheWrite1h
	r.Output += o.Output
	r.Reasoning += o.Reasoning
	r.Cost += o.Cost
}

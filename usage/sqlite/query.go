package sqlite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// columns say what the dimensions are in the database.
var columns = map[usage.Dimension]string{
	usage.ByKey:      "key",
	usage.ByAccount:  "account",
	usage.ByModel:    "model_served",
	usage.ByAsked:    "model_asked",
	usage.ByProvider: "provider",
	usage.ByGateway:  "gateway",
	usage.ByDay:      "strftime('%Y-%m-%d', day * 86400, 'unixepoch')",
	usage.ByMonth:    "strftime('%Y-%m', day * 86400, 'unixepoch')",
}

const sums = `count(DISTINCT request), count(*), coalesce(sum(status >= 400), 0), coalesce(sum(estimated), 0),
	coalesce(sum(NOT priced AND input + cache_read + cache_write_5m + cache_write_1h + output > 0), 0),
	coalesce(sum(input), 0), coalesce(sum(cache_read), 0), coalesce(sum(cache_write_5m), 0),
	coalesce(sum(cache_write_1h), 0), coalesce(sum(output), 0), coalesce(sum(reasoning), 0), coalesce(sum(cost), 0)`

// Query sums up. The rows are in the order of their groups.
func (s *Store) Query(ctx context.Context, q usage.Query) ([]usage.Row, error) {
	text, args, err := compose(q)
	if err != nil {
		return nil, err
	}
	found, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
	}
	defer found.Close()
	var rows []usage.Row
	for found.Next() {
		r := usage.Row{Group: make([]string, len(q.By))}
		var into []any
		for i := range r.Group {
			into = append(into, &r.Group[i])
		}
		into = append(into, &r.Requests, &r.Attempts, &r.Failed, &r.Estimated, &r.Unpriced, &r.Input, &r.CacheRead,
			&r.CacheWrite5m, &r.CacheWrite1h, &r.Output, &r.Reasoning, &r.Cost)
		if err := found.Scan(into...); err != nil {
			return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
	}
	return rows, nil
}

// compose writes the statement. Values of the query go into it as arguments only.
func compose(q usage.Query) (text string, args []any, err error) {
	var groups, conditions []string
	for _, by := range q.By {
		column, ok := columns[by]
		if !ok {
			return "", nil, fmt.Errorf("usage cannot be grouped by %q", by)
		}
		groups = append(groups, column)
	}
	if !q.Since.IsZero() {
		conditions, args = append(conditions, "day >= ?", "time >= ?"), append(args, dayOf(q.Since), q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		conditions, args = append(conditions, "day <= ?", "time < ?"), append(args, dayOf(q.Until), q.Until.UnixMilli())
	}
	for _, m := range q.Where {
		column, ok := columns[m.Dimension]
		if !ok {
			return "", nil, fmt.Errorf("usage has no %q", m.Dimension)
		}
		conditions, args = append(conditions, column+" = ?"), append(args, m.Value)
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	for _, group := range groups {
		b.WriteString(group + ", ")
	}
	b.WriteString(sums + " FROM usage")
	if len(conditions) > 0 {
		b.WriteString(" WHERE " + strings.Join(conditions, " AND "))
	}
	if len(groups) > 0 {
		list := strings.Join(groups, ", ")
		b.WriteString(" GROUP BY " + list + " ORDER BY " + list)
	}
	return b.String(), args, nil
}

const history = `SELECT time - time % ?1 AS piece, sum(input + cache_read + cache_write_5m + cache_write_1h + output), sum(cost)
	FROM usage WHERE key = ?2 AND day BETWEEN ?5 AND ?6 AND time >= ?3 AND time < ?4 GROUP BY piece ORDER BY piece`

// History returns what a key has used, in pieces of step, at least a millisecond.
func (s *Store) History(ctx context.Context, key string, since, until time.Time, step time.Duration) ([]usage.Piece, error) {
	found, err := s.db.QueryContext(ctx, history, max(step.Milliseconds(), 1), key, since.UnixMilli(), until.UnixMilli(),
		dayOf(since), dayOf(until))
	if err != nil {
		return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
	}
	defer found.Close()
	var pieces []usage.Piece
	for found.Next() {
		var at int64
		var p usage.Piece
		if err := found.Scan(&at, &p.Tokens, &p.Cost); err != nil {
			return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
		}
		p.At = time.UnixMilli(max(at, since.UnixMilli()))
		pieces = append(pieces, p)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("reading usage from %s: %w", s.path, err)
	}
	return pieces, nil
}

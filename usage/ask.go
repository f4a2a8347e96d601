package usage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Ask is a query as people write it.
type Ask struct {
	By    string   // dimensions with commas between them
	Since string   // a date, a time, or how long ago; empty is 30 days ago
	Until string   // a date, whose end is meant, a time, or how long ago; empty is now
	Where []string // dimension=value
}

// Query reads the query. Errors say what was expected.
func (a Ask) Query(now time.Time) (q Query, err error) {
	for word := range strings.SplitSeq(a.By, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		if !slices.Contains(Dimensions, Dimension(word)) {
			return q, fmt.Errorf("usage cannot be grouped by %q; possible are %s", word, dimensionNames())
		}
		q.By = append(q.By, Dimension(word))
	}
	since := a.Since
	if since == "" {
		since = "30d"
	}
	if q.Since, err = moment(since, now, 0); err != nil {
		return q, fmt.Errorf("since: %w", err)
	}
	if a.Until != "" {
		if q.Until, err = moment(a.Until, now, 1); err != nil {
			return q, fmt.Errorf("until: %w", err)
		}
	}
	for _, condition := range a.Where {
		name, value, ok := strings.Cut(condition, "=")
		if !ok || !slices.Contains(Dimensions, Dimension(name)) {
			return q, fmt.Errorf("%q is not a condition such as key=alice; possible are %s", condition, dimensionNames())
		}
		q.Where = append(q.Where, Match{Dimension(name), value})
	}
	return q, nil
}

func dimensionNames() string {
	var names []string
	for _, d := range Dimensions {
		names = append(names, string(d))
	}
	return strings.Join(names, ", ")
}

// moment reads a time. To a date, days are added.
func moment(s string, now time.Time, days int) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, days), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if ago, err := caddy.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a date such as 2026-12-31, nor a time such as 2026-12-31T10:00:00Z, nor how long ago such as 7d", s)
}

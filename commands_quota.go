package aigateway

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// printQuota shows what an account's vendor has said of its quota and its limits, nothing if it has said nothing.
func printQuota(out io.Writer, a *accountStatus, now time.Time) error {
	if q := a.Quota; q != nil && q.Problem != "" {
		fmt.Fprintf(out, "\nthe vendor could not be asked for the quota: %s\n", q.Problem)
	}
	if q := a.Quota; q != nil && len(q.Models) > 0 {
		fmt.Fprintf(out, "\nthe vendor said %s what is left\n", ago(q.At, now))
		t := newTable(out, "MODEL", "LEFT", "AMOUNT", "RESETS IN")
		for _, m := range q.Models {
			left := text("%.0f%%", m.Remaining*100)
			if m.Remaining <= 0 {
				left.colour = red
			}
			t.row(text("%s", m.Model), left, text("%s", m.Amount), text("%s", until(m.Resets, now)))
		}
		if err := t.print(); err != nil {
			return err
		}
	}
	if a.Limits == nil {
		return nil
	}
	fmt.Fprintf(out, "\nthe vendor's latest answer with limits was %s\n", ago(a.Limits.At, now))
	t := newTable(out, "LIMIT", "LEFT", "USED", "WINDOW", "RESETS IN", "STATUS")
	for _, l := range a.Limits.Limits {
		t.row(text("%s", l.Name), l.left(), l.used(), l.window(), text("%s", until(l.Resets, now)), text("%s", l.Status))
	}
	return t.print()
}

func (l *limitStatus) left() cell {
	switch {
	case l.Remaining == nil && l.Limit == nil:
		return cell{}
	case l.Remaining == nil:
		return text("of %d", *l.Limit)
	}
	left := text("%d", *l.Remaining)
	if *l.Remaining == 0 {
		left.colour = red
	}
	if l.Limit != nil {
		left.text += fmt.Sprintf(" of %d", *l.Limit)
	}
	return left
}

func (l *limitStatus) used() cell {
	if l.Used == nil {
		return cell{}
	}
	used := text("%.0f%%", *l.Used*100)
	if *l.Used >= 1 {
		used.colour = red
	}
	return used
}

func (l *limitStatus) window() cell {
	if l.WindowSeconds == 0 {
		return cell{}
	}
	window := time.Duration(l.WindowSeconds * float64(time.Second)).String()
	return text("%s", strings.TrimSuffix(strings.TrimSuffix(window, "0s"), "0m"))
}

package geminiweb

import (
	"strings"
	"unicode/utf8"
)

// track turns the snapshots of a text, each of which holds all of it, into pieces that only grow. Snapshots are
// rewritten while they are written: a fence may appear and vanish, characters may be escaped for a while.
type track struct {
	sent      string
	realigned bool // the pieces together are not the last snapshot
}

// The bounds of looking for the place where a rewritten snapshot goes on.
const (
	window  = 3000 // runes
	overlap = 16   // fewer may match by chance
	heldEnd = 2    // runes that are held back, since the end is what changes
)

// next takes a snapshot and returns what of it is new.
func (t *track) next(snapshot string, final bool) string {
	if !final {
		snapshot = settled(snapshot)
	}
	if rest, ok := strings.CutPrefix(snapshot, t.sent); ok {
		t.sent = snapshot
		return rest
	}
	if strings.HasPrefix(t.sent, snapshot) {
		if final {
			t.realigned = true
		}
		return ""
	}
	if at, ok := goesOn(t.sent, snapshot); ok {
		t.sent = snapshot
		return snapshot[at:]
	}
	if !final {
		return ""
	}
	return t.last(snapshot)
}

// last ends a text whose last snapshot is another than what was sent. What has been said is never said again.
func (t *track) last(snapshot string) string {
	t.realigned = true
	if len(snapshot) <= len(t.sent) {
		return ""
	}
	at := common(t.sent, snapshot)
	if at < len(t.sent)/2 {
		at = len(t.sent)
		for at < len(snapshot) && !utf8.RuneStart(snapshot[at]) {
			at++
		}
	}
	t.sent = snapshot
	return snapshot[at:]
}

// common is how many bytes two texts begin with alike, up to a whole rune.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return n
}

// goesOn finds the longest end of what was sent within the end of the snapshot, and where the snapshot goes on behind
// it. If an end is in it, all shorter ones are.
func goesOn(sent, snapshot string) (at int, ok bool) {
	ends := []int{} // where ends of sent begin, the shortest first
	for i := len(sent); i > 0 && len(ends) < window; {
		_, n := utf8.DecodeLastRuneInString(sent[:i])
		i -= n
		ends = append(ends, i)
	}
	tail := snapshot[len(snapshot)-min(len(snapshot), 4*window):]
	low, high := overlap, len(ends) // the lengths in runes that are in it and that are not
	if high < low || !strings.Contains(tail, sent[ends[low-1]:]) {
		return 0, false
	}
	for low < high {
		mid := (low + high + 1) / 2
		if strings.Contains(tail, sent[ends[mid-1]:]) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	end := sent[ends[low-1]:]
	return len(snapshot) - len(tail) + strings.LastIndex(tail, end) + len(end), true
}

// settled cuts off the end of an unfinished snapshot, which may still change.
func settled(s string) string {
	s = strings.TrimSuffix(s, "\n```")
	for _, open := range []string{"```python?code", "<ctrl94>", "http://googleusercontent.com/"} {
		if i := strings.LastIndex(s, open); i >= 0 {
			s = s[:i] // cleaning removes it when it is complete
		}
	}
	line := strings.LastIndexByte(s, '\n') + 1
	for i := line; i+1 < len(s); i++ {
		if s[i] == '\\' && strings.IndexByte("*_`~", s[i+1]) >= 0 {
			s = s[:i]
			break
		}
	}
	for range heldEnd {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

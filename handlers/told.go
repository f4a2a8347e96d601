package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// remembered is what the gateway knows of an account besides how it fares. Reloads keep it.
type remembered struct {
	quota     quotaState
	told      told
	misplaced misplacement
	strict    atomic.Bool // its server refuses the member in which Google's signatures stand in Chat Completions
}

func memoryOf(a *pool.Account) *remembered {
	return a.State.Memory(func() any { return new(remembered) }).(*remembered)
}

// told is the header of the latest answer that told of the account's limits. It is read when somebody wants to know, so
// that a request costs no more than a look at the names.
type told struct {
	mu     sync.Mutex
	header http.Header
	at     time.Time
}

// limitPrefixes begin the names of headers that tell of limits.
var limitPrefixes = [...]string{"X-Ratelimit-", "Anthropic-Ratelimit-", "Anthropic-Priority-", "Anthropic-Fast-", "X-Codex-"}

// hear keeps the header if it tells of limits. Nobody may change it any more.
func (t *told) hear(h http.Header) {
	for name := range h {
		if name[0] != 'X' && name[0] != 'A' || limitPrefix(name) == "" {
			continue
		}
		t.mu.Lock()
		t.header, t.at = h, time.Now()
		t.mu.Unlock()
		return
	}
}

func limitPrefix(name string) string {
	for _, prefix := range limitPrefixes {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// Limits are what a vendor's headers said last of an account's limits, and when.
type Limits struct {
	List []Limit
	At   time.Time // zero if they never said anything
}

// Limit is one of them.
type Limit struct {
	Name      string        // the vendor's own: requests, tokens, unified-5h, primary
	Limit     int64         // -1 if the vendor does not say
	Remaining int64         // -1 if the vendor does not say
	Used      float64       // the share that is used up, from 0 to 1; -1 if the vendor does not say
	Window    time.Duration // that the limit is for; 0 if the vendor does not say
	Status    string        // a word of the vendor's, such as allowed
	Resets    time.Time     // zero if the vendor does not say
}

// LastLimits returns what the account's vendor said last of its limits.
func LastLimits(a *pool.Account) Limits {
	t := &memoryOf(a).told
	t.mu.Lock()
	header, at := t.header, t.at
	t.mu.Unlock()
	return Limits{readLimits(header, at), at}
}

// limitFields are the words in headers' names that say what the value is of a limit. Of those that end alike the longest
// comes first.
var limitFields = []struct {
	word string
	set  func(l *Limit, value string, at time.Time)
}{
	{"reset-after-seconds", func(l *Limit, v string, at time.Time) { l.Resets = resetTime(v+"s", at) }},
	{"used-percent", func(l *Limit, v string, _ time.Time) { l.Used = share(v, 100) }},
	{"utilization", func(l *Limit, v string, _ time.Time) { l.Used = share(v, 1) }},
	{"window-minutes", func(l *Limit, v string, _ time.Time) { l.Window = time.Duration(count(v, 0)) * time.Minute }},
	{"remaining", func(l *Limit, v string, _ time.Time) { l.Remaining = count(v, -1) }},
	{"reset", func(l *Limit, v string, at time.Time) { l.Resets = resetTime(v, at) }},
	{"limit", func(l *Limit, v string, _ time.Time) { l.Limit = count(v, -1) }},
	{"status", func(l *Limit, v string, _ time.Time) { l.Status = v }},
}

// maxLimits bounds what an upstream can have shown.
const maxLimits = 50

// readLimits reads the limits that a header tells of, sorted by their names.
func readLimits(h http.Header, at time.Time) []Limit {
	var list []Limit
	for name, values := range h {
		prefix := limitPrefix(name)
		if prefix == "" || len(values) == 0 || !isWord(values[0]) {
			continue
		}
		rest := strings.ToLower(strings.TrimPrefix(name, prefix))
		if kind := strings.TrimPrefix(prefix, "Anthropic-"); kind == "Priority-" || kind == "Fast-" {
			rest = strings.ToLower(kind) + rest
		}
		for _, field := range limitFields {
			limit, ok := limitName(rest, field.word)
			if !ok {
				continue
			}
			i := slices.IndexFunc(list, func(l Limit) bool { return l.Name == limit })
			if i < 0 && len(list) == maxLimits {
				break
			}
			if i < 0 {
				i, list = len(list), append(list, Limit{Name: limit, Limit: -1, Remaining: -1, Used: -1})
			}
			field.set(&list[i], values[0], at)
			break
		}
	}
	slices.SortFunc(list, func(a, b Limit) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// limitName takes the word out of a header's name: OpenAI writes it first, the others last. Without a rest the limit is
// the only one of its kind.
func limitName(rest, word string) (string, bool) {
	if rest == word {
		return "all", true
	}
	if name, ok := strings.CutSuffix(rest, "-"+word); ok {
		return name, true
	}
	return strings.CutPrefix(rest, word+"-")
}

func count(value string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 && n < 1e15 {
		return n
	}
	return otherwise
}

func share(value string, whole float64) float64 {
	if f, err := strconv.ParseFloat(value, 64); err == nil && f >= 0 && f < 1e6 {
		return f / whole
	}
	return -1
}

// resetTime reads when a limit is full again: a time, a length of time, seconds or milliseconds since 1970, or seconds
// from now.
func resetTime(value string, at time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t
	}
	if d, err := time.ParseDuration(value); err == nil {
		return at.Add(d)
	}
	switch n := count(value, -1); {
	case n > 1e11:
		return time.UnixMilli(n)
	case n > 1e8:
		return time.Unix(n, 0)
	case n >= 0:
		return at.Add(time.Duration(n) * time.Second)
	}
	return time.Time{}
}

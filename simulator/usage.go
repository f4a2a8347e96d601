package simulator

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// usage counts tokens. A token is a word, that is, what stands between white space.
type usage struct {
	input      int // all of it, cached or not
	cacheRead  int
	cacheWrite int
	output     int // with reasoning
	reasoning  int
}

const (
	tokensPerTurn       = 3
	tokensPerTool       = 8
	tokensPerAttachment = 258
)

func tokens(text string) int { return len(strings.Fields(text)) }

// segments are the tokens of the parts of a request that a cache can share with another one: what comes before the
// turns, then each turn; each with the hash of the whole prefix up to its end.
func (c *conversation) segments() []segment {
	h := sha256.New()
	var all []segment
	total := 0
	add := func(marked bool, n int, fields ...string) {
		for _, f := range fields {
			fmt.Fprintf(h, "%d:%s", len(f), f)
		}
		total += n
		all = append(all, segment{tokens: total, marked: marked, key: [sha256.Size]byte(h.Sum(nil))})
	}
	n, head := 0, []string{c.model, fmt.Sprint(c.marksCache)}
	for _, text := range c.system {
		n, head = n+tokens(text), append(head, text)
	}
	for _, t := range c.tools {
		n += tokensPerTool + tokens(t.name+" "+t.description) + len(t.schema.Raw)/8
		head = append(head, t.name, t.description, t.schema.Raw)
	}
	add(c.systemMarked, n, head...)
	for _, t := range c.turns {
		n, fields := tokensPerTurn, []string{fmt.Sprint(t.role)}
		for _, p := range t.parts {
			n += p.tokens()
			fields = append(fields, p.text, p.name, p.arguments, fmt.Sprint(p.size), p.url)
		}
		add(t.marked, n, fields...)
	}
	return all
}

func (p part) tokens() int {
	if p.kind == partAttachment {
		return tokensPerAttachment
	}
	return tokens(p.text) + tokens(p.name) + len(p.arguments)/4
}

// segment is the end of a part of a request.
type segment struct {
	tokens int // of the request up to here
	marked bool
	key    [sha256.Size]byte
}

// inputUsage counts a request and remembers it, so that the next one with the same beginning reads from the cache.
func (s *Simulator) inputUsage(c *conversation, pretendCached bool) usage {
	segments := c.segments()
	total := segments[len(segments)-1].tokens
	u := usage{input: total}
	writable := 0
	for _, seg := range segments {
		if _, seen := s.prefixes.get(seg.key); seen {
			u.cacheRead = seg.tokens
		}
		if seg.marked {
			writable = seg.tokens
		}
	}
	for _, seg := range segments {
		if !c.marksCache || seg.tokens <= writable {
			s.prefixes.put(seg.key, struct{}{})
		}
	}
	if c.marksCache {
		writable = max(0, min(writable, total-tokensPerTurn))
		u.cacheRead = min(u.cacheRead, writable)
		u.cacheWrite = writable - u.cacheRead
	}
	if pretendCached && u.cacheRead == 0 {
		u.cacheRead, u.cacheWrite = max(1, total/2), 0
	}
	u.cacheRead = min(u.cacheRead, total)
	return u
}

// countInput counts a request without remembering it.
func (c *conversation) countInput() int {
	segments := c.segments()
	return segments[len(segments)-1].tokens
}

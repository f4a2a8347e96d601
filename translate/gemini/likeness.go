package gemini

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// mark is a place in a chunk.
type mark struct {
	at    ir.Span
	kind  markKind
	count count // of markCount
}

type markKind uint8

const (
	markText  markKind = iota + 1 // the text of a part, a string
	markCount                     // a number of usageMetadata
	markModel                     // modelVersion
)

// likeness is a chunk of a stream that later ones are compared with. Google
// sends the same object time and again, with another piece of text and other
// counts: what has the same bytes between them means the same, so that only the
// text and the counts need to be read. All others are read in full.
type likeness struct {
	data    []byte // a copy of the chunk; empty for none
	marks   []mark
	counts  counts
	tier    string
	index   int  // of the candidate
	thought bool // of its only part
	usage   bool

	chunks  int // that were read in full
	learned int
}

const (
	maxLikeness = 8 << 10 // bytes of a chunk that is compared with
	maxLearned  = 8       // chunks of a stream that are learned from
)

// learn remembers the chunk that was just read if it is of the usual shape. The
// first one is not: it may be a whole answer.
func (c *chunk) learn(data []byte) {
	l := &c.like
	l.chunks++
	if l.chunks < 2 || l.learned == maxLearned || len(data) > maxLikeness || !c.usual() {
		return
	}
	w := &c.cands[0]
	l.learned++
	l.data, l.marks = append(l.data[:0], data...), append(l.marks[:0], c.marks...)
	l.counts, l.tier, l.usage = c.counts, c.tier, c.usages > 0 // even if nothing in it could be read: others may tell it
	l.index, l.thought = w.index, w.parts[0].thought
}

// usual reports whether the chunk holds one piece of text, and beside it nothing
// but counts and names.
func (c *chunk) usual() bool {
	if len(c.cands) != 1 || len(c.cands[0].parts) != 1 || c.block != "" || c.failure != nil || c.usages > 1 {
		return false
	}
	w := &c.cands[0]
	if w.finish != "" || w.message != "" || w.grounding != nil || w.citations != nil || w.logprobs != nil {
		return false
	}
	p := &w.parts[0]
	return p.textAt.Len() > 0 && p.hasText && p.sig == "" && p.media == nil && !p.call && p.result == nil && p.server == nil && p.ext == nil
}

// match reads a chunk that is like the one that was learned. Otherwise it is
// false, and has changed nothing that reading does not set.
func (c *chunk) match(data []byte) bool {
	l := &c.like
	if len(l.data) == 0 {
		return false
	}
	var text ir.Text
	var model ir.Span
	n := l.counts
	at, from := 0, 0
	for i := range l.marks {
		m := &l.marks[i]
		between := l.data[from:m.at.Start]
		if !bytes.HasPrefix(data[at:], between) {
			return false
		}
		at, from = at+len(between), m.at.End
		size := 0
		switch m.kind {
		case markText:
			text, size = jsonx.TextAt(data[at:])
		case markCount:
			n[m.count], size = digits(data[at:])
		case markModel:
			if name := l.data[m.at.Start:m.at.End]; bytes.HasPrefix(data[at:], name) {
				size = len(name)
				model = ir.Span{Start: at, End: at + size}
			}
		}
		if size == 0 {
			return false
		}
		at += size
	}
	if !bytes.Equal(data[at:], l.data[from:]) {
		return false
	}
	c.resemble(text, model, &n)
	return true
}

// resemble makes the chunk the learned one with another text and other counts.
func (c *chunk) resemble(text ir.Text, model ir.Span, n *counts) {
	l := &c.like
	if !c.alike {
		w := &c.cands[:1][0]
		p := &w.parts[:1][0]
		*p = wirePart{hasText: true, thought: l.thought, spare: p.spare}
		*w = wireCandidate{index: l.index, parts: w.parts[:1]}
		c.id, c.model, c.created = "", "", ""
		c.cands, c.block, c.failure, c.tier = c.cands[:1], "", nil, l.tier
		c.alike = true
	}
	c.cands[0].parts[0].text, c.modelAt = text, model
	if c.hasUsage = false; l.usage {
		c.usage, c.hasUsage = n.usage()
	}
}

// maxDigits is how many digits surely fit into 64 bits.
const maxDigits = 18

// digits reads the whole number at the start of data and tells its length, 0
// if there is none that is written plainly.
func digits(data []byte) (n int64, size int) {
	for size < len(data) && data[size]-'0' <= 9 {
		n = n*10 + int64(data[size]-'0')
		if size++; size > maxDigits {
			return 0, 0
		}
	}
	if size > 1 && data[0] == '0' {
		return 0, 0
	}
	return n, size
}

package jsonx

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Likeness is an object of a stream that later ones are compared with. Vendors
// send the same object time and again with another piece of text in it, and
// perhaps another number or some padding: what has the same bytes between these
// means the same, so that nothing but the text needs to be read. It is the
// decoder that knows which objects are that plain and which of their members do
// not matter; all others it reads in full. The zero value is like nothing.
type Likeness struct {
	data  []byte            // a copy of the object
	gaps  [maxLoose + 1]gap // what differs, in order: the text, and some of the loose members
	open  int               // how many gaps there are; 0 when nothing was learned
	tail  int               // where data goes on behind the last gap
	loose [maxLoose]gap     // the members that may differ
	vary  uint8             // which of them do, a bit each
	count int               // of them

	read, vain int // objects that were read in full; learned from since one was recognised
}

// gap is a value that may differ: a string without its quotes or a number.
type gap struct {
	start, end uint16
	kind       gapKind
}

type gapKind uint8

const (
	gapText   gapKind = iota // the text
	gapString                // a string that nobody reads
	gapNumber                // a number that nobody reads
)

const (
	maxLoose    = 8       // members that may differ
	maxLikeness = 8 << 10 // bytes of an object that is compared with
	maxVain     = 8       // objects that are learned from although no other was like them
	seldom      = 64      // how many objects are read for one that is learned from after that
)

// Learn takes an object as the one that later ones are compared with. text is
// where its text stands, with its quotes: a string that every decoder of the
// object reads as Text. Other members of the top level that are strings or numbers
// may differ if loose says that nobody reads them; those that do differ from
// object to object are found out by learning from two. Learn is false when it has not
// taken the object: when that is long, or when too many were taken in vain.
func (l *Likeness) Learn(data []byte, text ir.Span, loose func(key string) bool) bool {
	if l.read++; len(data) > maxLikeness || text.Len() < 2 || l.vain >= maxVain && l.read%seldom != 0 {
		return false
	}
	l.vain++
	var found [maxLoose]gap
	n := 0
	var r Reader
	r.Reset(data)
	for in := r.Kind() == Object && r.Object(); in && r.Member(); {
		if n == maxLoose || r.pos == text.Start || !loose(r.Key()) {
			continue
		}
		start := uint16(r.pos)
		switch kind := r.Kind(); kind {
		case String:
			r.Skip()
			found[n] = gap{start + 1, uint16(r.pos) - 1, gapString}
			n++
		case Number:
			r.Skip()
			found[n] = gap{start, uint16(r.pos), gapNumber}
			n++
		}
	}
	if r.End() != nil {
		return false
	}
	if n != l.count {
		l.vary = 0
	}
	for i := range n {
		if was := l.loose[i]; n == l.count && !bytes.Equal(l.data[was.start:was.end], data[found[i].start:found[i].end]) {
			l.vary |= 1 << i
		}
	}
	l.data, l.loose, l.count = append(l.data[:0], data...), found, n
	l.open, l.tail = 0, 0
	said := gap{uint16(text.Start) + 1, uint16(text.End) - 1, gapText}
	for i := range n {
		if l.vary>>i&1 == 0 {
			continue
		}
		if said.start > 0 && said.start < found[i].start {
			l.add(said)
			said.start = 0
		}
		l.add(found[i])
	}
	if said.start > 0 {
		l.add(said)
	}
	return true
}

// add adds the gap that comes next.
func (l *Likeness) add(g gap) {
	l.gaps[l.open], l.tail = g, int(g.end)
	l.open++
}

// Forget makes l like nothing until it learns anew.
func (l *Likeness) Forget() { l.open, l.count = 0, 0 }

// Place is where a part of the learned object stands in one of n bytes that is
// like it. It is empty for a part that has what differs on both sides.
func (l *Likeness) Place(at ir.Span, n int) ir.Span {
	switch {
	case at.End <= int(l.gaps[0].start):
		return at
	case at.Start >= l.tail:
		longer := n - len(l.data)
		return ir.Span{Start: at.Start + longer, End: at.End + longer}
	}
	return ir.Span{}
}

// Match returns the text of an object that is like the one that was learned. It
// is false for all others, and for one without text: an empty text may mean
// something else.
func (l *Likeness) Match(data []byte) (text ir.Text, ok bool) {
	at, fl := l.match(data)
	if at.Len() == 0 {
		return "", false
	}
	return textOf(data[at.Start:at.End], fl), true
}

// textOf is the Text of what stands between a string's quotes.
func textOf(b []byte, fl flags) ir.Text {
	if fl&^escaped != 0 {
		return repair(alias(b), fl)
	}
	return ir.Text(alias(b))
}

// TextAt is the string at the very start of data and how long it is with its
// quotes, 0 if there is none or it is not valid.
func TextAt(data []byte) (text ir.Text, size int) {
	if len(data) == 0 || data[0] != '"' {
		return "", 0
	}
	end, fl, msg := stringEnd(data, 1)
	if msg != "" {
		return "", 0
	}
	return textOf(data[1:end], fl), end + 1
}

// Is reports whether Match would be true.
func (l *Likeness) Is(data []byte) bool {
	at, _ := l.match(data)
	return at.Len() > 0
}

// match finds the text, which is empty when data is not alike.
func (l *Likeness) match(data []byte) (text ir.Span, fl flags) {
	at, from := 0, 0
	for i := range l.gaps[:l.open] {
		g := &l.gaps[i]
		before := l.data[from:g.start]
		from = int(g.end)
		if len(data)-at < len(before) || string(data[at:at+len(before)]) != string(before) {
			return ir.Span{}, 0
		}
		at += len(before)
		if g.kind == gapNumber {
			n := plainDigits(data[at:])
			if n == 0 {
				return ir.Span{}, 0
			}
			at += n
			continue
		}
		end, f, msg := stringEnd(data, at)
		if msg != "" {
			return ir.Span{}, 0
		}
		if g.kind == gapText {
			text, fl = ir.Span{Start: at, End: end}, f
		}
		at = end
	}
	if text.Len() > 0 && string(data[at:]) != string(l.data[l.tail:]) {
		return ir.Span{}, 0
	}
	if text.Len() > 0 {
		l.vain = 0
	}
	return text, fl
}

// plainDigits is the length of the whole number at the start of b, 0 if there
// is none or it is written otherwise.
func plainDigits(b []byte) int {
	n, ok := digits(b, 0)
	if !ok || n > 1 && b[0] == '0' {
		return 0
	}
	return n
}

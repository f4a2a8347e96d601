package jsonx

import (
	"encoding/binary"
	"math/bits"
)

// escapes looks at the escapes that blocks do not know to be right: those other
// than \" \\ \n \t.
type escapes struct {
	pair int // where the last pair of surrogates ends
	lone int // where the last half of a pair stands that is alone
}

// check looks at escapes in the block at base, given by what follows their
// backslashes. It is false, and remembers nothing, when one of them is wrong.
func (e *escapes) check(b []byte, base int, escaped uint64) bool {
	if base == 0 || len(b) < base+blockSize+7 {
		return e.each(b, base, escaped)
	}
	// Many encoders write each < > & as \u003c \u003e \u0026: a third of all
	// escapes then.
	const low = '\\' | 'u'<<8 | '0'<<16 | '0'<<24
	text := (*[1 + blockSize + 7]byte)(b[base-1:])
	for ; escaped != 0; escaped &= escaped - 1 {
		at := bits.TrailingZeros64(escaped) & (blockSize - 1)
		x := binary.LittleEndian.Uint64(text[at : at+8])
		if uint32(x) != low || hexDigits[byte(x>>32)]|hexDigits[byte(x>>40)] < 0 {
			return e.each(b, base, escaped)
		}
	}
	return true
}

// each is check for any escapes.
func (e *escapes) each(b []byte, base int, escaped uint64) bool {
	before := *e
	for ; escaped != 0; escaped &= escaped - 1 {
		if !e.one(b, base+bits.TrailingZeros64(escaped)-1) {
			*e = before
			return false
		}
	}
	return true
}

// one looks at the escape at an offset.
func (e *escapes) one(b []byte, at int) bool {
	if at < e.pair {
		return true // the second of a pair
	}
	size, fl, msg := escape(b[at:])
	if fl&lone != 0 {
		e.lone = at
	}
	if size > len(`\u0000`) {
		e.pair = at + size
	}
	return msg == ""
}

// flags is lone when half a pair is at the offset or behind it.
func (e *escapes) flags(start int) flags {
	if e.lone >= start && e.lone > 0 {
		return lone
	}
	return 0
}

// resume is where reading byte by byte can go on in the string that begins at
// start, if blocks have been read up to pos: not in the middle of an escape.
func (e *escapes) resume(b []byte, start, pos int) int {
	if e.pair > pos {
		return e.pair
	}
	for pos > start && b[pos-1] == '\\' {
		pos--
	}
	return pos
}

// stringBlocks is stringWords by blocks, as far as they tell.
func stringBlocks(b []byte, i int, fl flags) (end int, _ flags, msg string) {
	var (
		blocks [batch]block
		e      escapes
		carry  uint64
	)
	inside, start := ^uint64(0), i
	for size := 2; ; size = min(2*size, batch) {
		n := min(size, (len(b)-i)/blockSize)
		scan(blocks[:n], b[i:])
		good, _ := classify(blocks[:n], &carry, &inside)
		for k := range blocks[:good] {
			m, before := &blocks[k], ^uint64(0)
			if m.quote != 0 {
				before = m.quote&-m.quote - 1
			}
			if rare := m.letter & before; rare != 0 && !e.check(b, i, rare) {
				n = 0
				break
			}
			fl |= contentFlags(m.slash&before, m.high&before)
			if m.quote != 0 {
				return i + bits.TrailingZeros64(m.quote), fl | e.flags(start), ""
			}
			i += blockSize
		}
		if good < n || n == 0 {
			return stringWords(b, e.resume(b, start, i), len(b), fl|e.flags(start))
		}
	}
}

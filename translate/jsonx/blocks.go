package jsonx

// blockSize is how many bytes a block tells about: as many as a word has bits.
const blockSize = 64

// batch is how many blocks are scanned at once: 1 KB, so that the call counts
// for nothing and what it finds is still near.
const batch = 16

// block tells what stands where in 64 bytes of a body. Each field has a bit for
// each of them, the lowest for the first. scan fills it; classify goes on from there.
type block struct {
	quote   uint64 // "; then those alone that begin or end a string
	slash   uint64 // \
	letter  uint64 // n and t; then what is escaped and neither of them, nor " or \
	bracket uint64 // { } [ ], and Y, _, y and DEL, as it is cheaper so; then those between strings
	odd     uint64 // bytes below 0x20 and from 0x80 up
	high    uint64 // bytes from 0x80 up
}

// classify finds out where in blocks that follow each other strings begin and
// end. It stops at a block with what no valid body has: a control character in
// a string, or a backslash in none.
//
// escaped is 1 when the first byte is escaped, inside has all bits set when it
// is in a string; both are updated. n is how many blocks are good, and high has
// a bit set if a byte of them is not ASCII.
func classify(blocks []block, escaped, inside *uint64) (n int, high uint64) {
	carry, in := *escaped, *inside
	for n = range blocks {
		b := &blocks[n]
		next, after := b.escapes(carry)
		quotes := b.quote &^ next
		within := in
		if quotes != 0 {
			within ^= between(quotes)
		}
		if (b.odd^b.high)&within|b.slash&^within != 0 {
			return n, high
		}
		b.letter = next &^ (b.quote | b.slash | b.letter)
		b.quote = quotes
		b.bracket &^= within
		high |= b.high
		carry, in = after, uint64(int64(within)>>63)
	}
	*escaped, *inside = carry, in
	return len(blocks), high
}

// escapes are the bytes of a block that are escaped, if it is inside of a
// string. carry is 1 when the first of them is, and after is that for the next
// block.
func (b *block) escapes(carry uint64) (escaped, after uint64) {
	// Of a row of backslashes the first, third, fifth … begins an escape. Which
	// ones these are tells a subtraction, whose borrow runs along each row: the
	// method is simdjson's (https://github.com/simdjson/simdjson,
	// json_escape_scanner.h).
	const odds = 0xAAAAAAAAAAAAAAAA
	row := b.slash &^ carry
	ends := (row<<1 | odds) - row ^ odds
	return ends ^ (b.slash | carry), ends & b.slash >> 63
}

// between sets the bits from each first of two quotes up to the second, which is
// left out: a bit is set when the number of quotes up to it is odd.
func between(quotes uint64) uint64 {
	quotes ^= quotes << 1
	quotes ^= quotes << 2
	quotes ^= quotes << 4
	quotes ^= quotes << 8
	quotes ^= quotes << 16
	return quotes ^ quotes<<32
}

// content tells whether there are backslashes, and bytes that are not ASCII,
// from one byte of a batch up to another.
func content(blocks *[batch]block, from, to int) flags {
	var slash, high uint64
	for i := from / blockSize; i*blockSize < to; i++ {
		b, mask := &blocks[i], ^uint64(0)
		if i == from/blockSize {
			mask <<= from % blockSize
		}
		if i == to/blockSize {
			mask &= 1<<(to%blockSize) - 1
		}
		slash |= b.slash & mask
		high |= b.high & mask
	}
	return contentFlags(slash, high)
}

// contentFlags are the flags for backslashes and for bytes that are not ASCII.
func contentFlags(slash, high uint64) (fl flags) {
	if slash != 0 {
		fl = escaped
	}
	if high != 0 {
		fl |= nonASCII
	}
	return fl
}

// blockOf is what scan finds in the first bytes of b, up to 64, one after another.
func blockOf(b []byte) (m block) {
	for i, c := range b[:min(len(b), blockSize)] {
		bit := uint64(1) << i
		switch {
		case c == '"':
			m.quote |= bit
		case c == '\\':
			m.slash |= bit
		case c == 'n' || c == 't':
			m.letter |= bit
		case c|0x26 == 0x7F:
			m.bracket |= bit
		case c < ' ':
			m.odd |= bit
		case c >= 0x80:
			m.odd |= bit
			m.high |= bit
		}
	}
	return m
}

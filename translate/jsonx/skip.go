package jsonx

import "math/bits"

// progress is how far an object or array has been moved over.
type progress struct {
	pos   int
	depth int
	open  int   // where the string begins in which pos is, 0 when it is in none
	fl    flags // what was in that string so far
}

// walker moves over an object or array by what blocks tell of it, and writes
// the outline.
type walker struct {
	progress
	r       *Reader
	stack   uint64 // the levels from r.depth on, the last in the lowest bit: 1 is an object
	carry   uint64 // see classify
	inside  uint64
	escapes escapes
	blocks  [batch]block
}

// skipBlocks moves over as much of an object or array as it can by blocks, and
// is true when it stands before the closing bracket. It stops before the last
// bytes of the body and before what it does not understand, errors above all:
// what they are is found out byte by byte, as where there are no vectors.
func (r *Reader) skipBlocks() (p progress, end bool) {
	w := walker{progress: progress{pos: r.pos, depth: r.depth}, r: r}
	// A small value does not need a whole batch.
	for next := 2; ; next = min(2*next, batch) {
		n := min(next, (len(r.data)-w.pos)/blockSize)
		blocks := w.blocks[:n]
		scan(blocks, r.data[w.pos:])
		good, high := classify(blocks, &w.carry, &w.inside)
		size := w.walk(blocks[:good])
		if w.open != 0 && (w.fl&escaped == 0 || high != 0) { // else there is nothing new
			w.fl |= content(&w.blocks, max(w.open-w.pos, 0), size)
		}
		w.pos += size
		if n == 0 || size < n*blockSize {
			return w.leave(), w.depth == r.depth && w.pos > r.pos
		}
	}
}

// walk moves over blocks, and returns how many of their bytes it has seen.
func (w *walker) walk(blocks []block) (size int) {
	for i := range blocks {
		b := &blocks[i]
		if b.letter != 0 && !w.escapes.check(w.r.data, w.pos+i*blockSize, b.letter) {
			return i * blockSize
		}
		if b.quote|b.bracket == 0 {
			continue
		}
		quotes, stop := b.quote, blockSize
		if b.bracket != 0 {
			stop = w.brackets(w.pos+i*blockSize, b.bracket)
			quotes &= 1<<stop - 1
		}
		if quotes != 0 {
			w.strings(i*blockSize, quotes)
		}
		if stop < blockSize {
			return i*blockSize + stop
		}
	}
	return len(blocks) * blockSize
}

// brackets opens and closes objects and arrays by the brackets in the 64 bytes
// from base on. It stops at the one that closes the value, at those that do not
// match, and when it has gone too deep.
func (w *walker) brackets(base int, brackets uint64) (stop int) {
	const deep = 63 // as many levels as fit into the stack, but one
	depth, stack, floor := w.depth, w.stack, w.r.depth
	text := (*[blockSize]byte)(w.r.data[base:])
	stop = blockSize
	for ; brackets != 0; brackets &= brackets - 1 {
		at := bits.TrailingZeros64(brackets) & (blockSize - 1)
		// A bit of a bracket's own tells what it is: a branch here would be mispredicted
		// more often than not.
		c := uint64(text[at])
		opens, closes, object := c>>1&1, c>>2&1, c>>5&1
		if opens == closes || closes&(stack^object) != 0 || depth-floor == deep || depth == MaxDepth {
			stop = at
			break
		}
		depth += int(opens<<1) - 1
		next := stack >> 1
		if opens != 0 {
			next = stack<<1 | object
		}
		stack = next
		if depth == floor {
			stop = at
			break
		}
	}
	w.depth, w.stack = depth, stack
	return stop
}

// strings notes what stands between the quotes of a block, which begins at base
// in the batch.
func (w *walker) strings(base int, quotes uint64) {
	if w.open != 0 {
		at := bits.TrailingZeros64(quotes)
		quotes &= quotes - 1
		w.close(base + at)
	}
	text, o := (*[blockSize]byte)(w.r.data[w.pos+base:]), w.r.outline
	for quotes != 0 {
		from := bits.TrailingZeros64(quotes) + 1
		quotes &= quotes - 1
		if quotes == 0 {
			w.open, w.fl = w.pos+base+from, 0
			return
		}
		to := bits.TrailingZeros64(quotes)
		quotes &= quotes - 1
		// It is shorter than a block, hence shorter than minNoted.
		if !o.Ignores(to-from, text[from&(blockSize-1)]) {
			o.See(alias(text[from:to]))
		}
	}
}

// close notes the open string, which ends at a byte of the batch.
func (w *walker) close(at int) {
	start, end := w.open, w.pos+at
	w.fl |= content(&w.blocks, max(start-w.pos, 0), at)
	if w.escapes.flags(start) != 0 && end-start >= minNoted {
		// Perhaps it is a string behind it that has half a pair.
		_, w.fl, _ = stringEnd(w.r.data, start)
	}
	w.r.note(start, end, w.fl)
	w.open = 0
}

// leave hands over to who goes on byte by byte.
func (w *walker) leave() progress {
	for level := w.depth - 1; level >= w.r.depth; level-- {
		w.r.setLevel(level, w.stack&1 == 1)
		w.stack >>= 1
	}
	p := w.progress
	if p.open != 0 {
		p.pos = w.escapes.resume(w.r.data, p.open, p.pos)
		p.fl |= w.escapes.flags(p.open)
	}
	return p
}

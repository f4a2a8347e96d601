package jsonx

// Skip moves over the next value. Inside an object or array it checks the
// strings and the nesting only.
func (r *Reader) Skip() { r.Raw() }

// Raw is the next value as the bytes it arrived in, without the white space
// around it, aliasing the body. Inside an object or array only the strings and
// the nesting are checked; what else is wrong there is for the receiver to
// find. Null is the four bytes "null". The bytes may hold line breaks between
// the tokens, see AppendCompact, and must not be appended to.
func (r *Reader) Raw() []byte {
	start := r.pos
	switch r.Kind() {
	case Object, Array:
		r.skipNested()
	case String:
		if _, _, ok := r.scanString(); ok {
			r.ready = false
		}
	case Number:
		r.Number()
	case Bool:
		r.Bool()
	case Null:
		r.literal("null")
	default:
		r.failValue()
	}
	if r.err != nil {
		return nil
	}
	return r.data[start:r.pos]
}

// failValue fails because no value is next.
func (r *Reader) failValue() {
	if r.err == nil && !r.ready {
		r.fail("expected a value, but it is already read")
		return
	}
	r.failByte("expected a value")
}

// skipNested moves over the object or array that is next.
func (r *Reader) skipNested() {
	if vectors && r.noting {
		r.skipNoting()
		return
	}
	r.skipBytes(r.pos, r.depth)
}

// skipNoting is skipNested for a Reader that writes an outline: by blocks as
// far as these go, and then byte by byte.
func (r *Reader) skipNoting() {
	p, end := r.skipBlocks()
	if end {
		r.pos = p.pos + 1
		r.ready = false
		return
	}
	if p.open != 0 {
		end, fl, msg := stringEnd(r.data, p.pos)
		if msg != "" {
			r.failAt(end, msg)
			return
		}
		r.note(p.open, end, p.fl|fl)
		p.pos = end + 1
	}
	r.skipBytes(p.pos, p.depth)
}

// skipBytes moves from i, which is in no string, over the rest of the object or array.
func (r *Reader) skipBytes(i, depth int) {
	// The bits of the levels above r.depth are free to use.
	for ; i < len(r.data); i++ {
		switch c := r.data[i]; c {
		case '"':
			end, _, msg := r.endOf(i + 1)
			if msg != "" {
				r.failAt(end, msg)
				return
			}
			i = end
		case '{', '[':
			if depth == MaxDepth {
				r.pos = i
				r.failDepth()
				return
			}
			r.setLevel(depth, c == '{')
			depth++
		case '}', ']':
			if object := r.isObject(depth - 1); object != (c == '}') {
				r.failByteAt(i, expectedAfterValue(object))
				return
			}
			depth--
			if depth == r.depth {
				r.pos = i + 1
				r.ready = false
				return
			}
		}
	}
	r.failAt(len(r.data), endOfBody)
}

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
	// The bits of the levels above r.depth are free to use.
	stack, depth := &r.stack, r.depth
	for i := r.pos; i < len(r.data); i++ {
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
			word, bit := depth/64, uint64(1)<<(depth%64)
			stack[word] &^= bit
			if c == '{' {
				stack[word] |= bit
			}
			depth++
		case '}', ']':
			if object := stack[(depth-1)/64]>>((depth-1)%64)&1 == 1; object != (c == '}') {
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

package ir

import "encoding/json"

// validJSON is json.Valid, several times as fast for what is nested no deeper
// than most arguments are.
func validJSON(b []byte) bool {
	var v checker
	switch v.run(b) {
	case wellFormed:
		return true
	case tooDeep:
		return json.Valid(b)
	default:
		return false
	}
}

type verdict uint8

const (
	malformed verdict = iota
	wellFormed
	tooDeep
)

// checker walks over a JSON value. objects has a bit for each level, the lowest
// for the innermost: 1 is an object.
type checker struct {
	b       []byte
	i       int
	depth   int
	objects uint64
}

func (c *checker) run(b []byte) verdict {
	c.b = b
	for c.space(); c.i < len(b); c.space() {
		switch first := b[c.i]; first {
		case '{', '[':
			if c.depth == 64 {
				return tooDeep
			}
			c.i, c.depth, c.objects = c.i+1, c.depth+1, c.objects<<1
			if first == '{' {
				c.objects |= 1
			}
			if c.space(); c.i < len(b) && b[c.i] == first+2 { // the brackets are two apart
				break
			}
			if first == '{' && !c.key() {
				return malformed
			}
			continue
		case '"':
			if !c.text() {
				return malformed
			}
		default:
			if !c.scalar() {
				return malformed
			}
		}
		if !c.ends() {
			return malformed
		}
		if c.depth == 0 {
			if c.space(); c.i == len(b) {
				return wellFormed
			}
			return malformed
		}
	}
	return malformed
}

// ends closes what is complete behind a value, and moves to the next one.
func (c *checker) ends() bool {
	for c.depth > 0 {
		c.space()
		if c.i == len(c.b) {
			return false
		}
		object := c.objects&1 == 1
		switch next := c.b[c.i]; {
		case next == ',':
			c.i++
			return !object || c.key()
		case next == '}' && object, next == ']' && !object:
			c.i, c.depth, c.objects = c.i+1, c.depth-1, c.objects>>1
		default:
			return false
		}
	}
	return true
}

// key moves over a member's name and its colon.
func (c *checker) key() bool {
	if c.space(); c.i == len(c.b) || c.b[c.i] != '"' || !c.text() {
		return false
	}
	if c.space(); c.i == len(c.b) || c.b[c.i] != ':' {
		return false
	}
	c.i++
	return true
}

func (c *checker) space() {
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case ' ', '\n', '\t', '\r':
			c.i++
		default:
			return
		}
	}
}

// text moves over a string, whose quote is next.
func (c *checker) text() bool {
	for c.i++; c.i < len(c.b); c.i++ {
		switch next := c.b[c.i]; {
		case next == '"':
			c.i++
			return true
		case next < ' ':
			return false
		case next == '\\':
			if c.i++; !c.escape() {
				return false
			}
		}
	}
	return false
}

// escape moves to the last character of an escape, of which the backslash was.
func (c *checker) escape() bool {
	if c.i == len(c.b) {
		return false
	}
	switch c.b[c.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if len(c.b)-c.i < 5 {
			return false
		}
		for _, d := range c.b[c.i+1 : c.i+5] {
			if (d < '0' || d > '9') && (d|0x20 < 'a' || d|0x20 > 'f') {
				return false
			}
		}
		c.i += 4
		return true
	}
	return false
}

// scalar moves over a number or a word.
func (c *checker) scalar() bool {
	rest := c.b[c.i:]
	for _, word := range [...]string{"true", "false", "null"} {
		if len(rest) >= len(word) && string(rest[:len(word)]) == word {
			c.i += len(word)
			return true
		}
	}
	if rest[0] == '-' {
		c.i++
	}
	if c.i < len(c.b) && c.b[c.i] == '0' {
		c.i++
	} else if !c.digits() {
		return false
	}
	if c.i < len(c.b) && c.b[c.i] == '.' {
		if c.i++; !c.digits() {
			return false
		}
	}
	if c.i < len(c.b) && c.b[c.i]|0x20 == 'e' {
		if c.i++; c.i < len(c.b) && (c.b[c.i] == '+' || c.b[c.i] == '-') {
			c.i++
		}
		return c.digits()
	}
	return true
}

// digits moves over digits, of which there must be one.
func (c *checker) digits() bool {
	from := c.i
	for c.i < len(c.b) && '0' <= c.b[c.i] && c.b[c.i] <= '9' {
		c.i++
	}
	return c.i > from
}

package ir

// Outline remembers where the long strings of a body end. Who has read the body
// once writes it, so that who reads it again need not look at every character.
// Its zero value remembers nothing.
type Outline struct {
	Body    []byte       // the body itself: of any other the outline says nothing
	Strings []LongString // in the order in which they stand there

	// Omit are pieces of arrays that the next reader is not to see: each from
	// behind the opening bracket or an element up to the closing bracket.
	Omit []Span

	words     Words
	signature bool // the last string was the name of a signature
}

// Size is how many bytes of a body a reader is to see.
func (e *Envelope) Size(body []byte) int {
	n := len(body)
	if e == nil {
		return n
	}
	for _, s := range e.Outline.Omit {
		n -= s.Len()
	}
	return n
}

// LongString is where a string stands in a body: what is between its quotes.
type LongString struct {
	Start, End uint32
	Flags      uint8 // what the reader found in it
}

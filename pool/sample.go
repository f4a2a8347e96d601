package pool

// Of more than sampleAbove candidates a Sampled policy sees sampleSize.
const (
	sampleAbove = 256
	sampleSize  = 128
)

// option is one candidate of a choice, and how it would be used.
type option struct {
	seat     *seat
	rank     int32
	tie      int32
	upstream string
	ignore   bool // in spite of its cooldowns
}

// sample collects candidates whose number is only known at the end: all of a few, a random selection of many.
type sample struct {
	seen  int
	few   [sampleAbove]option
	many  [sampleSize]option
	spare uint64 // half of a random number that was drawn for two
}

// add puts the option in with the same chance as every other (Vitter's algorithm R).
func (s *sample) add(o option, random *lottery) {
	at := s.seen
	s.seen++
	if at < sampleAbove {
		s.few[at] = o
	}
	if at >= sampleSize {
		at = s.below(s.seen, random)
	}
	if at < sampleSize {
		s.many[at] = o
	}
}

// below returns a random number of the first n. One of 32 bits is fair enough for that and costs half.
func (s *sample) below(n int, random *lottery) int {
	draw := s.spare
	s.spare = 0
	if draw == 0 {
		random.seed()
		draw = random.pcg.Uint64()
		s.spare = draw>>32 | 1<<32 // never 0
	}
	return int(draw & 0xffffffff * uint64(n) >> 32)
}

// options returns what the sample has selected.
func (s *sample) options() []option {
	if s.seen <= sampleAbove {
		return s.few[:s.seen]
	}
	return s.many[:]
}

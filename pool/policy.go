package pool

// policy decides among accounts of the same priority. The lowest score goes first; a tie goes to the lower rank, then
// to the account that was used longest ago.
type policy interface {
	score(*seat) float64
}

// unlimited is the number of slots that an account without a limit counts as.
const unlimited = 100

// leastLoad spreads requests by how full accounts are for their size and weight.
type leastLoad struct{}

func (leastLoad) score(s *seat) float64 {
	size := s.state.limit.Load()
	if size <= 0 {
		size = unlimited
	}
	busy := s.state.inUse.Load() + s.state.waiting.Load()
	return float64(busy) * 100 / (float64(size) * s.weight)
}

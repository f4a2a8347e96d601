package pool

import "time"

// paceSamples is how many requests an account must have answered before its time to the first content says anything.
// paceMemory is how long it does: an account that was slow gets its sessions' trust back when nobody has tried it since.
const (
	paceSamples = 5
	paceMemory  = 5 * time.Minute
)

// Slowness says when a session leaves an account that answers, but late: when the moving average of its time to the
// first content is above Floor, and more than Factor times the mean of the accounts that the session could go to.
type Slowness struct {
	// Factor is how many times slower the account is; 0 lets no session leave for that.
	Factor float64

	// Floor is a time that is never slow.
	Floor time.Duration
}

// escape leases another account for a session whose own one is slow, if a faster one is free.
func (p *Pool) escape(w *Want, s *session) *Lease {
	faster, slow := p.fasterThan(w, s)
	if !slow {
		return nil
	}
	lease, _ := p.try(&faster)
	s.lost = lease != nil
	return lease
}

// fasterThan reports whether the session's own account is slow, and returns a want for one that is not.
func (p *Pool) fasterThan(w *Want, s *session) (faster Want, slow bool) {
	allowed, own := p.options.Slow, s.seat.state
	pace := own.pace.Load()
	if allowed.Factor <= 0 || pace <= int64(allowed.Floor) || !s.binds || !own.paceIsFresh() {
		return faster, false
	}
	peers := pacers{without: own}
	p.look(w, &peers)
	if peers.count == 0 {
		return faster, false
	}
	limit := int64(allowed.Factor * float64(peers.sum) / float64(peers.count))
	if pace <= limit {
		return faster, false
	}
	faster = *w
	excludes := w.Exclude // w itself would have to lie on the heap
	faster.Exclude = func(a *Account) bool {
		return a.State == own || a.State.pace.Load() > limit || excludes != nil && excludes(a)
	}
	return faster, true
}

// pacers is a policy that chooses nobody, but adds up how fast the candidates are.
type pacers struct {
	without    *State
	sum, count int64
}

// Score counts the candidate if its pace is known.
func (p *pacers) Score(c *Candidate, _ *Choice) float64 {
	if pace := c.state.pace.Load(); pace > 0 && c.state != p.without {
		p.sum += pace
		p.count++
	}
	return 0
}

// paced takes the time to the first content into the moving average. The caller holds mu.
func (s *State) paced(firstByte time.Duration, now time.Time) {
	if firstByte <= 0 {
		return
	}
	if s.paces == 0 {
		s.firstByte = firstByte
	}
	s.firstByte += (firstByte - s.firstByte) / firstByteShare
	s.paces++
	s.pacedAt = now
	if s.paces >= paceSamples {
		s.pace.Store(int64(s.firstByte))
	}
}

// lasted takes the time to the end of an answer into the moving average. The caller holds mu.
func (s *State) lasted(total time.Duration) {
	if total <= 0 {
		return
	}
	if s.total == 0 {
		s.total = total
	}
	s.total += (total - s.total) / firstByteShare
}

func (s *State) paceIsFresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.pacedAt) < paceMemory
}

package pool

import "time"

// seat is an account's place in a pool: what a choice reads of it, side by side.
type seat struct {
	account  *Account
	state    *State
	models   *Models
	priority int
	weight   float64
	disabled bool
}

// group is the seats that serve the same models, so that a choice matches the model once for all of them.
type group struct {
	models *Models
	seats  []seat
}

// tally is what a survey has counted.
type tally struct {
	members     int // enabled, allowed, serving the model
	excluded    int // members that the caller excluded
	down        int // members that a cooldown keeps out, excluded ones too
	rateLimited int // … for a rate limit
	restorable  int // … that a panic may restore, excluded ones not
	busy        int // members that a request can wait for: full, or being probed
	named       bool
	soonest     time.Duration // until the first of those that are down comes back; 0 is never
	wake        time.Duration // until waiting may end by time alone, soonest or the end of a probe; 0 is never
}

// choice is the best account that a survey has found so far.
type choice struct {
	seat     *seat // nil if there is none
	upstream string
	score    float64
	ignore   bool // chosen in spite of its cooldowns
	rank     int
}

// survey is one look over the accounts that could answer a request, in one pass and without allocation: what it finds
// stands behind pointers, since a struct that is written to through one takes all that it holds to the heap.
type survey struct {
	tally
	pool  *Pool
	want  *Want
	now   time.Time
	best  *choice
	panic *panicked // nil while all is well
}

// try chooses an account and takes a slot on it. Without a lease the survey says why.
func (p *Pool) try(w *Want) (*Lease, tally) {
	for {
		now, best := time.Now(), choice{}
		s := survey{pool: p, want: w, now: now, best: &best}
		s.walk()
		s.restore()
		if best.seat == nil {
			return nil, s.tally
		}
		lease := p.lease(best.seat, claim{model: best.upstream, now: now, ignore: best.ignore})
		if lease != nil {
			return lease, s.tally
		}
		// Another request was faster. The account looks different now, so the next survey does too.
	}
}

// lease takes a slot of the seat's account, or returns nil.
func (p *Pool) lease(st *seat, c claim) *Lease {
	c.stamp = p.room.stamp(c.now)
	probe, ok := st.state.claim(c)
	if !ok {
		return nil
	}
	st.state.used.Store(c.stamp)
	return &Lease{Account: st.account, Upstream: c.model, pool: p, stamp: c.stamp, probe: probe}
}

// walk visits the members: accounts that name the model, or if none does, those with a bare star.
func (s *survey) walk() {
	s.named = s.walkFits(Pattern, Exact)
	if !s.named {
		s.walkFits(Bare, Bare)
	}
}

// walkFits visits the members whose fit lies between the two and reports whether there is any.
func (s *survey) walkFits(from, to Match) bool {
	found := false
	for i := range s.pool.groups {
		g := &s.pool.groups[i]
		upstream, how := g.models.Match(s.want.Model)
		if how < from || how > to {
			continue
		}
		for j := range g.seats {
			st := &g.seats[j]
			if st.disabled || !s.want.mayUse(st.account) {
				continue
			}
			found = true
			s.visit(st, upstream)
		}
	}
	return found
}

// visit looks at one member.
func (s *survey) visit(st *seat, upstream string) {
	if s.panic != nil {
		s.reconsider(st, upstream)
		return
	}
	s.consider(st, upstream)
}

// consider counts a member and proposes it if it is not excluded and no cooldown keeps it out.
func (s *survey) consider(st *seat, upstream string) {
	s.members++
	excluded := s.want.excludes(st.account)
	if excluded {
		s.excluded++
	}
	if st.state.cooling.Load() != nil {
		standing := st.state.standing(upstream, s.now)
		if standing.blocked() {
			s.countDown(&standing, excluded)
			return
		}
	}
	if !excluded {
		s.propose(st, upstream, false)
	}
}

func (s *survey) countDown(standing *standing, excluded bool) {
	s.down++
	if standing.rateLimited {
		s.rateLimited++
	}
	left := standing.until.Sub(s.now)
	if standing.down {
		s.soonest = sooner(s.soonest, left)
	}
	if excluded {
		return
	}
	s.wake = sooner(s.wake, left)
	if standing.ignorable {
		s.restorable++
	}
	if !standing.down {
		s.busy++
	}
}

// propose makes the account the best if it has a free slot and goes before the best so far.
func (s *survey) propose(st *seat, upstream string, ignore bool) {
	if st.state.full() {
		s.busy++
		return
	}
	best := s.best
	if best.seat != nil && st.priority > best.seat.priority {
		return
	}
	rival := best.seat != nil && st.priority == best.seat.priority
	score := s.pool.policy.score(st)
	if rival && score > best.score {
		return
	}
	rank := s.want.rank(st.account)
	if rival && score == best.score && !beatsTie(st, rank, best) {
		return
	}
	*best = choice{seat: st, upstream: upstream, score: score, rank: rank, ignore: ignore}
}

// beatsTie reports whether the account goes before the best, which has the same priority and score.
func beatsTie(st *seat, rank int, best *choice) bool {
	if rank != best.rank {
		return rank < best.rank
	}
	return st.state.used.Load() < best.seat.state.used.Load()
}

func (w *Want) mayUse(a *Account) bool {
	return (w.Pin == "" || w.Pin == a.Name) && (w.Allowed == nil || w.Allowed(a))
}

func (w *Want) excludes(a *Account) bool {
	return w.Exclude != nil && w.Exclude(a)
}

func (w *Want) rank(a *Account) int {
	if w.Rank == nil {
		return 0
	}
	return w.Rank(a)
}

// sooner returns the shorter of two times to wait, of which 0 means never.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

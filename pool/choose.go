package pool

import "time"

// seat is an account's place in a pool: what a choice reads of it, side by side.
type seat struct {
	Candidate
	models   *Models
	priority int
	tie      int
	disabled bool
}

// group is the seats of one priority that serve the same models, so that a choice matches the model once for all of
// them. Groups stand in the order of their priorities.
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

// survey is one look over the accounts that could answer a request, in one pass and without allocation: the pool keeps
// used ones for the next.
type survey struct {
	tally
	pool   *Pool
	want   Want
	circle *Circle // of those that may answer
	own    Circle  // found for this survey, if nobody has found one before
	policy Policy
	byLoad bool // the policy is LeastLoad, which is asked without detours
	now    time.Time
	choice Choice
	panic  *panicked // nil while all is well

	found    bool // there is a candidate
	priority int  // of the candidates
	sampling bool // the policy scores a selection of the candidates, at the end
	sample   *sample

	best  option // seat is nil before the first score
	score float64
	used  int64 // when, as a stamp
}

// survey returns an empty survey. The caller gives it back with done.
func (p *Pool) survey(w *Want, policy Policy, trial bool) *survey {
	s, ok := p.surveys.Get().(*survey)
	if !ok {
		s = &survey{pool: p}
		s.choice.random = newLottery()
	}
	s.want, s.policy, s.choice.trial = *w, policy, trial
	s.byLoad = isLeastLoad(policy)
	switch {
	case w.Pin != "":
		s.circle = &s.own
		s.own.pin(p, w)
	case w.Circle != nil:
		s.circle = w.Circle
	default:
		s.circle = &s.own
		s.own.fill(p, w)
	}
	s.choice.random.reset(&p.random)
	if trial {
		s.choice.random.reset(nil)
	}
	if _, s.sampling = policy.(Sampled); s.sampling && s.sample == nil {
		s.sample = new(sample)
	}
	return s
}

// done gives the survey back, without what would keep the request alive.
func (s *survey) done() {
	s.want, s.circle, s.policy, s.panic, s.best = Want{}, nil, nil, nil, option{}
	s.own.forget()
	s.pool.surveys.Put(s)
}

// try chooses an account and takes a slot on it. Without a lease the tally says why.
func (p *Pool) try(w *Want) (*Lease, tally) {
	s := p.survey(w, p.policy, false)
	defer s.done()
	for looks := 0; ; {
		s.choose()
		if s.best.seat == nil && s.unsettled() && looks < maxLooks {
			looks++
			continue
		}
		if s.best.seat == nil {
			return nil, s.tally
		}
		lease := p.lease(s.best.seat, claim{model: s.best.upstream, now: s.now, ignore: s.best.ignore})
		if lease != nil {
			return lease, s.tally
		}
		// Another request was faster. The account looks different now, so the next look does too.
	}
}

// maxLooks bounds how often a request looks again because accounts have changed while it looked.
const maxLooks = 16

// unsettled reports whether accounts that a panic would have restored have recovered, or failed again, between two
// passes of the survey, so that neither found them.
func (s *survey) unsettled() bool { return s.panic != nil && s.busy == 0 }

// look returns what the policy would choose, which changes nothing.
func (p *Pool) look(w *Want, policy Policy) (option, tally) {
	s := p.survey(w, policy, true)
	defer s.done()
	s.choose()
	return s.best, s.tally
}

// ComesBack returns the time until the first account that could answer the request may do so, whatever it excludes and
// without a panic; 0 if one may now, or none is in cooldown.
func (p *Pool) ComesBack(w Want) time.Duration {
	w.Exclude = nil
	s := p.survey(&w, First{}, true)
	defer s.done()
	s.start()
	s.walk()
	if s.best.seat != nil || s.busy > 0 {
		return 0
	}
	return s.soonest
}

// start forgets what an earlier look has found.
func (s *survey) start() {
	s.tally, s.best, s.found, s.panic = tally{}, option{}, false, nil
	s.choice.weight, s.now = 0, time.Now()
	if s.sampling {
		s.sample.seen = 0
	}
}

// choose finds the best account, if there is any.
func (s *survey) choose() {
	s.start()
	s.walk()
	s.restore()
	if s.sampling {
		for _, o := range s.sample.options() {
			s.weigh(o)
		}
	}
	if counting, ok := s.policy.(Counting); ok && s.best.seat != nil && !s.choice.trial {
		counting.Chosen(&s.best.seat.Candidate, &s.choice)
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
	return &Lease{Account: st.Account, Upstream: c.model, pool: p, stamp: c.stamp, probe: probe}
}

// walk visits the members: accounts that name the model, or if none does, those with a bare star.
func (s *survey) walk() {
	s.named = s.visit(s.circle.named)
	if !s.named {
		s.visit(s.circle.bare)
	}
}

// visit visits the members in the arcs and reports whether any is in use at all.
func (s *survey) visit(arcs []arc) bool {
	found, plain := false, s.panic == nil && s.want.Exclude == nil
	for i := range arcs {
		a := &arcs[i]
		members := s.circle.members[a.from:a.to]
		for j := range members {
			m := &members[j]
			if m.off.Load() {
				continue
			}
			found = true
			switch {
			case plain && m.cooling.Load() == nil:
				s.members++
				if !s.byLoad || !s.isOutdone(m) {
					s.propose(m, a.upstream, false)
				}
			case s.panic != nil:
				s.reconsider(m, a.upstream)
			default:
				s.consider(m, a.upstream)
			}
		}
	}
	return found
}

// isOutdone reports whether the member is sure not to go before the best so far when the policy is LeastLoad. Most are
// in a large pool, and finding that out here costs a third of a proposal.
func (s *survey) isOutdone(m *member) bool {
	if s.best.seat == nil || s.score > 0 {
		return false
	}
	if m.rank != s.best.rank {
		return m.rank > s.best.rank
	}
	used := m.used.Load()
	return used > s.used || used == s.used && m.tie >= s.best.tie
}

// consider counts a member and proposes it if it is not excluded and no cooldown keeps it out.
func (s *survey) consider(m *member, upstream string) {
	s.members++
	excluded := s.want.excludes(m.seat.Account)
	if excluded {
		s.excluded++
	}
	if m.cooling.Load() != nil {
		standing := m.seat.state.standing(upstream, s.now)
		if standing.blocked() {
			s.countDown(&standing, excluded)
			return
		}
	}
	if !excluded {
		s.propose(m, upstream, false)
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

// propose makes the account a candidate if it has a free slot and no better priority has one.
func (s *survey) propose(m *member, upstream string, ignore bool) {
	if m.seat.state.full() {
		s.busy++
		return
	}
	if s.found && m.seat.priority > s.priority {
		return
	}
	s.found, s.priority = true, m.seat.priority
	if s.sampling {
		s.sample.add(option{m.seat, m.rank, m.tie, upstream, ignore}, s.choice.random)
		return
	}
	s.weigh(option{m.seat, m.rank, m.tie, upstream, ignore})
}

// weigh makes the candidate the best if it goes before the best so far.
func (s *survey) weigh(o option) {
	s.choice.weight += o.seat.Weight
	score := s.policy.Score(&o.seat.Candidate, &s.choice)
	if s.best.seat != nil && (score > s.score || score != score || score == s.score && !s.beatsTie(o)) {
		return
	}
	s.best, s.score, s.used = o, score, o.seat.state.used.Load()
}

// beatsTie reports whether the candidate goes before the best, which has the same score.
func (s *survey) beatsTie(o option) bool {
	if o.rank != s.best.rank {
		return o.rank < s.best.rank
	}
	used := o.seat.state.used.Load()
	return used < s.used || used == s.used && o.tie < s.best.tie
}

// sooner returns the shorter of two times to wait, of which 0 means never.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

package pool

import "slices"

// Circle is the accounts of a pool that may answer requests of one kind for one model, found once for all of them, so
// that a choice only looks at what changes: whether they are in use, in cooldown, full. It is immutable and safe for
// concurrent use.
type Circle struct {
	members     []member // without those that the configuration disables
	named, bare []arc

	places []uint64 // a bit for each seat of the pool, by its Index; nil if nobody asks
}

// member is an account of a circle. Its gauges stand here so that a choice need not go by the seat.
type member struct {
	seat *seat
	*gauges
	rank int32
	tie  int32
}

// arc is members that stand side by side and know the model by the same name.
type arc struct {
	upstream string
	from, to int
}

// Circle finds the accounts that may answer for model, see [Want]. It stays true for as long as the pool lives, since
// an account's models, and whether the configuration allows it, do not change.
func (p *Pool) Circle(model string, allowed func(*Account) bool, rank func(*Account) int) *Circle {
	c := &Circle{places: make([]uint64, (len(p.accounts)+63)/64)}
	c.fill(p, &Want{Model: model, Allowed: allowed, Rank: rank})
	c.members = slices.Clone(c.members) // it is kept for long
	return c
}

// Len returns how many accounts the circle has, those that count only if nobody names the model included.
func (c *Circle) Len() int { return len(c.members) }

func (c *Circle) holds(st *seat) bool {
	return c.places[st.Index/64]&(1<<(st.Index%64)) != 0
}

// fill makes the circle that of the accounts which the want's functions allow.
func (c *Circle) fill(p *Pool, w *Want) {
	c.empty()
	for i := range p.groups {
		g := &p.groups[i]
		upstream, how := g.models.Match(w.Model)
		if how == None {
			continue
		}
		a := arc{upstream: upstream, from: len(c.members)}
		for j := range g.seats {
			if st := &g.seats[j]; w.mayUse(st) {
				c.admit(st, w.rank(st))
			}
		}
		a.to = len(c.members)
		c.add(a, how)
	}
}

// pin makes the circle that of the only account which the want allows.
func (c *Circle) pin(p *Pool, w *Want) {
	c.empty()
	st := p.names[w.Pin]
	if st == nil || !w.mayUse(st) {
		return
	}
	upstream, how := st.models.Match(w.Model)
	if how == None {
		return
	}
	c.admit(st, 0)
	c.add(arc{upstream: upstream, to: len(c.members)}, how)
}

// admit notes that the account may be used.
func (c *Circle) admit(st *seat, rank int) {
	if c.places != nil {
		c.places[st.Index/64] |= 1 << (st.Index % 64)
	}
	if !st.disabled {
		c.members = append(c.members, member{seat: st, gauges: st.state.gauges, rank: int32(rank), tie: int32(st.tie)})
	}
}

// add puts the arc, if anybody is in it, where its fit belongs.
func (c *Circle) add(a arc, how Match) {
	switch {
	case a.from == a.to:
	case how == Bare:
		c.bare = append(c.bare, a)
	default:
		c.named = append(c.named, a)
	}
}

// isNamed reports whether a member that is in use names the model.
func (c *Circle) isNamed() bool {
	for _, a := range c.named {
		for i := a.from; i < a.to; i++ {
			if !c.members[i].off.Load() {
				return true
			}
		}
	}
	return false
}

func (c *Circle) empty() { c.members, c.named, c.bare = c.members[:0], c.named[:0], c.bare[:0] }

// forget lets go of the model's name, which may be a part of the request.
func (c *Circle) forget() {
	clear(c.named)
	clear(c.bare)
}

func (w *Want) mayUse(st *seat) bool {
	switch {
	case w.Pin != "" && w.Pin != st.Account.Name:
		return false
	case w.Circle != nil:
		return w.Circle.holds(st)
	}
	return w.Allowed == nil || w.Allowed(st.Account)
}

func (w *Want) rank(st *seat) int {
	if w.Rank == nil {
		return 0
	}
	return w.Rank(st.Account)
}

func (w *Want) excludes(a *Account) bool {
	return w.Exclude != nil && w.Exclude(a)
}

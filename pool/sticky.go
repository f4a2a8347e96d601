package pool

import (
	"context"
	"time"
)

// Sticky says what part a session had in the choice of an account.
type Sticky int

// The parts of a session.
const (
	StickyNone  Sticky = iota // the request has no session, or none that binds
	StickyMiss                // the session was on no account and is on this one from now on
	StickyHit                 // the session's own account
	StickySpill               // its own account is full or cannot serve this request; the session stays there
	StickyMoved               // its own account failed, is gone or slow; the session follows once this one has answered
)

var stickyNames = [...]string{"none", "miss", "hit", "spill", "moved"}

// String returns the part as logs and metrics write it.
func (s Sticky) String() string {
	if s < 0 || int(s) >= len(stickyNames) {
		return "unknown"
	}
	return stickyNames[s]
}

// MarshalText writes the part by its name.
func (s Sticky) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// session is what the pool knows of the conversation that a request belongs to.
type session struct {
	key      string // in Sessions; empty if the request has no session
	alias    string // a second key; empty if there is none
	bound    string // identity of the session's own account; empty if it has none
	seat     *seat  // of that account; nil if this pool does not have it
	upstream string // the model's name there
	origin   *seat  // where the conversation is with another model, while this one has no binding of its own

	binds bool // the request may bind or move the session
	waits bool // it may wait for the session's own account
	opens bool // it begins the conversation, so that an older binding is another's
	lost  bool // the own account is down, gone or slow
	busy  bool // the own account has no slot
}

// session looks up which account the request's session is on. A request that must go to one account has none.
func (p *Pool) session(w *Want) session {
	if p.options.SessionTTL <= 0 || w.Session.Key == "" || w.Pin != "" {
		return session{}
	}
	s := session{
		key:   p.sessionKey(w.Client, w.Session.Key),
		binds: !w.Session.OneShot,
		waits: w.Session.Strong,
		opens: !w.Session.Strong && !w.Session.Continues,
	}
	if s.opens {
		return s
	}
	if w.Session.Alias != "" && w.Session.Alias != w.Session.Key {
		s.alias = p.sessionKey(w.Client, w.Session.Alias)
	}
	p.lookUp(&s, w)
	if s.seat == nil || s.seat.isOff() || p.serves(&s, w) {
		return s
	}
	// The session is on an account that does not have this model. It stays there, and the model gets a binding of its
	// own: agents use several models in one conversation.
	origin := s.seat
	s.key += "\x00" + w.Model
	if s.alias != "" {
		s.alias += "\x00" + w.Model
	}
	p.lookUp(&s, w)
	if s.bound == "" {
		s.origin = origin
	}
	s.lost = s.lost || s.seat != nil && !p.serves(&s, w)
	return s
}

// sessionKey keeps the sessions of gateways and clients apart.
func (p *Pool) sessionKey(client, key string) string {
	return p.options.Gateway + "\x00" + client + "\x00" + key
}

func (p *Pool) lookUp(s *session, w *Want) {
	s.bound, s.seat = p.sessions.Get(s.key), nil
	if s.bound == "" && s.alias != "" {
		s.bound = p.sessions.Get(s.alias)
	}
	if s.bound == "" {
		return
	}
	s.seat = p.identities[s.bound]
	s.lost = s.seat == nil || s.seat.isOff()
	if s.seat != nil {
		s.upstream, _ = s.seat.models.Match(w.Model)
	}
}

// serves reports whether the session's account is a member of the pool for the request.
func (p *Pool) serves(s *session, w *Want) bool {
	_, how := s.seat.models.Match(w.Model)
	if s.seat.isOff() || how == None || !w.mayUse(s.seat) {
		return false
	}
	return how != Bare || !p.named(w)
}

// named reports whether an account names the model, so that those with a bare star do not count.
func (p *Pool) named(w *Want) bool {
	if w.Circle != nil && w.Pin == "" {
		return w.Circle.isNamed()
	}
	for i := range p.groups {
		g := &p.groups[i]
		if _, how := g.models.Match(w.Model); how < Pattern {
			continue
		}
		for j := range g.seats {
			if !g.seats[j].isOff() && w.mayUse(&g.seats[j]) {
				return true
			}
		}
	}
	return false
}

// own leases the session's own account, for which a strong session may wait a little while another account is free.
// Without a lease the request goes to another.
func (p *Pool) own(ctx context.Context, w *Want, s *session) (*Lease, error) {
	if s.seat == nil || s.lost {
		return nil, nil
	}
	if lease := p.escape(w, s); lease != nil {
		return lease, nil
	}
	if lease := p.leaseOwn(w, s); lease != nil || !s.busy {
		return lease, nil
	}
	if !s.waits || p.options.StickyWaiting == 0 || p.options.StickyWaitFor == 0 {
		return nil, nil
	}
	if other, _ := p.look(w, First{}); other.seat == nil {
		return nil, nil
	}
	lease, err := p.wait(ctx, w, s)
	if lease == nil && err == nil {
		s.lost = s.seat.state.standing(s.upstream, time.Now()).down
	}
	return lease, err
}

// leaseOwn takes a slot on the session's own account if it has one. The session knows why not.
func (p *Pool) leaseOwn(w *Want, s *session) *Lease {
	now, state := time.Now(), s.seat.state
	s.busy = false
	if state.cooling.Load() != nil && state.standing(s.upstream, now).down {
		s.lost = true
		return nil
	}
	if w.excludes(s.seat.Account) {
		return nil
	}
	lease := p.lease(s.seat, claim{model: s.upstream, now: now})
	s.busy = lease == nil
	return lease
}

// join tells the session of the account that was found, and the lease of the session.
func (p *Pool) join(w *Want, s *session, l *Lease) *Lease {
	if s.key == "" {
		return l
	}
	identity := l.Account.Identity
	switch {
	case s.seat != nil:
		l.Bound = s.seat.Account
	case s.origin != nil:
		l.Bound = s.origin.Account
	}
	switch {
	case s.bound == identity:
		l.Sticky = StickyHit
		p.bind(s.key, s.alias, identity, identity)
	case s.bound == "":
		return p.joinFirst(w, s, l)
	case s.lost && s.binds:
		l.Sticky = StickyMoved
		l.moves = move{s.key, s.alias, s.bound}
	default:
		l.Sticky = StickySpill
		p.bind(s.key, s.alias, s.bound, s.bound)
	}
	return l
}

// joinFirst binds a session that was on no account. If another of its requests was faster, this one follows it.
func (p *Pool) joinFirst(w *Want, s *session, l *Lease) *Lease {
	if !s.binds {
		return l
	}
	l.Sticky = StickyMiss
	now := p.bind(s.key, s.alias, "", l.Account.Identity)
	if s.opens && now != l.Account.Identity {
		now = p.bind(s.key, s.alias, now, l.Account.Identity) // an older binding is another's
	}
	if now == l.Account.Identity || s.opens {
		return l
	}
	p.lookUp(s, w)
	if s.seat == nil || !p.serves(s, w) {
		return l
	}
	l.Sticky, l.Bound = StickySpill, s.seat.Account
	if own := p.leaseOwn(w, s); own != nil {
		l.Release(Outcome{})
		own.Sticky, own.Bound = StickyHit, s.seat.Account
		return own
	}
	return l
}

// bind binds the session under both of its keys and returns the account that it is on now. Requests that race and share
// only one of the keys agree.
func (p *Pool) bind(key, alias, from, to string) string {
	ttl := p.options.SessionTTL
	if alias == "" {
		return p.sessions.Bind(key, from, to, ttl)
	}
	to = p.sessions.Bind(alias, from, to, ttl)
	now := p.sessions.Bind(key, from, to, ttl)
	if now != to {
		p.sessions.Bind(alias, to, now, ttl)
	}
	return now
}

// move is a session that follows its request once that has been answered.
type move struct{ key, alias, from string }

// follow moves the session. It may be called more than once.
func (l *Lease) follow() {
	if l.moves.key != "" && l.moved.CompareAndSwap(false, true) {
		l.pool.bind(l.moves.key, l.moves.alias, l.moves.from, l.Account.Identity)
	}
}

// FindSession returns the account that a client's session is on, and whether it is on any. The account is nil if this
// pool does not have it.
func (p *Pool) FindSession(client, key string) (account *Account, bound bool) {
	if p.options.SessionTTL <= 0 {
		return nil, false
	}
	identity := p.sessions.Get(p.sessionKey(client, key))
	if st := p.identities[identity]; st != nil {
		account = st.Account
	}
	return account, identity != ""
}

// ForgetSession makes the next request of a client's session a first one, and reports whether there was a binding.
func (p *Pool) ForgetSession(client, key string) bool {
	_, bound := p.FindSession(client, key)
	if bound {
		p.sessions.Forget(p.sessionKey(client, key))
	}
	return bound
}

// CountSessions returns about how many sessions are bound, in all pools that share their Sessions; -1 if nobody counts.
func (p *Pool) CountSessions() int {
	counted, ok := p.sessions.(interface{ Len() int })
	if !ok {
		return -1
	}
	return counted.Len()
}

package pool

import (
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Explanation says which account a request would get now, and why it would get no other. It holds no secret.
type Explanation struct {
	Model  string `json:"model"`
	Policy string `json:"policy"`

	// Sticky is the part that the session has, and Session the account that it is on.
	Sticky  Sticky `json:"sticky"`
	Session string `json:"session,omitempty"`

	// Chosen is the account that would answer; empty if the request would wait, or fail with Error. A policy that leaves
	// it to chance may choose another one the next time.
	Chosen string `json:"chosen,omitempty"`
	Error  string `json:"error,omitempty"`

	Accounts []Verdict `json:"accounts"` // all of the pool, in the order of the configuration
}

// Verdict says why one account would answer or not.
type Verdict struct {
	Account  string `json:"account"`
	Provider string `json:"provider"`
	Priority int    `json:"priority"`
	Upstream string `json:"upstream,omitempty"` // the model's name there

	InUse   int     `json:"in_use"`
	Limit   int     `json:"limit"` // 0 is unlimited
	Waiting int     `json:"waiting"`
	Load    float64 `json:"load"` // in percent

	Because  Because   `json:"because"`
	Note     string    `json:"note,omitempty"`     // what there is more to say of the reason
	Cooldown *Cooldown `json:"cooldown,omitempty"` // the one that keeps the account out longest
}

// Because is why an account would answer or not.
type Because int

// The reasons, the decisive one first if several hold.
const (
	Chosen        Because = iota // it would answer
	NoModel                      // it does not serve the model
	NotAllowed                   // the key, the model's block or the route does not allow it
	OtherPinned                  // the request must go to another account
	IsDisabled                   // it is disabled, as a rule for want of a credential
	BareStar                     // it serves all models with a bare *, and another account names this one
	IsExcluded                   // the request has tried it or cannot be expressed there
	NoWay                        // the proxy in front of it is dead; only those who excluded it know
	CoolingDown                  // it is in cooldown
	BeingProbed                  // its cooldown is over, and another request finds out whether its trouble is
	IsFull                       // it has no free slot
	OtherOwns                    // the request's session is on another account
	WorsePriority                // an account of a better priority is free
	NotPreferred                 // the policy prefers another
)

var becauseNames = [...]string{
	"chosen", "no_model", "not_allowed", "other_pinned", "disabled", "bare_star", "excluded", "proxy_down", "cooldown", "probed", "full",
	"other_session", "priority", "policy",
}

// String returns the reason as the admin API writes it.
func (b Because) String() string {
	if b < 0 || int(b) >= len(becauseNames) {
		return "unknown"
	}
	return becauseNames[b]
}

// MarshalText writes the reason by its name.
func (b Because) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Explain says what Acquire would do now with the request, and changes nothing.
func (p *Pool) Explain(w Want) Explanation {
	s := p.session(&w)
	e := Explanation{Model: w.Model, Policy: p.policyName()}
	if s.seat != nil {
		e.Session = s.seat.Account.Name
	}
	found, tally := p.foresee(&w, &s)
	if found.seat != nil {
		e.Chosen, e.Sticky = found.seat.Account.Name, s.foreseen(found.seat)
	} else if err := p.nobody(&w, &tally); err != nil {
		e.Error = err.Error()
	}
	now := time.Now()
	named := p.named(&w)
	for _, a := range p.accounts {
		e.Accounts = append(e.Accounts, p.verdict(&w, p.names[a.Name], found, named, e.Sticky == StickyHit, now))
	}
	return e
}

// foresee returns the account that the request would get. The wait for a session's own account is left out.
func (p *Pool) foresee(w *Want, s *session) (option, tally) {
	if s.seat == nil || s.lost {
		return p.look(w, p.policy)
	}
	standing := s.seat.state.standing(s.upstream, time.Now())
	s.lost = standing.down
	if standing.blocked() || w.excludes(s.seat.Account) || s.seat.state.full() {
		return p.look(w, p.policy)
	}
	if faster, slow := p.fasterThan(w, s); slow {
		if other, tally := p.look(&faster, p.policy); other.seat != nil {
			s.lost = true
			return other, tally
		}
	}
	return option{seat: s.seat, upstream: s.upstream}, tally{}
}

// foreseen returns the part that the session has in a choice of the account.
func (s *session) foreseen(st *seat) Sticky {
	switch {
	case s.bound != "" && s.bound == st.Account.Identity:
		return StickyHit
	case s.bound == "" && !s.binds:
		return StickyNone
	case s.bound == "":
		return StickyMiss
	case s.lost && s.binds:
		return StickyMoved
	}
	return StickySpill
}

// verdict says why the account would answer or not. own reports that the chosen account is the session's own.
func (p *Pool) verdict(w *Want, st *seat, found option, named, own bool, now time.Time) Verdict {
	a := st.Account
	upstream, how := st.models.Match(w.Model)
	v := Verdict{
		Account: a.Name, Provider: a.Provider, Priority: a.Priority, Upstream: upstream,
		InUse: int(st.state.inUse.Load()), Limit: int(st.state.limit.Load()), Waiting: int(st.state.waiting.Load()), Load: st.Load(),
	}
	standing := st.state.standing(upstream, now)
	if how != None {
		v.Cooldown = st.state.longest(upstream, now)
	}
	switch {
	case found.seat == st:
		v.Because = Chosen
	case how == None:
		v.Because = NoModel
	case w.Pin != "" && w.Pin != a.Name:
		v.Because = OtherPinned
	case !w.mayUse(st):
		v.Because = NotAllowed
	case st.isOff():
		v.Because = IsDisabled
	case how == Bare && named:
		v.Because = BareStar
	case w.excludes(a):
		v.Because = IsExcluded
	case standing.down:
		v.Because = CoolingDown
	case standing.probing:
		v.Because = BeingProbed
	case st.state.full():
		v.Because = IsFull
	case own:
		v.Because = OtherOwns
	case found.seat != nil && st.priority > found.seat.priority:
		v.Because = WorsePriority
	default:
		v.Because = NotPreferred
	}
	return v
}

// longest returns the cooldown that keeps model out longest, or nil.
func (s *State) longest(model string, now time.Time) *Cooldown {
	list := s.cooldowns()
	var last *cooldown
	for i := range list {
		c := &list[i]
		if c.applies(model, now) && (last == nil || c.until.After(last.until)) {
			last = c
		}
	}
	if last == nil {
		return nil
	}
	shown := last.shown(now)
	return &shown
}

func (p *Pool) policyName() string {
	module, ok := p.policy.(caddy.Module)
	if !ok {
		return "custom"
	}
	return module.CaddyModule().ID.Name()
}

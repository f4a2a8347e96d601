// Package pool decides which account answers a request: it chooses among the accounts that may, occupies one of the
// chosen account's slots, keeps sessions on their accounts, lets requests wait while all are full, and keeps accounts in
// trouble out for a while.
package pool

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// Pool is the accounts of one gateway in one generation of the configuration. It is safe for concurrent use.
type Pool struct {
	options  Options
	policy   Policy
	accounts []*Account
	groups   []group
	seats    map[*State][]*seat
	names    map[string]*seat
	room     *room

	sessions   Sessions
	identities map[string]*seat

	waiting int // requests that wait for any account; guarded by the room's lock

	random  chance
	surveys sync.Pool // of *survey

	life struct {
		sync.Mutex
		attached  bool
		published bool
		sessions  bool // holds the process's sessions
	}
}

// New builds a pool and attaches every account to its State, which it shares with all pools of the process. Nothing
// that another pool can see changes before Publish. An error names the account. Whoever builds a pool closes it.
func New(accounts []*Account, options Options) (*Pool, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	if err := validate(accounts); err != nil {
		return nil, err
	}
	source := options.Random
	if source == nil {
		source = rand.NewPCG(rand.Uint64(), rand.Uint64())
	}
	p := &Pool{options: options, policy: options.Policy, accounts: accounts}
	if p.policy == nil {
		p.policy = LeastLoad{}
	}
	p.random.Rand = rand.New(source)
	if err := p.attach(); err != nil {
		return nil, err
	}
	p.arrange()
	return p, nil
}

func validate(accounts []*Account) error {
	names := make(map[string]bool, len(accounts))
	for _, a := range accounts {
		switch {
		case a.Name == "":
			return fmt.Errorf("account of provider %s: it has no name", a.Provider)
		case names[a.Name]:
			return fmt.Errorf("account %s: two accounts have this name; give each its own", a.Name)
		case a.Identity == "":
			return fmt.Errorf("account %s: it has no identity", a.Name)
		case a.Weight < 0:
			return fmt.Errorf("account %s: weight %d is negative", a.Name, a.Weight)
		case a.Concurrency < 0:
			return fmt.Errorf("account %s: concurrency %d is negative; 0 is unlimited", a.Name, a.Concurrency)
		}
		names[a.Name] = true
	}
	return nil
}

func (p *Pool) attach() error {
	value, _, err := shared.LoadOrNew(roomKey{}, func() (caddy.Destructor, error) { return new(room), nil })
	if err != nil {
		return fmt.Errorf("attaching the waiting room: %w", err)
	}
	p.room = value.(*room)
	if err := p.attachSessions(); err != nil {
		_, _ = shared.Delete(roomKey{})
		return err
	}
	p.life.attached = true
	var board board
	for i, a := range p.accounts {
		if a.State, err = attach(a, p.room, &board); err != nil {
			p.accounts = p.accounts[:i]
			p.Close()
			return fmt.Errorf("account %s: attaching its state: %w", a.Name, err)
		}
	}
	return nil
}

// arrange seats the accounts, those of the same priority and models together.
func (p *Pool) arrange() {
	type kind struct {
		priority int
		models   string
	}
	places := make(map[kind]int)
	for i, a := range p.accounts {
		k := kind{a.Priority, a.Models.text}
		at, ok := places[k]
		if !ok {
			at = len(p.groups)
			places[k] = at
			p.groups = append(p.groups, group{models: &a.Models})
		}
		p.groups[at].seats = append(p.groups[at].seats, seat{
			Candidate: Candidate{Account: a, Weight: max(a.Weight, 1), Index: i, state: a.State},
			models:    &a.Models,
			priority:  a.Priority,
			tie:       a.Tie,
			disabled:  a.Disabled,
		})
	}
	slices.SortStableFunc(p.groups, func(a, b group) int { return cmp.Compare(a.seats[0].priority, b.seats[0].priority) })
	p.identities = make(map[string]*seat, len(p.accounts))
	p.seats = make(map[*State][]*seat, len(p.accounts))
	p.names = make(map[string]*seat, len(p.accounts))
	for _, g := range p.groups {
		for i := range g.seats {
			st := &g.seats[i]
			p.seats[st.state] = append(p.seats[st.state], st)
			p.names[st.Account.Name] = st
			if p.identities[st.Account.Identity] == nil {
				p.identities[st.Account.Identity] = st
			}
		}
	}
}

// Publish makes the pool's limits the ones that hold, for requests of other generations too. It belongs into the start
// of a generation, when nothing can fail any more that would leave the older one running.
func (p *Pool) Publish() {
	p.life.Lock()
	defer p.life.Unlock()
	if p.life.published || !p.life.attached {
		return
	}
	p.life.published = true
	for _, a := range p.accounts {
		a.State.publish(p, a.Concurrency)
		p.room.opened(a.State)
	}
}

// Close withdraws what Publish did and lets go of the accounts' states. Requests that the pool serves or still gets go
// on as before. Close may be called more than once.
func (p *Pool) Close() {
	p.life.Lock()
	defer p.life.Unlock()
	if !p.life.attached {
		return
	}
	p.life.attached = false
	for _, a := range p.accounts {
		if p.life.published {
			a.State.unpublish(p)
			p.room.opened(a.State)
		}
		a.State.life.Drop()
	}
	_, _ = shared.Delete(roomKey{}) // its only error is the room's Destruct's
	p.detachSessions()
}

// Acquire leases an account for one request: the one that its session is on, or else of the accounts that serve the
// model, may be used and are not in cooldown, those of the lowest priority that have a free slot, and among them the one
// that the policy says. While all are full it waits. Its error is a [NobodyError], a [FullError], a [TimeoutError], or
// wraps ctx's.
func (p *Pool) Acquire(ctx context.Context, w Want) (*Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("choosing an account: %w", err)
	}
	if w.Session.Key == "" {
		return p.any(ctx, &w)
	}
	s := p.session(&w)
	lease, err := p.own(ctx, &w, &s)
	if lease == nil && err == nil {
		lease, err = p.any(ctx, &w)
	}
	if err != nil {
		return nil, err
	}
	return p.join(&w, &s, lease), nil
}

// any leases the account that the policy says, or the first that becomes free.
func (p *Pool) any(ctx context.Context, w *Want) (*Lease, error) {
	lease, tally := p.try(w)
	if lease != nil {
		return lease, nil
	}
	if err := p.nobody(w, &tally); err != nil {
		return nil, err
	}
	return p.wait(ctx, w, nil)
}

// Accounts returns the accounts in the order in which they were given. The caller must not change the slice.
func (p *Pool) Accounts() []*Account {
	return p.accounts
}

// Waiting returns how many of the pool's requests wait for a slot of any account. Those that wait for one account alone
// stand in its Snapshot.
func (p *Pool) Waiting() int {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.waiting
}

// nobody returns the error for a request that no account can answer, or nil if it is worth waiting.
func (p *Pool) nobody(w *Want, t *tally) error {
	if t.busy > 0 {
		return nil
	}
	e := &NobodyError{
		Model:       w.Model,
		Members:     t.members,
		Excluded:    t.excluded,
		RateLimited: t.members > 0 && t.rateLimited == t.members,
		RetryAfter:  t.soonest,
	}
	if t.members == 0 {
		e.Disabled = p.disabled(w)
	}
	return e
}

// disabled returns how many accounts would be members if they were enabled.
func (p *Pool) disabled(w *Want) int {
	n := 0
	for i := range p.groups {
		g := &p.groups[i]
		if _, how := g.models.Match(w.Model); how == None {
			continue
		}
		for j := range g.seats {
			if st := &g.seats[j]; st.isOff() && w.mayUse(st) {
				n++
			}
		}
	}
	return n
}

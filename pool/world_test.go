package pool

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// world is what the accounts of a simulation are really like, which the pool can only find out.
type world struct {
	begin time.Time

	mu   sync.Mutex
	fate map[*Account]*fate
}

// fate is one account's day.
type fate struct {
	chance    float64 // of success while it is well
	pace      time.Duration
	best      bool
	outages   []outage
	quota     int // requests in each hour; 0 is unlimited
	hinted    bool
	used      int // of the quota
	usedSince time.Duration
}

type outage struct {
	from, to time.Duration
	kind     Kind
	fails    time.Duration // how long a request takes to fail
}

// newWorld makes 50 accounts. The same seed makes the same ones.
func newWorld(t testing.TB, seed uint64) (*world, []*Account) {
	w := &world{begin: time.Now(), fate: make(map[*Account]*fate)}
	random := rand.New(rand.NewPCG(seed, 1))
	var accounts []*Account
	for i := range 50 {
		a := account(t, fmt.Sprintf("a-%02d", i), 4)
		f := &fate{chance: 0.98, pace: time.Duration(800+random.IntN(800)) * time.Millisecond}
		switch {
		case i%5 == 0:
			f.chance, f.best = 0.998, true
		case i%5 == 1:
			f.chance = 0.75 // flaky
		case i%5 == 2:
			f.chance = 0.93
		}
		if i%10 == 3 {
			f.pace *= 8 // slow
		}
		if i%7 == 4 {
			f.quota, f.hinted = 60+random.IntN(200), i%2 == 0
		}
		for range random.IntN(4) {
			f.suffer(random, time.Duration(random.Int64N(int64(24*time.Hour))))
		}
		if i%3 == 0 {
			f.suffer(random, 13*time.Hour+time.Duration(i)*time.Second) // a third of them at once
		}
		w.fate[a] = f
		accounts = append(accounts, a)
	}
	return w, accounts
}

func (f *fate) suffer(random *rand.Rand, from time.Duration) {
	o := outage{from, from + time.Duration(5+random.IntN(35))*time.Minute, Overloaded, 200 * time.Millisecond}
	switch random.IntN(3) {
	case 0:
		o.kind, o.fails = Failed, 300*time.Millisecond
	case 1:
		o.kind, o.fails = Failed, 10*time.Second // it hangs
	}
	f.outages = append(f.outages, o)
}

// trouble returns the outage that runs, or nil.
func (f *fate) trouble(at time.Duration) *outage {
	for i := range f.outages {
		if o := &f.outages[i]; o.from <= at && at < o.to {
			return o
		}
	}
	return nil
}

// spent reports whether the account's quota is used up.
func (f *fate) spent(at time.Duration) bool {
	if hour := at.Truncate(time.Hour); hour != f.usedSince {
		f.used, f.usedSince = 0, hour
	}
	return f.quota > 0 && f.used >= f.quota
}

// odds returns the true chance that a request of this moment succeeds.
func (w *world) odds(a *Account) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, at := w.fate[a], time.Since(w.begin)
	if f.trouble(at) != nil || f.spent(at) {
		return 0
	}
	return f.chance
}

// serve says how a request that begins now ends, and how long it takes.
func (w *world) serve(a *Account, random *rand.Rand) (Outcome, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, at := w.fate[a], time.Since(w.begin)
	noise := time.Duration(random.IntN(1_000_000)) // so that no two things happen at the same moment
	if o := f.trouble(at); o != nil {
		return Outcome{Kind: o.kind, Scope: ScopeModel}, o.fails + noise
	}
	if f.spent(at) {
		o := Outcome{Kind: RateLimited, Scope: ScopeAccount}
		if f.hinted {
			o.RetryAfter = at.Truncate(time.Hour) + time.Hour - at
		}
		return o, 200*time.Millisecond + noise
	}
	f.used++
	if random.Float64() >= f.chance {
		return Outcome{Kind: Failed, Scope: ScopeModel}, 500*time.Millisecond + noise
	}
	first := time.Duration(float64(f.pace) * (0.5 + random.ExpFloat64()/2))
	return Outcome{Kind: Succeeded, FirstByte: first}, first + time.Duration(random.Int64N(int64(4*time.Second))) + noise
}

// oracle is a policy that knows the world.
type oracle struct{ *world }

// Score returns the true chance, negated.
func (o oracle) Score(c *Candidate, _ *Choice) float64 { return -o.odds(c.Account) }

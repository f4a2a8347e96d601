package pool

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// attempts is how many accounts a request of the simulation may ask.
const attempts = 4

// day is a simulated day of one policy, and its report.
type day struct {
	*testing.T
	*world
	pool *Pool
	seed uint64

	mu       sync.Mutex
	requests int
	failed   int // requests that failed for the client
	early    int // … although it might have asked more accounts
	unjust   int // … and one of them could have served
	tries    int // requests to accounts
	good     int
	late     struct{ tries, good int } // after the first hour
	best     int                       // tries on the best accounts
	moved    int
	waits    []time.Duration
}

// simulate lets requests come for that long: now and then, mostly in conversations, and in bursts that fill everything.
func simulate(t *testing.T, length time.Duration, policy func(*world) Policy) *day {
	w, accounts := newWorld(t, 7)
	o := options()
	o.Policy = policy(w)
	d := &day{T: t, world: w, pool: newPool(t, o, accounts...), seed: 11}
	random := rand.New(rand.NewPCG(d.seed, 2))
	var running sync.WaitGroup
	for n, next := 0, time.Duration(0); next < length; n++ {
		gap := 1500 * time.Millisecond
		if next%time.Hour > 40*time.Minute && next%time.Hour < 40*time.Minute+12*time.Second {
			gap = 25 * time.Millisecond
		}
		next += time.Duration(random.ExpFloat64() * float64(gap))
		session := ""
		if random.IntN(3) == 0 {
			session = fmt.Sprint(n/100, "-", random.IntN(10))
		}
		time.Sleep(time.Until(d.begin.Add(next)))
		running.Go(func() { d.request(n, session) })
	}
	running.Wait()
	idle(t, d.pool)
	return d
}

// request asks accounts as a gateway does, until one answers.
func (d *day) request(n int, session string) {
	random := rand.New(rand.NewPCG(d.seed, uint64(n)))
	var tried []*Account
	want := Want{Model: "m", Client: "c", Exclude: func(a *Account) bool { return slices.Contains(tried, a) }}
	if session != "" {
		want.Session = Session{Key: session, Strong: true}
	}
	ok := false
	for len(tried) < attempts && !ok {
		from := time.Now()
		lease, err := d.pool.Acquire(context.Background(), want)
		d.waited(time.Since(from))
		if err != nil {
			break
		}
		tried = append(tried, lease.Account)
		o, length := d.serve(lease.Account, random)
		if o.FirstByte > 0 {
			time.Sleep(o.FirstByte)
			lease.Answering()
		}
		time.Sleep(length - o.FirstByte)
		lease.Release(o)
		ok = o.Kind == Succeeded
		d.tried(lease, ok)
	}
	d.ended(ok, tried)
}

func (d *day) waited(length time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waits = append(d.waits, length)
}

func (d *day) tried(l *Lease, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	good := 0
	if ok {
		good = 1
	}
	d.tries++
	d.good += good
	if time.Since(d.begin) > time.Hour {
		d.late.tries++
		d.late.good += good
	}
	if d.fate[l.Account].best {
		d.best++
	}
	if l.Sticky == StickyMoved && ok {
		d.moved++
	}
}

// ended counts the request, and if it failed, whether an account could have answered it.
func (d *day) ended(ok bool, tried []*Account) {
	able := ""
	for _, a := range d.pool.accounts {
		if !ok && len(tried) < attempts && !slices.Contains(tried, a) && !a.State.full() && d.odds(a) > 0 {
			able = a.Name
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	if ok {
		return
	}
	d.failed++
	if len(tried) < attempts {
		d.early++
	}
	if able != "" {
		d.unjust++
		d.Errorf("after %v a request failed with %d attempts left, though %s could have answered",
			time.Since(d.begin), attempts-len(tried), able)
	}
}

// success is the share of tries that succeeded after the first hour.
func (d *day) success() float64 { return float64(d.late.good) / float64(max(d.late.tries, 1)) }

// share is the part of the tries that went to the best accounts.
func (d *day) share() float64 { return float64(d.best) / float64(max(d.tries, 1)) }

// wait is the time that 99 of 100 choices did not take.
func (d *day) wait() time.Duration {
	slices.Sort(d.waits)
	return d.waits[len(d.waits)*99/100]
}

// report returns the day in one line.
func (d *day) report(name string) string {
	return fmt.Sprintf("%-11s %6d requests, %d failed (%d for want of accounts); success %.4f, after an hour %.4f; p99 wait %v; "+
		"%.0f%% on the best accounts; %d sessions moved", name, d.requests, d.failed, d.early, float64(d.good)/float64(d.tries),
		d.success(), d.wait().Round(time.Millisecond), 100*d.share(), d.moved)
}

// TestDay compares the policies over a day of outages, quotas, slow accounts and bursts.
func TestDay(t *testing.T) {
	length := 24 * time.Hour
	if testing.Short() {
		length = 5 * time.Hour
	}
	makers := map[string]func(*world) Policy{"oracle": func(w *world) Policy { return oracle{w} }}
	for name, policy := range policies() {
		makers[name] = func(*world) Policy { return policy }
	}
	days := make(map[string]*day)
	for _, name := range slices.Sorted(maps.Keys(makers)) {
		calmly(t, name, func(t *testing.T) { days[name] = simulate(t, length, makers[name]) })
		t.Log(days[name].report(name))
		if d := days[name]; d.failed*1000 > d.requests {
			t.Errorf("%s: more than one request in 1000 failed", name)
		}
	}
	checkDays(t, days)
}

// checkDays compares what the reports show.
func checkDays(t *testing.T, days map[string]*day) {
	t.Helper()
	for name, d := range days {
		if len(d.pool.accounts) != 50 {
			t.Errorf("%s: %d accounts", name, len(d.pool.accounts))
		}
		// The bursts ask for more than there is: some wait, but as a rule far from as long as they may.
		if wait := d.wait(); wait <= 0 || wait > DefaultOptions().WaitFor/10 {
			t.Errorf("%s: 99%% of the choices took up to %v", name, wait)
		}
		if d.moved == 0 {
			t.Errorf("%s: no session moved on a day of outages", name)
		}
	}
	learnt, blind := days["thompson"], days["round_robin"]
	if learnt.share() < 2*blind.share() {
		t.Errorf("thompson sends %.2f to the best accounts, round_robin %.2f", learnt.share(), blind.share())
	}
	if learnt.moved >= blind.moved {
		t.Errorf("thompson moves %d sessions, round_robin %d", learnt.moved, blind.moved)
	}
	thompson, robin, best := days["thompson"].success(), days["round_robin"].success(), days["oracle"].success()
	if thompson <= robin {
		t.Errorf("thompson succeeds with %.4f, round_robin with %.4f", thompson, robin)
	}
	if thompson < best-0.02 {
		t.Errorf("thompson succeeds with %.4f, the oracle with %.4f", thompson, best)
	}
}

// TestDayIsRepeatable has the same simulation end in the same way.
func TestDayIsRepeatable(t *testing.T) {
	run := func(name string) string {
		var report string
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				report = simulate(t, 90*time.Minute, func(*world) Policy { return Thompson{} }).report("")
			})
		})
		return report
	}
	if one, other := run("one"), run("other"); one != other {
		t.Errorf("two runs differ:\n%s\n%s", one, other)
	}
}

package pool

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// newCache returns a cache like the process's own, for one test.
func newCache(t testing.TB, size int) *cacheSessions {
	c := newCacheSessions()
	c.expect(size)
	t.Cleanup(func() { _ = c.Destruct() })
	return c
}

func TestSessionsContract(t *testing.T) {
	for name, s := range map[string]Sessions{"memory": NewMemorySessions(100), "cache": newCache(t, 100)} {
		t.Run(name, func(t *testing.T) {
			bind := func(from, to, want string) {
				t.Helper()
				if got := s.Bind("s", from, to, time.Hour); got != want {
					t.Errorf("bound to %q, want %q", got, want)
				}
				if got := s.Get("s"); got != want {
					t.Errorf("is bound to %q, want %q", got, want)
				}
			}
			if got := s.Get("s"); got != "" {
				t.Errorf("an unknown session is bound to %q", got)
			}
			bind("", "a", "a")
			bind("", "b", "a")
			bind("c", "b", "a")
			bind("a", "a", "a")
			bind("a", "b", "b")
			bind("a", "c", "b")
			bind("", "b", "b")
			bind("b", "c", "c")
			if got := s.(interface{ Len() int }).Len(); got > 1 {
				t.Errorf("%d sessions instead of one", got)
			}
			s.Forget("s")
			s.Forget("s")
			if got := s.Get("s"); got != "" {
				t.Errorf("a forgotten session is bound to %q", got)
			}
			bind("x", "d", "d") // bound to x no longer, whoever thought so
			if got := s.Bind("short", "", "a", time.Nanosecond); got != "a" {
				t.Errorf("bound to %q", got)
			}
			time.Sleep(time.Microsecond)
			if got := s.Get("short"); got != "" {
				t.Errorf("an expired session is bound to %q", got)
			}
		})
	}
}

func TestMemorySessionsAreBounded(t *testing.T) {
	s := NewMemorySessions(10).(*memorySessions)
	for i := range 100 {
		s.Bind(fmt.Sprint(i), "", "a", time.Hour)
		s.Bind(fmt.Sprint(i), "a", "b", time.Hour)
		if s.Get(fmt.Sprint(i)) != "b" {
			t.Fatal("the newest binding was forgotten")
		}
	}
	if s.Len() != 10 {
		t.Errorf("%d bindings", s.Len())
	}
}

// TestCacheKeepsWhatIsUsed binds a session again and again, as a conversation does, and counts its time from the last use.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, 100)
		const ttl = time.Hour
		c.Bind("s", "", "a", ttl)
		for _, pause := range []time.Duration{ttl / 1000, ttl / 60, ttl / 3} {
			for waited := time.Duration(0); waited < 2*ttl; waited += pause {
				time.Sleep(pause)
				synctest.Wait()
				if got := c.Get("s"); got != "a" {
					t.Fatalf("bound to %q after a pause of %v", got, pause)
				}
				c.Bind("s", "a", "a", ttl)
			}
		}
		time.Sleep(ttl - ttl/30)
		if got := c.Get("s"); got != "a" {
			t.Errorf("bound to %q before its time", got)
		}
		time.Sleep(ttl / 20)
		if got := c.Get("s"); got != "" {
			t.Errorf("bound to %q after its time", got)
		}
		c.Bind("s", "", "a", ttl)
		time.Sleep(time.Minute)
		c.Bind("s", "a", "a", time.Hour) // by then the cache has taken it
		c.Bind("s", "a", "a", time.Minute)
		synctest.Wait()
		time.Sleep(2 * time.Minute)
		if got := c.Get("s"); got != "" {
			t.Errorf("bound to %q after a shorter time", got)
		}
	})
}

// TestCacheKeepsABurst binds as many sessions at once as are expected, faster than ristretto takes them and more than may
// be pending.
func TestCacheKeepsABurst(t *testing.T) {
	const count = 20_000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // ristretto, which has a goroutine for it, falls behind
	c := newCache(t, count)
	for i := range count {
		c.Bind(strconv.Itoa(i), "", strconv.Itoa(i%7), time.Hour)
	}
	for i := count - 1; i >= 0; i-- { // the last ones first, which ristretto has yet to take
		if got := c.Get(strconv.Itoa(i)); got != strconv.Itoa(i%7) {
			t.Fatalf("session %d is bound to %q", i, got)
		}
	}
	c.cache.Wait()
	if n := c.Len(); n != count {
		t.Errorf("%d sessions counted", n)
	}
}

// TestCacheMovesBeforeItHasTaken moves sessions that ristretto has not yet taken, whose old value it then takes.
func TestCacheMovesBeforeItHasTaken(t *testing.T) {
	c := newCache(t, 10_000)
	for i := range 1500 {
		session := strconv.Itoa(i)
		c.Bind(session, "", "a", time.Hour)
		c.Bind(session, "a", "b", time.Hour)
	}
	for range 2 {
		c.cache.Wait()
		for i := range 1500 {
			session := strconv.Itoa(i)
			if got := c.Get(session); got != "b" {
				t.Fatalf("session %d is bound to %q", i, got)
			}
			c.Bind(session, "b", "b", time.Hour)
		}
	}
}

// TestCacheRaces uses sessions from everywhere while the cache is closed.
func TestCacheRaces(t *testing.T) {
	for range 20 {
		c := newCache(t, 100)
		var done sync.WaitGroup
		for i := range 8 {
			done.Go(func() {
				random := rand.New(rand.NewPCG(uint64(i), 1))
				for range 300 {
					session := strconv.Itoa(random.IntN(50))
					switch random.IntN(8) {
					case 0:
						c.Forget(session)
					case 1:
						c.Len()
					case 2:
						c.expect(random.IntN(1000))
					default:
						from := c.Get(session)
						c.Bind(session, from, strconv.Itoa(i), time.Hour)
					}
				}
			})
		}
		done.Go(func() { _ = c.Destruct() })
		done.Wait()
		if c.Get("1") != "" || c.Bind("1", "", "a", time.Hour) != "a" || c.Get("1") != "" {
			t.Fatal("a closed cache keeps sessions")
		}
	}
}

func TestCacheAgreesInARace(t *testing.T) {
	c := newCache(t, 1000)
	for i := range 200 {
		results := make([]string, 8)
		var done sync.WaitGroup
		for j := range results {
			done.Go(func() { results[j] = c.Bind(strconv.Itoa(i), "", strconv.Itoa(j), time.Hour) })
		}
		done.Wait()
		for _, got := range results {
			if got != results[0] {
				t.Fatalf("requests of session %d were told %v", i, results)
			}
		}
	}
}

// TestSessionsOfTheProcess checks that pools share the cache, that a reload finds it, and that it goes with the last.
func TestSessionsOfTheProcess(t *testing.T) {
	o := options()
	o.Sessions = nil
	o.MaxSessions = 100
	old := newPool(t, o, account(t, "a", 0), account(t, "b", 0))
	cache := old.sessions.(*cacheSessions)
	if cache.cache != nil {
		t.Error("a pool that has served nothing has made a cache")
	}
	expect(t, old, talk("s"), "a miss", "a hit")
	o.MaxSessions = 1000
	fresh := newPool(t, o, account(t, "a", 0), account(t, "b", 0))
	if got := cache.cache.MaxCost(); got != 1000*cacheRoom {
		t.Errorf("there is room for %d sessions", got)
	}
	old.Close()
	expect(t, fresh, talk("s"), "a hit")
	fresh.Close()
	fresh.Close()
	if n, ok := shared.References(sessionsKey{}); ok {
		t.Errorf("%d hold the sessions after the last pool", n)
	}
	expect(t, old, talk("s"), "b miss", "a miss") // a request that is late
}

// TestMillionSessionsFit measures what a million sessions cost.
func TestMillionSessionsFit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const count = 1_000_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	c := newCache(t, count)
	for i := range count {
		c.Bind("gateway\x00client\x00"+strconv.Itoa(i), "", "account", time.Hour)
		if i%10_000 == 0 {
			c.cache.Wait()
		}
	}
	c.cache.Wait()
	used := (heap() - before) >> 20
	t.Logf("%d sessions in %d MiB", c.Len(), used)
	if used > 225 { // of the 250 that are promised; the process needs a little more
		t.Errorf("%d MiB is too much", used)
	}
	if c.Len() < count {
		t.Errorf("%d sessions were kept", c.Len())
	}
}

func BenchmarkSession(b *testing.B) {
	c := newCache(b, 100_000)
	c.Bind("gateway\x00client\x00s", "", "account", time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		c.Bind("gateway\x00client\x00s", c.Get("gateway\x00client\x00s"), "account", time.Hour)
	}
}

// BenchmarkSticky measures the choice of a session's own account among many.
func BenchmarkSticky(b *testing.B) {
	o := options()
	o.Sessions = nil
	p := newPool(b, o, manyAccounts(b, 10_000)...)
	want := Want{Model: "gemini-2.5-pro", Client: "alice", Session: Session{Key: "codex:0123456789abcdef", Strong: true}}
	b.ReportAllocs()
	for b.Loop() {
		lease, err := p.Acquire(b.Context(), want)
		if err != nil {
			b.Fatal(err)
		}
		lease.Release(Outcome{Kind: Succeeded})
	}
}

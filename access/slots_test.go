package access

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func gauges(t testing.TB, key *Key, running, waiting int) {
	t.Helper()
	if r, w := key.state.slots.gauges(); r != running || w != waiting {
		t.Fatalf("%d run and %d wait, want %d and %d", r, w, running, waiting)
	}
}

func enter(t testing.TB, key *Key) *Pass {
	t.Helper()
	pass, err := key.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return pass
}

func TestQueueIsFIFO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Concurrency: 1, Queue: 5})
		first := enter(t, key)
		var order []int
		for i := range 5 {
			go func() {
				pass := enter(t, key)
				order = append(order, i) // one at a time: there is one slot
				time.Sleep(time.Second)
				pass.Leave()
			}()
			synctest.Wait()
		}
		gauges(t, key, 1, 5)
		_, err := key.Enter(t.Context())
		var full *FullError
		if !errors.As(err, &full) || full.Running != 1 || full.Waiting != 5 {
			t.Errorf("with a full queue: %v", err)
		}
		first.Leave()
		first.Leave() // does nothing
		time.Sleep(10 * time.Second)
		gauges(t, key, 0, 0)
		for i, got := range order {
			if got != i {
				t.Fatalf("order %v", order)
			}
		}
		if len(order) != 5 {
			t.Errorf("%d of 5 ran", len(order))
		}
	})
}

func TestQueueTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Concurrency: 1, Queue: 1})
		pass := enter(t, key)
		begin := time.Now()
		_, err := key.Enter(t.Context())
		var late *TimeoutError
		if !errors.As(err, &late) || time.Since(begin) != DefaultWait {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := key.Enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the client's end: %v", err)
		}
		gauges(t, key, 1, 0)
		pass.Leave()
		gauges(t, key, 0, 0)
	})
}

func TestNoQueue(t *testing.T) {
	key := limited(t, Limits{Concurrency: 2})
	a, b := enter(t, key), enter(t, key)
	var full *FullError
	if _, err := key.Enter(t.Context()); !errors.As(err, &full) {
		t.Errorf("%v", err)
	}
	a.Leave()
	c := enter(t, key)
	b.Leave()
	c.Leave()
	gauges(t, key, 0, 0)
}

// TestReload changes limits while requests run and wait, as a reload does: the new generation is published before the
// old one is closed.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		generation := func(l Limits) *Keys {
			k, err := New([]Key{{Name: "reloaded", Secret: "sk", Limits: l}}, false)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		one := generation(Limits{Concurrency: 1, Queue: 10, Rate: Rate{100, time.Hour}})
		one.Publish()
		old := &one.keys[0]
		pass := enter(t, old)
		done := make(chan *Pass, 3)
		for range 3 {
			go func() { done <- enter(t, old) }()
		}
		synctest.Wait()
		gauges(t, old, 1, 3)

		failed := generation(Limits{Concurrency: 50})
		synctest.Wait()
		gauges(t, old, 1, 3) // what was never published changes nothing
		failed.Close()

		two := generation(Limits{Concurrency: 3, Queue: 10, Rate: Rate{100, time.Hour}})
		two.Publish()
		synctest.Wait()
		gauges(t, old, 3, 1)
		one.Close()
		one.Close()
		gauges(t, &two.keys[0], 3, 1)
		pass.Leave()
		for range 3 {
			(<-done).Leave()
		}
		admit(t, &two.keys[0], "")
		gauges(t, old, 0, 0)

		// The key is taken out and comes back while a request runs.
		running := enter(t, &two.keys[0])
		two.Close()
		three := generation(Limits{Concurrency: 1})
		three.Publish()
		gauges(t, &three.keys[0], 1, 0)
		running.Leave()
		gauges(t, &three.keys[0], 0, 0)
		three.Close()
		if _, ok := shared.References(stateKey("reloaded")); ok {
			t.Error("the state is kept although nobody holds it")
		}
	})
}

// TestRandomCancels ends 10,000 requests at random moments: while they wait, while they run, and when they are done.
func TestRandomCancels(t *testing.T) {
	key := limited(t, Limits{Concurrency: 7, Queue: 40, Wait: 2 * time.Millisecond})
	var wg sync.WaitGroup
	gate := make(chan struct{}, 100)
	for i := range 10_000 {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			random := rand.New(rand.NewPCG(uint64(i), 7))
			ctx, cancel := context.WithCancel(t.Context())
			if random.IntN(2) == 0 {
				timer := time.AfterFunc(time.Duration(random.IntN(300))*time.Microsecond, cancel)
				defer timer.Stop()
			}
			defer cancel()
			pass, err := key.Enter(ctx)
			if err != nil {
				return
			}
			defer pass.Leave()
			if running, _ := key.state.slots.gauges(); running > 7 {
				t.Errorf("%d run", running)
			}
			_ = pass.Admit(time.Now())
			if random.IntN(3) == 0 {
				pass.Leave()
			}
		})
	}
	wg.Wait()
	gauges(t, key, 0, 0)
}

func BenchmarkPass(b *testing.B) {
	key := limited(b, Limits{
		Concurrency: 10, Rate: Rate{1 << 40, time.Second}, Tokens: Rate{1 << 50, time.Hour}, Budget: Budget{1 << 60, Day},
	})
	ctx, now := context.Background(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		pass, err := key.Enter(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if err := pass.Admit(now); err != nil {
			b.Fatal(err)
		}
		key.Book(now, 1000, 5000)
		pass.Leave()
	}
}

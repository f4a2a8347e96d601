package handlers

import (
	"runtime"
	"sync"
	"testing"
)

func TestLargeBuffersAreUsedAgain(t *testing.T) {
	var p buffers
	a := p.get(10 << 20)
	if room := cap(a.b); room < 10<<20 || room > 10<<20+largeStep {
		t.Fatalf("room for %d", room)
	}
	p.put(a)
	b := p.get(20 << 20)
	if b == a || cap(b.b) < 20<<20 {
		t.Fatalf("room for %d where 20 MiB were asked for", cap(b.b))
	}
	p.put(b)
	// From another processor, too, and the one that fits best.
	var wg sync.WaitGroup
	wg.Go(func() {
		if c := p.get(9 << 20); c != a {
			t.Errorf("lent room for %d, want the buffer of 10 MiB", cap(c.b))
		}
		if c := p.get(9 << 20); c == b || c == a {
			t.Error("lent a buffer that is too large, or in use")
		}
	})
	wg.Wait()
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
}

// TestBuffersComeBackToWhereTheyWereLent asks for every size twice, at the
// limits of the classes above all.
func TestBuffersComeBackToWhereTheyWereLent(t *testing.T) {
	for n := smallestBuffer; n <= 64<<20; n *= 2 {
		for _, n := range []int{n - 1, n, n + 1, n + n/4} {
			var p buffers
			lent := false
			for range 20 { // a sync.Pool loses some under the race detector
				b := p.get(n)
				p.put(b)
				again := p.get(n)
				lent = lent || again == b
				runtime.KeepAlive(b)
			}
			if !lent {
				t.Errorf("a buffer for %d bytes is not lent again", n)
			}
		}
	}
}

func TestLargeBuffersThatNobodyUsesAreFreed(t *testing.T) {
	var p buffers
	freed := make(chan struct{})
	func() {
		b := p.get(4 << 20)
		runtime.AddCleanup(b, func(struct{}) { close(freed) }, struct{}{})
		p.put(b)
	}()
	eventually(t, "the buffer is freed", func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	})
	if p.get(4 << 20); len(p.large.free) != 0 {
		t.Errorf("%d buffers are left that are no more", len(p.large.free))
	}
}

func TestLargeBuffersHaveOneHolder(t *testing.T) {
	var p buffers
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				b := p.get(2<<20 + j%3*largeStep)
				b.b = append(b.b, byte(i))
				if j%50 == 0 {
					runtime.GC()
				}
				if len(b.b) != 1 || b.b[0] != byte(i) {
					t.Error("two have the same buffer")
				}
				p.put(b)
			}
		})
	}
	wg.Wait()
}

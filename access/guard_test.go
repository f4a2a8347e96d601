package access

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Guard)
		attacker := netip.MustParseAddr("203.0.113.7")
		wrong := func(from netip.Addr) (took, blocked time.Duration) {
			begin := time.Now()
			blocked = g.Wrong(t.Context(), from)
			return time.Since(begin), blocked
		}
		var slowed time.Duration
		for i := range slowFails {
			took, blocked := wrong(attacker)
			if blocked != 0 || i < freeFails && took != 0 || took > maxDelay || took < slowed {
				t.Fatalf("wrong key %d took %v after %v, blocked %v", i+1, took, slowed, blocked)
			}
			slowed = took
		}
		if slowed != maxDelay {
			t.Errorf("never slower than %v", slowed)
		}
		if took, blocked := wrong(attacker); took != 0 || blocked != firstBlock {
			t.Errorf("took %v, blocked %v", took, blocked)
		}
		time.Sleep(20 * time.Second)
		if took, blocked := wrong(attacker); took != 0 || blocked != 40*time.Second {
			t.Errorf("while blocked: took %v, blocked %v", took, blocked)
		}
		if took, blocked := wrong(netip.MustParseAddr("203.0.113.8")); took != 0 || blocked != 0 {
			t.Errorf("the neighbour: took %v, blocked %v", took, blocked)
		}
		if _, blocked := wrong(netip.MustParseAddr("::ffff:203.0.113.7")); blocked == 0 {
			t.Error("the same address in IPv6's notation is free")
		}
		time.Sleep(40 * time.Second)
		if took, blocked := wrong(attacker); took != firstDelay || blocked != 0 {
			t.Errorf("after the block: took %v, blocked %v", took, blocked)
		}
		var again time.Duration
		for again == 0 {
			_, again = wrong(attacker)
		}
		if again != 2*firstBlock {
			t.Errorf("the second block is for %v", again)
		}
		time.Sleep(forgetting + time.Second)
		if took, blocked := wrong(attacker); took != 0 || blocked != 0 {
			t.Errorf("after a long rest: took %v, blocked %v", took, blocked)
		}
	})
}

func TestGuardNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Guard)
		blocked := time.Duration(0)
		for i := range slowFails + 1 {
			blocked = g.Wrong(t.Context(), netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x", i)))
		}
		if blocked == 0 {
			t.Error("another address of the same /64 is another client")
		}
		if g.Wrong(t.Context(), netip.MustParseAddr("2001:db8:1:3::1")) != 0 {
			t.Error("another /64 is the same client")
		}
		for range 100 {
			if g.Wrong(t.Context(), netip.Addr{}) != 0 {
				t.Fatal("a client without an address was blocked")
			}
		}
	})
}

// TestGuardIsBounded: however many addresses come, memory is bounded, requests that are slowed down are bounded, and
// those that have gone are let go.
func TestGuardIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Guard)
		for i := range 3 * maxKnown {
			g.Wrong(t.Context(), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		}
		if len(g.known) != maxKnown || g.recent.Len() != maxKnown {
			t.Errorf("%d addresses are remembered", len(g.known))
		}
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 2 * maxDelayed {
			from := netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)})
			for range freeFails {
				g.Wrong(ctx, from)
			}
			go g.Wrong(ctx, from)
		}
		synctest.Wait()
		if g.delayed != maxDelayed {
			t.Errorf("%d are slowed down", g.delayed)
		}
		cancel()
		synctest.Wait()
		if g.delayed != 0 {
			t.Errorf("%d are slowed down although they have gone", g.delayed)
		}
	})
}

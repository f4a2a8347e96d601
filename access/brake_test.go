package access

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestBrake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(Brake)
		missed := func(key, model string) (took time.Duration, times int) {
			begin := time.Now()
			times = b.Missed(t.Context(), key, model)
			return time.Since(begin), times
		}
		for i, want := range []time.Duration{0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000, 2000, 2000} {
			if took, times := missed("alice", "m"); took != want*time.Millisecond || times != i+1 {
				t.Fatalf("miss %d took %v and counts as %d, want %v", i+1, took, times, want*time.Millisecond)
			}
		}
		if took, times := missed("bob", "m"); took != 0 || times != 1 {
			t.Errorf("another key: %v, %d", took, times)
		}
		if took, times := missed("alice", "n"); took != 0 || times != 1 {
			t.Errorf("another model: %v, %d", took, times)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		begin := time.Now()
		if b.Missed(gone, "alice", "m"); time.Since(begin) != 0 || b.delayed != 0 {
			t.Errorf("a client that has gone is held for %v, %d are delayed", time.Since(begin), b.delayed)
		}
		time.Sleep(brakeMemory + time.Second)
		if took, times := missed("alice", "m"); took != 0 || times != 1 {
			t.Errorf("after a pause: %v, %d", took, times)
		}
	})
}

// TestBrakeIsBounded asks for made-up models, and from more clients at a time than are held.
func TestBrakeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(Brake)
		for i := range 3 * maxMisses {
			b.Missed(t.Context(), "alice", strconv.Itoa(i))
		}
		if n := len(b.known); n == 0 || n > maxMisses {
			t.Errorf("%d models are remembered, want at most %d", n, maxMisses)
		}
		begin := time.Now()
		for range freeMisses + maxBraked {
			go b.Missed(t.Context(), "bob", "m")
		}
		synctest.Wait()
		if b.delayed != maxBraked {
			t.Errorf("%d are held, want %d", b.delayed, maxBraked)
		}
		if b.Missed(t.Context(), "bob", "m"); time.Since(begin) != 0 {
			t.Errorf("one too many is held for %v", time.Since(begin))
		}
		time.Sleep(maxBrake)
		synctest.Wait()
		if b.delayed != 0 {
			t.Errorf("%d are held after all", b.delayed)
		}
	})
}

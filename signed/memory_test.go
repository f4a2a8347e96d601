package signed

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func newTest(t *testing.T, change func(*Limits)) *Memory {
	limits := DefaultLimits()
	if change != nil {
		change(&limits)
	}
	m := NewMemory(limits)
	t.Cleanup(m.Close)
	return m
}

func sig(value string) *ir.Signed {
	return &ir.Signed{Call: &ir.Sig{Value: value, Family: ir.SigGemini}}
}

// value is what is known under an id, "-" for nothing.
func value(m *Memory, owner, id string) string {
	s := m.Find(owner, id)
	if s == nil {
		return "-"
	}
	return s.Call.Value
}

func TestMemory(t *testing.T) {
	m := newTest(t, nil)
	m.Keep("a", "1", sig("x"))
	m.Keep("a", "2", sig("y"))
	m.Keep("a", "1", sig("z"))
	m.Keep("b", "2", sig("w"))
	for at, want := range map[[2]string]string{{"a", "1"}: "z", {"a", "2"}: "y", {"b", "2"}: "w", {"b", "1"}: "-", {"", "1"}: "-"} {
		if got := value(m, at[0], at[1]); got != want {
			t.Errorf("%s of %s is %q, want %q", at[1], at[0], got, want)
		}
	}
	m.Close()
	m.Keep("a", "1", sig("x"))
	if got := value(m, "a", "1"); got != "-" {
		t.Errorf("a closed memory knows %q", got)
	}
}

// TestMemoryBounds drops what was used longest ago, by number and by size.
func TestMemoryBounds(t *testing.T) {
	few := newTest(t, func(l *Limits) { l.Entries = 2 })
	small := newTest(t, func(l *Limits) { l.Bytes = int64(2*sig("x").Size() + 10) })
	for name, m := range map[string]*Memory{"number": few, "size": small} {
		m.Keep("a", "1", sig("1"))
		m.Keep("a", "2", sig("2"))
		value(m, "a", "1")
		m.Keep("a", "3", sig("3"))
		if got := value(m, "a", "1") + value(m, "a", "2") + value(m, "a", "3"); got != "1-3" {
			t.Errorf("by %s: got %q", name, got)
		}
	}
	m := newTest(t, func(l *Limits) { l.Entry = 1000 })
	m.Keep("a", "1", sig(strings.Repeat("x", 1000)))
	if m.Find("a", "1") != nil || m.kept.Bytes() != 0 {
		t.Error("one that is too large is kept")
	}
}

// TestMemoryTime forgets what was not used for an hour, also when nobody asks.
func TestMemoryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTest(t, nil)
		m.Keep("a", "1", sig("1"))
		m.Keep("a", "2", sig("2"))
		time.Sleep(40 * time.Minute)
		value(m, "a", "1")
		time.Sleep(40 * time.Minute)
		synctest.Wait()
		m.mu.Lock()
		n, timed := m.kept.Len(), m.timer != nil
		m.mu.Unlock()
		if n != 1 || !timed {
			t.Errorf("%d are left, timer %v", n, timed)
		}
		if got := value(m, "a", "1") + value(m, "a", "2"); got != "1-" {
			t.Errorf("got %q", got)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.kept.Len() != 0 || m.kept.Bytes() != 0 || m.timer != nil {
			t.Errorf("%d entries of %d bytes are left", m.kept.Len(), m.kept.Bytes())
		}
	})
}

// TestMemoryShared survives a change of the configuration and goes with the
// last one.
func TestMemoryShared(t *testing.T) {
	old, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	old.Keep("a", "1", sig("x"))
	next, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	old.Close()
	old.Close()
	if got := value(next.Memory, "a", "1"); got != "x" {
		t.Errorf("after a change it knows %q", got)
	}
	next.Close()
	last, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if got := value(last.Memory, "a", "1"); got != "-" {
		t.Errorf("after the end it knows %q", got)
	}
}

// TestMemoryParallel is for the race detector.
func TestMemoryParallel(t *testing.T) {
	m := newTest(t, func(l *Limits) { l.Entries = 50 })
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				id := fmt.Sprint(j)
				m.Keep("a", id, sig(id))
				if got := value(m, "a", id); got != id && got != "-" {
					t.Errorf("worker %d: %s is %q", i, id, got)
				}
			}
		})
	}
	all.Wait()
	if m.kept.Len() > 50 || len(m.entries) != m.kept.Len() {
		t.Errorf("%d entries, %d are found", m.kept.Len(), len(m.entries))
	}
}

// TestMemoryFlood wants what one owner's answers were signed with to stay, however much another's were.
func TestMemoryFlood(t *testing.T) {
	few := newTest(t, func(l *Limits) { l.Entries = 50 })
	small := newTest(t, func(l *Limits) { l.Bytes = int64(50 * (sig("x").Size() + 10)) })
	for name, m := range map[string]*Memory{"number": few, "size": small} {
		for i := range 5 {
			m.Keep("alice", fmt.Sprint(i), sig("a"))
		}
		for i := range 1000 {
			m.Keep("eve", fmt.Sprint(i), sig("e"))
			m.Keep(fmt.Sprint("anonymous\x00", i), "1", sig("n"))
		}
		for i := range 5 {
			if value(m, "alice", fmt.Sprint(i)) != "a" {
				t.Errorf("%s: entry %d of the other is gone", name, i)
			}
		}
		if value(m, "eve", "999") != "e" || value(m, "anonymous\x00999", "1") != "n" || value(m, "eve", "0") != "-" || m.kept.Len() > 60 {
			t.Errorf("%s: %d are kept, but not those used last", name, m.kept.Len())
		}
	}
}

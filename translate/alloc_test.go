// The race detector makes sync.Pool forget at random, so that this file is not
// built with it.

//go:build !race

package translate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

const budgetFile = "testdata/allocs.json"

// spent is what one turn of a benchmark costs: how often it allocates, and how
// many bytes in all. Neither depends on the speed of the machine.
type spent struct {
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
}

// TestAllocationBudget fails when a benchmark costs a tenth more than recorded:
// of a few allocations one more, of a few bytes a small one.
func TestAllocationBudget(t *testing.T) {
	budget := make(map[string]spent)
	if !*update {
		data, err := os.ReadFile(budgetFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &budget); err != nil {
			t.Fatal(err)
		}
	}
	now := make(map[string]spent)
	for name, once := range budgeted(t) {
		recorded, ok := budget[name]
		now[name] = cheapest(once, recorded)
		if !ok && !*update {
			t.Errorf("%s has no budget; record it with -update", name)
			continue
		}
		for _, excess := range now[name].over(recorded) {
			if !*update {
				t.Errorf("%s %s; find what is new, or record it with -update", name, excess)
			}
		}
	}
	for name := range budget {
		if _, ok := now[name]; !ok {
			t.Errorf("%s has a budget but is not measured; record anew with -update", name)
		}
	}
	if *update {
		writeBudget(t, now)
	}
}

// over says what is more than a tenth above the budget.
func (s spent) over(budget spent) (excess []string) {
	if s.Allocs > max(budget.Allocs*1.1, budget.Allocs+0.9) {
		excess = append(excess, fmt.Sprintf("allocates %.0f times, recorded are %.0f", s.Allocs, budget.Allocs))
	}
	if s.Bytes > budget.Bytes*1.1+64 {
		excess = append(excess, fmt.Sprintf("allocates %.0f bytes, recorded are %.0f", s.Bytes, budget.Bytes))
	}
	return excess
}

// cheapest is the least that once has cost in a few series of turns: other
// goroutines, and pools that a garbage collection has emptied, only add to it.
// When nothing is above the budget, that is enough.
func cheapest(once func(), budget spent) spent {
	best := measure(once)
	for range 4 {
		if len(best.over(budget)) == 0 {
			return best
		}
		again := measure(once)
		best = spent{min(best.Allocs, again.Allocs), min(best.Bytes, again.Bytes)}
	}
	return best
}

// measure is the mean of a series of turns, rounded as testing does, after one
// that fills the pools.
func measure(once func()) spent {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	once()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range turns {
		once()
	}
	runtime.ReadMemStats(&after)
	return spent{float64((after.Mallocs - before.Mallocs) / turns), float64((after.TotalAlloc - before.TotalAlloc) / turns)}
}

const turns = 5

func writeBudget(t *testing.T, now map[string]spent) {
	data, err := json.MarshalIndent(now, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(budgetFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(budgetFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBudgetSeesATenth checks the guard itself.
func TestBudgetSeesATenth(t *testing.T) {
	budget := spent{Allocs: 100, Bytes: 10_000}
	for _, tt := range []struct {
		now  spent
		over int
	}{
		{spent{100, 10_000}, 0},
		{spent{110, 11_000}, 0},
		{spent{111, 10_000}, 1},
		{spent{100, 11_100}, 1},
		{spent{120, 12_000}, 2},
		{spent{50, 100}, 0},
	} {
		if over := tt.now.over(budget); len(over) != tt.over {
			t.Errorf("%+v: %q", tt.now, over)
		}
	}
	if over := (spent{Allocs: 1}).over(spent{}); len(over) != 1 {
		t.Errorf("an allocation where there was none: %q", over)
	}
	var kept [][]byte
	grows := func() { kept = append(kept[:0], make([]byte, 1200)) }
	if over := cheapest(grows, spent{1, 1000}).over(spent{1, 1000}); len(over) != 1 {
		t.Errorf("1200 bytes where there were 1000: %q", over)
	}
}

// budgeted are the benchmarks that have a budget, by name.
func budgeted(t *testing.T) map[string]func() {
	all := make(map[string]func())
	for _, from := range benchDialects {
		small, large := bodyIn(t, from, 0, 0), bodyIn(t, from, 30, 18)
		stream := streamOf(t, from, 200)
		for _, to := range benchDialects {
			pair := string(from) + "-" + string(to)
			all["request/small/"+pair] = requestOnce(t, from, to, small)
			all["request/large/"+pair] = requestOnce(t, from, to, large)
			all["stream/"+pair] = streamOnce(t, from, to, stream)
		}
	}
	return all
}

// Package budget guards what benchmarks allocate. Tests use it, and nothing else.
package budget

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

const file = "testdata/allocs.json"

// spent is what one turn of a benchmark costs: how often it allocates, and how
// many bytes in all. Neither depends on the speed of the machine.
type spent struct {
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
}

// Check fails the test when one of the benchmarks costs a tenth more than
// recorded in testdata/allocs.json: of a few allocations one more, of a few
// bytes a small one. Each value makes one turn of the benchmark of that name;
// what counts is the mean of a number of turns. With record, the file is written.
func Check(t *testing.T, benchmarks map[string]func(), turns int, record bool) {
	t.Helper()
	budget := make(map[string]spent)
	if !record {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &budget); err != nil {
			t.Fatal(err)
		}
	}
	now := make(map[string]spent)
	for name, once := range benchmarks {
		recorded, ok := budget[name]
		now[name] = cheapest(once, turns, recorded)
		if !ok && !record {
			t.Errorf("%s has no budget; record it with -update", name)
			continue
		}
		for _, excess := range now[name].over(recorded) {
			if !record {
				t.Errorf("%s %s; find what is new, or record it with -update", name, excess)
			}
		}
	}
	for name := range budget {
		if _, ok := now[name]; !ok {
			t.Errorf("%s has a budget but is not measured; record anew with -update", name)
		}
	}
	if record {
		write(t, now)
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
func cheapest(once func(), turns int, budget spent) spent {
	best := measure(once, turns)
	for range 4 {
		if len(best.over(budget)) == 0 {
			return best
		}
		again := measure(once, turns)
		best = spent{min(best.Allocs, again.Allocs), min(best.Bytes, again.Bytes)}
	}
	return best
}

// measure is the mean of a series of turns, rounded as testing does, after one
// that fills the pools.
func measure(once func(), turns int) spent {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	once()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range turns {
		once()
	}
	runtime.ReadMemStats(&after)
	return spent{float64((after.Mallocs - before.Mallocs) / uint64(turns)), float64((after.TotalAlloc - before.TotalAlloc) / uint64(turns))}
}

func write(t *testing.T, now map[string]spent) {
	data, err := json.MarshalIndent(now, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

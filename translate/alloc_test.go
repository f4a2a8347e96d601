// The race detector makes sync.Pool forget at random, so that this file is not
// built with it.

//go:build !race

package translate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

const budgetFile = "testdata/allocs.json"

// TestAllocationBudget fails when a benchmark allocates more often than
// recorded: by more than a tenth and two. Allocations are counted and not
// timed, so that the machine does not matter.
func TestAllocationBudget(t *testing.T) {
	budget := make(map[string]float64)
	if !*update {
		data, err := os.ReadFile(budgetFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &budget); err != nil {
			t.Fatal(err)
		}
	}
	spent := make(map[string]float64)
	for name, once := range budgeted(t) {
		spent[name] = testing.AllocsPerRun(5, once)
		limit, ok := budget[name]
		switch {
		case *update:
		case !ok:
			t.Errorf("%s has no budget; record it with -update", name)
		case spent[name] > limit*1.1+2:
			t.Errorf("%s allocates %.0f times, recorded are %.0f; find what is new, or record it with -update", name, spent[name], limit)
		}
	}
	for name := range budget {
		if _, ok := spent[name]; !ok {
			t.Errorf("%s has a budget but is not measured; record anew with -update", name)
		}
	}
	if *update {
		writeBudget(t, spent)
	}
}

func writeBudget(t *testing.T, spent map[string]float64) {
	data, err := json.MarshalIndent(spent, "", "\t")
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

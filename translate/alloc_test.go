// The race detector makes sync.Pool forget at random, so that this file is not
// built with it.

//go:build !race

package translate

import (
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/internal/budget"
)

func TestAllocationBudget(t *testing.T) { budget.Check(t, budgeted(t), 5, *update) }

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

// The race detector makes sync.Pool forget at random, so that this file is not
// built with it.

//go:build !race

package handlers

import (
	"flag"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/internal/budget"
)

var update = flag.Bool("update", false, "record the budget anew")

func TestAllocationBudget(t *testing.T) { budget.Check(t, budgeted(t), 20, *update) }

// budgeted are the benchmarks that have a budget, by name.
func budgeted(t *testing.T) map[string]func() {
	all := make(map[string]func())
	for _, s := range servings() {
		all[s.name] = s.once(t)
	}
	small := servings()[0]
	all["accounts/1000"] = small.among(t, 1000, access.Key{})
	return all
}

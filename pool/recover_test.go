package pool

import (
	"sync"
	"testing"
)

// TestOnlyAccountIsNeverNobody fails and recovers the only account while others ask for it. Its cooldowns are ignored,
// so that nobody may be told that there is no account, also not whoever looks while one ends.
func TestOnlyAccountIsNeverNobody(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 0))
	var done sync.WaitGroup
	for worker := range 8 {
		done.Go(func() {
			for i := range 5000 {
				lease, err := p.Acquire(t.Context(), Want{Model: "m", Client: "c"})
				if err != nil {
					t.Errorf("request %d: %v", i, err)
					return
				}
				o := Outcome{Kind: Succeeded}
				if (i+worker)%2 == 0 {
					o = Outcome{Kind: Failed, Scope: ScopeModel}
				}
				lease.Release(o)
			}
		})
	}
	done.Wait()
}

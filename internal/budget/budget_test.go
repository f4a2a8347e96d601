// The race detector allocates, too.

//go:build !race

package budget

import "testing"

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
	if over := cheapest(grows, 20, spent{1, 1000}).over(spent{1, 1000}); len(over) != 1 {
		t.Errorf("1200 bytes where there were 1000: %q", over)
	}
}

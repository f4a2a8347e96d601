package usage

import (
	"math/rand/v2"
	"testing"
)

func TestReported(t *testing.T) {
	tests := []struct {
		name string
		in   Reported
		want Tokens
	}{
		{"nothing known", Reported{-1, -1, -1, -1, -1, -1}, Tokens{}},
		// Anthropic's 25 input + 100 read + 40 written, 10 of them for an hour, as an inclusive total.
		{"all parts", Reported{165, 100, 40, 10, 50, 20}, Tokens{25, 100, 30, 10, 50, 20}},
		{"no parts", Reported{165, -1, -1, -1, 50, -1}, Tokens{Input: 165, Output: 50}},
		{"parts alone", Reported{-1, 100, 40, -1, -1, -1}, Tokens{CacheRead: 100, CacheWrite5m: 40}},
		{"hour without sum", Reported{60, -1, -1, 10, 5, 0}, Tokens{Input: 50, CacheWrite1h: 10, Output: 5}},
		{"parts beyond the whole", Reported{50, 40, 30, 30, 5, 9}, Tokens{CacheRead: 40, CacheWrite1h: 10, Output: 5, Reasoning: 5}},
	}
	for _, test := range tests {
		if got := test.in.Tokens(); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestReportedSum: whatever upstreams report, the five counters make up exactly what they say in total, none is
// negative, and reasoning is within the output.
func TestReportedSum(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	number := func() int64 {
		if random.IntN(4) == 0 {
			return -1
		}
		return random.Int64N(1000)
	}
	for range 100_000 {
		r := Reported{number(), number(), number(), number(), number(), number()}
		got := r.Tokens()
		if r.InputTotal >= 0 && got.Prompt() != r.InputTotal || got.Output != max(r.OutputTotal, 0) {
			t.Fatalf("%+v becomes %+v", r, got)
		}
		if got.Total() != got.Prompt()+got.Output || min(got.Input, got.CacheRead, got.CacheWrite5m, got.CacheWrite1h, got.Reasoning) < 0 ||
			got.Reasoning > got.Output {
			t.Fatalf("%+v becomes %+v", r, got)
		}
	}
}

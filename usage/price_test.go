package usage

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParsePrice(t *testing.T) {
	tests := []struct {
		in   string
		want Price
	}{
		{"3 15", Price{3, 15, 3, 3, 3, nil, 0}},
		{"3 15 0.3", Price{3, 15, 0.3, 3, 3, nil, 0}},
		{"3 15 0.3 3.75", Price{3, 15, 0.3, 3.75, 6, nil, 0}},
		{"0 0", Price{}},
	}
	for _, test := range tests {
		if got, err := ParsePrice(strings.Fields(test.in)); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", test.in, got, err)
		}
	}
	for _, bad := range []string{"", "3", "3 15 1 2 3", "3 x", "-3 15", "3 NaN", "3 Inf", "3 2000000"} {
		if got, err := ParsePrice(strings.Fields(bad)); err == nil {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
}

func TestCost(t *testing.T) {
	sonnet := BuiltInPrices().Find("claude-sonnet-4-5-20250929")
	// 1,000 × 3 + 2,000 × 0.30 + 400 × 3.75 + 100 × 6 + 500 × 15 dollars per million
	if got := sonnet.Cost(Tokens{1000, 2000, 400, 100, 500, 200}); got != 13_200_000 {
		t.Errorf("%d nanodollars", got)
	}
	pro := BuiltInPrices().Find("gemini-2.5-pro")
	if got := pro.Cost(Tokens{Input: 150_000, CacheRead: 50_000}); got != 193_750_000 {
		t.Errorf("up to the limit: %d", got)
	}
	if got := pro.Cost(Tokens{Input: 150_001, CacheRead: 50_000, Output: 10}); got != 387_652_500 {
		t.Errorf("beyond the limit: %d", got)
	}
	if got := BuiltInPrices().Find("gpt-5-nano").Cost(Tokens{CacheRead: 1}); got != 5 {
		t.Errorf("one token of the cheapest: %d", got)
	}
}

// TestBuiltIn looks for slips in the table.
func TestBuiltIn(t *testing.T) {
	for name, p := range builtIn {
		for ; p != nil; p = p.Long {
			if p.Input <= 0 || p.Output < p.Input && p.Output != 0 || p.CacheRead <= 0 || p.CacheRead > p.Input ||
				p.CacheWrite5m < p.Input || p.CacheWrite1h < p.CacheWrite5m {
				t.Errorf("%s: %+v", name, *p)
			}
			if p.Long != nil && (p.Long.Input < p.Input || p.LongFrom < 100_000) {
				t.Errorf("%s: beyond %d it is cheaper: %+v", name, p.LongFrom, *p.Long)
			}
		}
		if short, ok := cutVersion(name); ok {
			t.Errorf("%s can never be found: it is looked up as %s", name, short)
		}
	}
}

func TestFind(t *testing.T) {
	tests := map[string]string{
		"gpt-4o":                           "gpt-4o",
		"gpt-4o-2024-08-06":                "gpt-4o",
		"gpt-4o-mini-2024-07-18":           "gpt-4o-mini",
		"gpt-5.2-chat-latest":              "gpt-5.2-chat",
		"claude-sonnet-4-5@20250929":       "claude-sonnet-4-5",
		"claude-haiku-4-5-20251001":        "claude-haiku-4-5",
		"claude-3-5-sonnet-latest":         "claude-3-5-sonnet",
		"models/gemini-2.5-flash":          "gemini-2.5-flash",
		"gemini-2.5-flash-001":             "gemini-2.5-flash",
		"gemini-2.5-pro-preview-06-05":     "gemini-2.5-pro",
		"gemini-2.5-flash-preview-09-2025": "gemini-2.5-flash",
		"gemini-3.1-pro-preview":           "gemini-3.1-pro",
		"gpt-4o-audio-preview":             "",
		"claude-opus-9":                    "",
		"demo":                             "",
		"":                                 "",
		"-":                                "",
		"gpt-4o-":                          "",
	}
	p := BuiltInPrices()
	for name, want := range tests {
		if got := p.Find(name); got != builtIn[want] {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

const priceFile = `{
	"sample_spec": {"input_cost_per_token": "in dollars"},
	"gpt-5": {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "mode": "chat", "supports_vision": true},
	"gemini/gemini-9": {
		"input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-07,
		"input_cost_per_token_above_200k_tokens": 2.5e-06, "output_cost_per_token_above_200k_tokens": 1.5e-05
	},
	"claude-9": {
		"input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
		"cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06
	},
	"dall-e": {"output_cost_per_image": 0.04}
}`

func TestReadPrices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.json")
	if err := os.WriteFile(path, []byte(priceFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := ReadPrices(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*Price{
		"gpt-5":            {2, 8, 2, 2, 2, nil, 0},
		"gpt-5-2025-08-07": {2, 8, 2, 2, 2, nil, 0},
		"gemini-9":         {1.25, 10, 0.125, 1.25, 1.25, &Price{2.5, 15, 0.25, 2.5, 2.5, nil, 0}, 200_000},
		"claude-9":         {3, 15, 0.3, 3.75, 6, nil, 0},
		"gpt-5-mini":       builtIn["gpt-5-mini"],
		"dall-e":           nil,
		"sample_spec":      nil,
	}
	for name, want := range want {
		got := p.Find(name)
		if (got == nil) != (want == nil) || got != nil && !near(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func near(a, b *Price) bool {
	if a == nil || b == nil {
		return a == b
	}
	for _, pair := range [][2]float64{{a.Input, b.Input}, {a.Output, b.Output}, {a.CacheRead, b.CacheRead},
		{a.CacheWrite5m, b.CacheWrite5m}, {a.CacheWrite1h, b.CacheWrite1h}} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			return false
		}
	}
	return a.LongFrom == b.LongFrom && near(a.Long, b.Long)
}

func TestReadPricesRefuses(t *testing.T) {
	tests := map[string]string{
		"":                                     "not an object",
		"[]":                                   "not an object",
		"{}":                                   "no model",
		`{"m": []}`:                            `model "m"`,
		`{"m": {"input_cost_per_token": "1"}}`: `model "m"`,
		`{"m": {"input_cost_per_token": -1}}`:  "not a price",
		`{"m": {"input_cost_per_token": 3}}`:   "per token", // dollars per million by mistake
	}
	for content, want := range tests {
		if _, err := parsePrices([]byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", content, err)
		}
	}
	if _, err := ReadPrices(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there")
	}
}

func FuzzReadPrices(f *testing.F) {
	f.Add([]byte(priceFile))
	f.Add([]byte(`{"m":{"input_cost_per_token":0}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := parsePrices(content)
		if err != nil {
			return
		}
		for name := range p.file {
			if cost := p.Find(name).Cost(Tokens{1000, 1000, 1000, 1000, 1000, 0}); cost < 0 {
				t.Errorf("%s costs %d", name, cost)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("gpt-4o-2024-08-06")
	f.Add("a-01-01@00000000-preview-latest")
	f.Fuzz(func(_ *testing.T, name string) { BuiltInPrices().Find(name) })
}

func BenchmarkPrice(b *testing.B) {
	p := BuiltInPrices()
	b.ReportAllocs()
	for b.Loop() {
		p.Find("claude-sonnet-4-5-20250929").Cost(Tokens{1000, 2000, 400, 100, 500, 200})
	}
}

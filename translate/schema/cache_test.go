package schema

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestCacheConcurrently has many goroutines convert more schemas than the
// cache holds, and compares every answer.
func TestCacheConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1500 {
				name := fmt.Sprintf("p %d", (i*7+g*11)%900)
				raw := fmt.Appendf(nil, `{"type":"object","properties":{%q:{"type":"string","minLength":1}}}`, name)
				key := strings.ReplaceAll(name, " ", "_")
				out, _, err := Gemini(raw, GeminiOptions{JSON: true, Parameters: true})
				if want := fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"string","description":"minLength: 1"}}}`, name); err != nil || string(out) != want {
					t.Errorf("got %s, want %s, %v", out, want, err)
					return
				}
				out, err = Anthropic(raw, AnthropicOptions{Strict: i%2 == 0})
				if err != nil || !bytes.Contains(out, []byte(key)) {
					t.Errorf("got %s, %v", out, err)
					return
				}
				if RenamedKeys(raw)[name] != key {
					t.Errorf("renamed %v", RenamedKeys(raw))
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	for i := range 20000 {
		raw := fmt.Appendf(nil, "schema %d", i)
		c.put(keyOf(raw, openAITarget), entry{out: bytes.Repeat([]byte("x"), i%5000)}, raw)
	}
	total := 0
	for i := range c.shards {
		s := &c.shards[i]
		size := 0
		for _, e := range s.entries {
			size += e.size()
		}
		if len(s.entries) > maxShardEntries || s.bytes > maxShardBytes || s.bytes != size {
			t.Errorf("shard %d has %d entries of %d bytes, and counts %d", i, len(s.entries), size, s.bytes)
		}
		total += len(s.entries)
	}
	if total < 1000 {
		t.Errorf("only %d entries are left", total)
	}
}

func TestCacheKeepsNothingBig(t *testing.T) {
	var c cache
	raw := []byte("big")
	k := keyOf(raw, openAITarget)
	if e := c.put(k, entry{out: make([]byte, maxEntryBytes+1)}, raw); len(e.out) != maxEntryBytes+1 {
		t.Error("the entry was changed")
	}
	if _, ok := c.get(k); ok {
		t.Error("a big entry was kept")
	}
}

// TestCacheTellsOptionsApart converts one schema in all ways, twice.
func TestCacheTellsOptionsApart(t *testing.T) {
	raw := []byte(`{"$schema":"s","type":"object","properties":{"a b":{"type":"array","minItems":1},"o":{"type":"object"}}}`)
	first := make(map[string]string)
	for range 2 {
		for name, f := range conversionByName {
			out, err := f(raw)
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := first[name]; ok && before != string(out) {
				t.Errorf("%s: first %s, then %s", name, before, out)
			}
			first[name] = string(out)
		}
	}
	distinctOutputs := make(map[string]bool)
	for _, out := range first {
		distinctOutputs[out] = true
	}
	if len(distinctOutputs) < 8 {
		t.Errorf("only %d different results: %v", len(distinctOutputs), first)
	}
}

// TestCacheDoesNotAliasInput changes the input after the conversion.
func TestCacheDoesNotAliasInput(t *testing.T) {
	for name, f := range conversionByName {
		raw := []byte(`{"$schema":"s","type":"object","properties":{"a b":{"type":"array","minItems":1,"description":"` + name + `"}},"required":["a b"]}`)
		copied := bytes.Clone(raw)
		out, err := f(raw)
		if err != nil {
			t.Fatal(err)
		}
		want := string(out)
		for i := range raw {
			raw[i] = '#'
		}
		again, err := f(copied)
		if err != nil || string(again) != want {
			t.Errorf("%s: got %s, want %s, %v", name, again, want, err)
		}
	}
}

func TestCachedDoesNotAllocate(t *testing.T) {
	raw := benchmarkSchema(t)
	for name, f := range map[string]func(){
		"gemini":    func() { Gemini(raw, GeminiOptions{Parameters: true}) },
		"anthropic": func() { Anthropic(raw, AnthropicOptions{Strict: true}) },
		"openai":    func() { OpenAI(raw) },
		"keys":      func() { RenamedKeys(raw) },
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

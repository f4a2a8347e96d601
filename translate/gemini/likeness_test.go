package gemini

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// facts are what the users of a chunk learn from it after the first one.
type facts struct {
	Cands   []wireCandidate
	Usage   ir.Usage
	Known   bool
	Tier    string
	Block   string
	Failure string
	ModelAt ir.Span
}

func factsOf(c *chunk) facts {
	f := facts{Known: c.hasUsage, Tier: c.tier, Block: c.block, Failure: string(c.failure), ModelAt: c.modelAt}
	if c.hasUsage {
		f.Usage = c.usage
	}
	for _, w := range c.cands {
		w.parts = append([]wirePart(nil), w.parts...)
		for i := range w.parts {
			w.parts[i].textAt, w.parts[i].spare = ir.Span{}, nil
		}
		f.Cands = append(f.Cands, w)
	}
	return f
}

// checkAlike reads chunks one after the other, and each alone, and fails unless
// both tell the same. It returns how many were not read in full.
func checkAlike(t *testing.T, chunks ...string) (matched int) {
	t.Helper()
	var c chunk
	for i, data := range chunks {
		var fresh chunk
		var want, got []facts
		before := c.like.chunks
		wantErr := eachChunk([]byte(data), &fresh, func() { want = append(want, factsOf(&fresh)) })
		gotErr := eachChunk([]byte(data), &c, func() { got = append(got, factsOf(&c)) })
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
			t.Fatalf("chunk %d %s\nafter others %+v, %v\nalone        %+v, %v", i, data, got, gotErr, want, wantErr)
		}
		if wantErr == nil && c.like.chunks == before && data[0] != '[' {
			matched++
		}
	}
	return matched
}

// plainChunk is a chunk as Google sends it, with a text between quotes.
func plainChunk(text string, out int) string {
	return fmt.Sprintf(`{"candidates": [{"content": {"parts": [{"text": "%s"}],"role": "model"},"index": 0}],`+
		`"usageMetadata": {"promptTokenCount": 12,"candidatesTokenCount": %d,"totalTokenCount": %d,`+
		`"promptTokensDetails": [{"modality": "TEXT","tokenCount": 2},{"modality": "IMAGE","tokenCount": %d}]},`+
		`"modelVersion": "gemini-2.5-flash","responseId": "r1"}`, text, out, 12+out, out)
}

func TestLikeness(t *testing.T) {
	first, second := plainChunk("a", 1), plainChunk("b", 2)
	swapped := func(text string, n int) string {
		return fmt.Sprintf(`{"modelVersion":"m","usageMetadata":{"totalTokenCount":%d,"serviceTier":"x"},"candidates":[{"index":1,"content":{"parts":[{"thought":true,"text":"%s"}]}}]}`, n, text)
	}
	tests := []struct {
		name    string
		chunks  []string
		matched int
	}{
		{"text and counts", []string{first, second, plainChunk(`c \"d\" é \ud83d\ude00`, 123456), plainChunk("", 0)}, 2},
		{"a repaired text", []string{first, second, plainChunk(`\ud83d \u2028`+"\u2028", 3)}, 1},
		{"no string", []string{first, second, strings.Replace(first, `"a"`, `null`, 1), plainChunk(`\x`, 3), plainChunk("\n", 3)}, 0},
		{"other numbers", []string{first, second, strings.Replace(first, `": 12,`, `": 1.2e1,`, 1), strings.Replace(first, `": 12,`, `": 012,`, 1),
			strings.Replace(first, `": 12,`, `": 1234567890123456789,`, 1), strings.Replace(first, `": 12,`, `": -1,`, 1)}, 0},
		{"the end", []string{first, second, strings.Replace(first, `"index"`, `"finishReason":"STOP","index"`, 1), first + "1", first[:len(first)-1]}, 0},
		{"another kind between", []string{first, second, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},{"text":"x"}]},"finishReason":"STOP"}]}`, plainChunk("c", 9)}, 1},
		{"another model", []string{first, second, strings.Replace(first, "2.5", "3.5", 1)}, 0},
		{"another order", []string{swapped("a", 1), swapped("b", 2), swapped("cc", 33), swapped("d", 4)}, 2},
		{"the usage twice", []string{first, strings.Replace(second, `{"cand`, `{"usageMetadata":{"promptTokenCount":4,"thoughtsTokenCount":7},"cand`, 1),
			strings.Replace(second, `{"cand`, `{"usageMetadata":{"promptTokenCount":4,"thoughtsTokenCount":8},"cand`, 1)}, 0},
		{"an error", []string{first, second, `{"error":{"code":500}}`, `[` + first + `]`}, 0},
		{"without usage", []string{`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"b"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"c"}]}}]}`}, 1},
		{"the text twice", []string{`{"candidates":[{"content":{"parts":[{"text":"a","text":"a"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"a","text":"b"}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"text":"a","text":"c"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"c","text":"a"}]}}]}`}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := checkAlike(t, tt.chunks...); got != tt.matched {
				t.Errorf("%d chunks were like the one before, want %d", got, tt.matched)
			}
		})
	}
}

// FuzzLikeness checks that what a chunk tells does not depend on those before it.
func FuzzLikeness(f *testing.F) {
	f.Add(plainChunk("a", 1), plainChunk("b", 2))
	f.Add(plainChunk("a", 1), plainChunk(`\ud83d`, 12))
	f.Add(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"modelVersion":"m"}`, `{"candidates":[{"content":{"parts":[{"text":"b"}]}}],"modelVersion":"m"}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		checkAlike(t, first, first, second, first, second, second)
	})
}

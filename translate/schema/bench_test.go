package schema

import (
	"bytes"
	"encoding/json"
	"testing"
)

// benchmarkSchema is a tool's schema of about 1 KB.
func benchmarkSchema(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, goldens(tb)["testdata/questions.json"].Schema); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func BenchmarkCached(b *testing.B) {
	raw := benchmarkSchema(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Gemini(raw, GeminiOptions{Parameters: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCachedParallel(b *testing.B) {
	raw := benchmarkSchema(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := OpenAI(raw); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkCold(b *testing.B) {
	raw := benchmarkSchema(b)
	for name, f := range map[string]func() error{
		"gemini_openapi":   func() error { _, err := convertGemini(raw, GeminiOptions{Parameters: true}); return err },
		"gemini_json":      func() error { _, err := convertGemini(raw, GeminiOptions{JSON: true, Parameters: true}); return err },
		"anthropic":        func() error { _, err := rebuildAnthropic(raw, AnthropicOptions{}); return err },
		"anthropic_plain":  func() error { _, err := convertAnthropic(raw, AnthropicOptions{}); return err },
		"anthropic_strict": func() error { _, err := convertAnthropic(raw, AnthropicOptions{Strict: true}); return err },
		"openai":           func() error { _, err := convertOpenAI(raw); return err },
		"from_openapi":     func() error { _, err := convertFromOpenAPI(raw); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

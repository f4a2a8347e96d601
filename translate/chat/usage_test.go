package chat

import (
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

func TestReadUsage(t *testing.T) {
	known := func(f func(*ir.Usage)) ir.Usage { u := ir.NoUsage(); f(&u); return u }
	tests := []struct {
		name, in string
		want     ir.Usage
	}{
		{"all", `{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19,"prompt_tokens_details":{"cached_tokens":1,"cache_write_tokens":2,"audio_tokens":3,"image_tokens":4},"completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":6,"image_tokens":7,"accepted_prediction_tokens":8,"rejected_prediction_tokens":9}}`,
			known(func(u *ir.Usage) {
				u.InputTotal, u.OutputTotal, u.CacheRead, u.CacheWrite, u.InputAudio, u.InputImage = 10, 9, 1, 2, 3, 4
				u.Reasoning, u.OutputAudio, u.OutputImage, u.PredAccepted, u.PredRejected = 5, 6, 7, 8, 9
			})},
		{"no details", `{"prompt_tokens":10,"completion_tokens":9,"prompt_tokens_details":null,"completion_tokens_details":{}}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal = 10, 9 })},
		{"more reasoning than output", `{"prompt_tokens":10,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":50}}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal, u.Reasoning = 10, 9, 9 })},
		{"DeepSeek", `{"prompt_tokens":10,"completion_tokens":9,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal, u.CacheRead = 10, 9, 4 })},
		{"LiteLLM", `{"prompt_tokens":10,"completion_tokens":9,"cache_creation_input_tokens":3,"cache_read_input_tokens":0}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal, u.CacheWrite = 10, 9, 3 })},
		{"a total only", `{"prompt_tokens":10,"total_tokens":15}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal = 10, 5 })},
		{"embeddings", `{"prompt_tokens":8,"total_tokens":8}`, known(func(u *ir.Usage) { u.InputTotal, u.OutputTotal = 8, 0 })},
		{"strange kinds", `{"prompt_tokens":"10","completion_tokens":null,"total_tokens":[]}`, ir.NoUsage()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r jsonx.Reader
			r.Reset([]byte(tt.in))
			if got, ok := readUsage(&r); !ok || got != tt.want || r.End() != nil {
				t.Errorf("got  %+v\nwant %+v, %v", got, tt.want, r.Err())
			}
		})
	}
	var r jsonx.Reader
	r.Reset([]byte("null"))
	if _, ok := readUsage(&r); ok {
		t.Error("null is usage")
	}
}

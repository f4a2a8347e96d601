package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// The readers of answers skip what is not of the expected kind: an answer must
// not be lost because a server dates it in words.

func softText(r *jsonx.Reader) ir.Text {
	if r.Kind() != jsonx.String {
		r.Skip()
		return ""
	}
	return r.Text()
}

// softInt returns def for what is no number.
func softInt(r *jsonx.Reader, def int64) int64 {
	if r.Kind() != jsonx.Number {
		r.Skip()
		return def
	}
	return int64(r.Float())
}

func inObject(r *jsonx.Reader) bool {
	if r.Kind() != jsonx.Object {
		r.Skip()
		return false
	}
	return r.Object()
}

func inArray(r *jsonx.Reader) bool {
	if r.Kind() != jsonx.Array {
		r.Skip()
		return false
	}
	return r.Array()
}

// readUsage reads a usage object and reports whether there was one. Counts
// that the server does not give stay unknown.
func readUsage(r *jsonx.Reader) (u ir.Usage, ok bool) {
	u = ir.NoUsage()
	if !inObject(r) {
		return u, false
	}
	total := int64(-1)
	for r.Member() {
		switch r.Key() {
		case "prompt_tokens":
			u.InputTotal = softInt(r, -1)
		case "completion_tokens":
			u.OutputTotal = softInt(r, -1)
		case "total_tokens":
			total = softInt(r, -1)
		case "prompt_tokens_details":
			readPromptDetails(r, &u)
		case "completion_tokens_details":
			readCompletionDetails(r, &u)
		case "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens": // DeepSeek, Moonshot, LiteLLM
			if n := softInt(r, -1); n > 0 && u.CacheRead < 0 {
				u.CacheRead = n
			}
		case "cache_creation_input_tokens":
			if n := softInt(r, -1); n > 0 && u.CacheWrite < 0 {
				u.CacheWrite = n
			}
		case "reasoning_tokens":
			if n := softInt(r, -1); n > 0 && u.Reasoning < 0 {
				u.Reasoning = n
			}
		}
	}
	if u.OutputTotal < 0 && total >= 0 && u.InputTotal >= 0 {
		u.OutputTotal = max(total-u.InputTotal, 0)
	}
	if u.OutputTotal >= 0 {
		u.Reasoning = min(u.Reasoning, u.OutputTotal)
	}
	return u, true
}

func readPromptDetails(r *jsonx.Reader, u *ir.Usage) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "cached_tokens":
			u.CacheRead = softInt(r, -1)
		case "cache_write_tokens", "cache_creation_tokens":
			u.CacheWrite = softInt(r, -1)
		case "audio_tokens":
			u.InputAudio = softInt(r, -1)
		case "image_tokens":
			u.InputImage = softInt(r, -1)
		}
	}
}

func readCompletionDetails(r *jsonx.Reader, u *ir.Usage) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "reasoning_tokens":
			u.Reasoning = softInt(r, -1)
		case "audio_tokens":
			u.OutputAudio = softInt(r, -1)
		case "image_tokens":
			u.OutputImage = softInt(r, -1)
		case "accepted_prediction_tokens":
			u.PredAccepted = softInt(r, -1)
		case "rejected_prediction_tokens":
			u.PredRejected = softInt(r, -1)
		}
	}
}

// appendUsage appends a usage object. The counts of cached and of reasoning
// tokens are always there, others only when there are any.
func appendUsage(dst []byte, u *ir.Usage) []byte {
	in, out := ir.Count(u.InputTotal), ir.Count(u.OutputTotal)
	dst = appendInt(append(dst, `{"prompt_tokens":`...), in)
	dst = appendInt(append(dst, `,"completion_tokens":`...), out)
	dst = appendInt(append(dst, `,"total_tokens":`...), in+out)
	dst = appendInt(append(dst, `,"prompt_tokens_details":{"cached_tokens":`...), ir.Count(u.CacheRead))
	dst = appendCount(dst, "cache_write_tokens", u.CacheWrite)
	dst = appendCount(dst, "audio_tokens", u.InputAudio)
	dst = appendCount(dst, "image_tokens", u.InputImage)
	dst = appendInt(append(dst, `},"completion_tokens_details":{"reasoning_tokens":`...), ir.Count(u.Reasoning))
	dst = appendCount(dst, "audio_tokens", u.OutputAudio)
	dst = appendCount(dst, "image_tokens", u.OutputImage)
	dst = appendCount(dst, "accepted_prediction_tokens", u.PredAccepted)
	dst = appendCount(dst, "rejected_prediction_tokens", u.PredRejected)
	return append(dst, "}}"...)
}

func appendCount(dst []byte, key string, n int64) []byte {
	if n <= 0 {
		return dst
	}
	return appendInt(appendKey(dst, key), n)
}

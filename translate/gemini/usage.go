package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readUsage reads a usageMetadata. Google counts the cache inside of the
// prompt, what server tools put in beside it, and thoughts beside the
// candidates. What cannot be read counts nothing, since an answer is worth more
// than its bill; ok is false when nothing is counted.
func readUsage(r *jsonx.Reader) (u ir.Usage, tier string, ok bool) {
	u = ir.NoUsage()
	prompt, candidates, total := int64(-1), int64(-1), int64(-1)
	if r.Kind() != jsonx.Object {
		r.Skip()
		return u, "", false
	}
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "promptTokenCount", "prompt_token_count":
			prompt = r.CountIfAny()
		case "cachedContentTokenCount", "cached_content_token_count":
			u.CacheRead = r.CountIfAny()
		case "candidatesTokenCount", "candidates_token_count", "responseTokenCount":
			candidates = r.CountIfAny()
		case "thoughtsTokenCount", "thoughts_token_count":
			u.Reasoning = r.CountIfAny()
		case "toolUsePromptTokenCount", "tool_use_prompt_token_count":
			u.ToolPrompt = r.CountIfAny()
		case "totalTokenCount", "total_token_count":
			total = r.CountIfAny()
		case "promptTokensDetails", "prompt_tokens_details":
			readModalities(r, &u.InputAudio, &u.InputImage)
		case "candidatesTokensDetails", "candidates_tokens_details":
			readModalities(r, &u.OutputAudio, &u.OutputImage)
		case "serviceTier", "service_tier":
			tier = tierOf(r.TextIfAny().String())
		}
	}
	if r.Err() != nil || prompt < 0 && candidates < 0 && total < 0 {
		return ir.NoUsage(), tier, false
	}
	u.InputTotal = ir.Count(prompt) + ir.Count(u.ToolPrompt)
	u.OutputTotal = ir.Count(candidates) + ir.Count(u.Reasoning)
	if rest := total - u.InputTotal; total > 0 && rest >= 0 && rest < u.OutputTotal {
		u.OutputTotal = rest // some previews count thoughts among the candidates
	}
	u.Reasoning = min(u.Reasoning, u.OutputTotal)
	return u, strings.Clone(tier), true
}

// readModalities reads the counts of sound and images.
func readModalities(r *jsonx.Reader, audio, image *int64) {
	if r.Kind() != jsonx.Array {
		r.Skip()
		return
	}
	for in := r.Array(); in && r.Element(); {
		if r.Kind() != jsonx.Object {
			continue
		}
		var modality string
		count := int64(-1)
		for in := r.Object(); in && r.Member(); {
			switch r.Key() {
			case "modality":
				modality = r.TextIfAny().String()
			case "tokenCount", "token_count":
				count = r.CountIfAny()
			}
		}
		switch modality {
		case "AUDIO":
			*audio = max(count, 0)
		case "IMAGE":
			*image = max(count, 0)
		}
	}
}

// appendUsage appends the member usageMetadata, nothing when nothing is known.
func appendUsage(dst []byte, u *ir.Usage) []byte {
	if !u.Known() {
		return dst
	}
	reasoning, tools := ir.Count(u.Reasoning), ir.Count(u.ToolPrompt)
	dst = append(appendKey(dst, "usageMetadata"), '{')
	dst = appendInt(dst, "promptTokenCount", max(0, ir.Count(u.InputTotal)-tools))
	if u.CacheRead > 0 {
		dst = appendInt(dst, "cachedContentTokenCount", u.CacheRead)
	}
	dst = appendInt(dst, "candidatesTokenCount", max(0, ir.Count(u.OutputTotal)-reasoning))
	if reasoning > 0 {
		dst = appendInt(dst, "thoughtsTokenCount", reasoning)
	}
	if tools > 0 {
		dst = appendInt(dst, "toolUsePromptTokenCount", tools)
	}
	dst = appendInt(dst, "totalTokenCount", u.Total())
	return append(dst, '}')
}

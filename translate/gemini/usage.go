package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// count is one of the numbers of a usageMetadata.
type count uint8

const (
	uncounted count = iota
	countPrompt
	countCached
	countCandidates
	countThoughts
	countTools
	countTotal
	countInputAudio
	countInputImage
	countOutputAudio
	countOutputImage
	numCounts
)

// counts are the numbers of a usageMetadata, -1 for those that are not known.
type counts [numCounts]int64

func noCounts() (n counts) {
	for i := range n {
		n[i] = -1
	}
	return n
}

// countNamed is the number that a member of usageMetadata tells.
func countNamed(key string) count {
	switch key {
	case "promptTokenCount", "prompt_token_count":
		return countPrompt
	case "cachedContentTokenCount", "cached_content_token_count":
		return countCached
	case "candidatesTokenCount", "candidates_token_count", "responseTokenCount":
		return countCandidates
	case "thoughtsTokenCount", "thoughts_token_count":
		return countThoughts
	case "toolUsePromptTokenCount", "tool_use_prompt_token_count":
		return countTools
	case "totalTokenCount", "total_token_count":
		return countTotal
	}
	return uncounted
}

// readUsage reads a usageMetadata. What cannot be read counts nothing, since an
// answer is worth more than its bill.
func (c *chunk) readUsage(r *jsonx.Reader) {
	c.usages++
	c.counts, c.tier, c.hasUsage = noCounts(), "", false
	if r.Kind() != jsonx.Object {
		r.Skip()
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "promptTokensDetails", "prompt_tokens_details":
			c.readModalities(r, countInputAudio, countInputImage)
		case "candidatesTokensDetails", "candidates_tokens_details":
			c.readModalities(r, countOutputAudio, countOutputImage)
		case "serviceTier", "service_tier":
			c.tier = tierOf(r.TextIfAny().String())
		default:
			if what := countNamed(key); what != uncounted {
				c.counts[what] = c.readCount(r, what)
			}
		}
	}
	c.tier = strings.Clone(c.tier)
	if r.Err() == nil {
		c.usage, c.hasUsage = c.counts.usage()
	}
}

// readCount reads a number and marks where it stands.
func (c *chunk) readCount(r *jsonx.Reader, what count) int64 {
	digits, start := r.Kind() == jsonx.Number, r.Offset()
	n := r.CountIfAny()
	if digits {
		c.marks = append(c.marks, mark{at: ir.Span{Start: start, End: r.Offset()}, kind: markCount, count: what})
	}
	return n
}

// usage adds up. Google counts the cache inside of the prompt, what server tools
// put in beside it, and thoughts beside the candidates. It is false when nothing
// is counted.
func (n *counts) usage() (u ir.Usage, ok bool) {
	u = ir.NoUsage()
	total := n[countTotal]
	if n[countPrompt] < 0 && n[countCandidates] < 0 && total < 0 {
		return u, false
	}
	u.CacheRead, u.Reasoning, u.ToolPrompt = n[countCached], n[countThoughts], n[countTools]
	u.InputAudio, u.InputImage = n[countInputAudio], n[countInputImage]
	u.OutputAudio, u.OutputImage = n[countOutputAudio], n[countOutputImage]
	u.InputTotal = ir.Count(n[countPrompt]) + ir.Count(u.ToolPrompt)
	u.OutputTotal = ir.Count(n[countCandidates]) + ir.Count(u.Reasoning)
	if rest := total - u.InputTotal; total > 0 && rest >= 0 && rest < u.OutputTotal {
		u.OutputTotal = rest // some previews count thoughts among the candidates
	}
	u.Reasoning = min(u.Reasoning, u.OutputTotal)
	return u, true
}

// readModalities reads the counts of sound and images.
func (c *chunk) readModalities(r *jsonx.Reader, audio, image count) {
	if r.Kind() != jsonx.Array {
		r.Skip()
		return
	}
	for in := r.Array(); in && r.Element(); {
		if r.Kind() != jsonx.Object {
			continue
		}
		var modality string
		n, first := int64(-1), len(c.marks)
		for in := r.Object(); in && r.Member(); {
			switch r.Key() {
			case "modality":
				modality = r.TextIfAny().String()
			case "tokenCount", "token_count":
				n = c.readCount(r, uncounted)
			}
		}
		what := uncounted
		switch modality {
		case "AUDIO":
			what = audio
		case "IMAGE":
			what = image
		default:
			continue
		}
		c.counts[what] = max(n, 0)
		for i := first; i < len(c.marks); i++ {
			c.marks[i].count = what
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

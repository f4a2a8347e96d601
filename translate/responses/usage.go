package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readUsage reads `usage`. Its totals are inclusive, as the representation's.
func readUsage(r *jsonx.Reader) ir.Usage {
	u := ir.NoUsage()
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "input_tokens":
			u.InputTotal = count(r)
		case "output_tokens":
			u.OutputTotal = count(r)
		case "input_tokens_details":
			readDetails(r, "cached_tokens", &u.CacheRead, "cache_write_tokens", &u.CacheWrite)
		case "output_tokens_details":
			readDetails(r, "reasoning_tokens", &u.Reasoning, "", nil)
		}
	}
	return u
}

func readDetails(r *jsonx.Reader, a string, to *int64, b string, also *int64) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case a:
			*to = count(r)
		case b:
			*also = count(r)
		}
	}
}

// count reads a number of tokens, null as unknown.
func count(r *jsonx.Reader) int64 {
	if r.Null() {
		return -1
	}
	return r.Int()
}

// appendUsage writes `usage` with all members that SDKs expect.
func appendUsage(dst []byte, u *ir.Usage) []byte {
	input, output := ir.Count(u.InputTotal), ir.Count(u.OutputTotal)
	dst = append(dst, `{"input_tokens":`...)
	dst = appendInt(dst, input)
	dst = append(dst, `,"input_tokens_details":{"cached_tokens":`...)
	dst = appendInt(dst, ir.Count(u.CacheRead))
	dst = append(dst, `,"cache_write_tokens":`...)
	dst = appendInt(dst, ir.Count(u.CacheWrite))
	dst = append(dst, `},"output_tokens":`...)
	dst = appendInt(dst, output)
	dst = append(dst, `,"output_tokens_details":{"reasoning_tokens":`...)
	dst = appendInt(dst, min(ir.Count(u.Reasoning), output))
	dst = append(dst, `},"total_tokens":`...)
	dst = appendInt(dst, input+output)
	return append(dst, '}')
}

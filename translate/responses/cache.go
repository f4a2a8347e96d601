package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// breakpointTTLs are OpenAI's lifetimes for those of the other dialects.
var breakpointTTLs = map[string]string{"5m": "30m", "1h": "30m", "30m": "30m", "12h": "12h"}

// limitHints counts the cache hints on parts and sets how many of the first
// ones must be left out.
func (w *writer) limitHints(system []ir.Part, asItems bool) {
	if !w.t.Caps.CacheBreakpoints {
		return
	}
	n := 0
	count := func(parts []ir.Part) {
		for i := range parts {
			if parts[i].Cache != nil {
				n++
			}
		}
	}
	if asItems || w.own {
		count(system)
	}
	for i := range w.req.Turns {
		count(w.req.Turns[i].Parts)
	}
	w.skip = max(0, n-maxBreakpoints)
}

// hint writes a part's cache hint where the model takes one.
func (w *writer) hint(p *ir.Part) {
	if p.Cache == nil {
		return
	}
	if w.gpt || !w.own && !w.t.Caps.CacheBreakpoints || w.skip > 0 {
		w.skip = max(0, w.skip-1)
		w.lostHint(p)
		return
	}
	w.raw(`,"prompt_cache_breakpoint":{"mode":"explicit"`)
	if ttl := breakpointTTLs[p.Cache.TTL]; ttl != "" {
		w.raw(`,"ttl":"` + ttl + `"`)
	}
	w.raw(`}`)
}

// lostHint notes a cache hint that has no place in the request.
func (w *writer) lostHint(p *ir.Part) {
	if p.Cache != nil {
		w.lose(ir.Hint, ir.CodeDrop, w.req.PathOf(p.At)+hintName(w.req.Dialect), "")
	}
}

func hintName(d ir.Dialect) string {
	if d == ir.Anthropic {
		return ".cache_control"
	}
	return ".prompt_cache_breakpoint"
}

package anthropic

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// counts are the API's own counters, each -1 while unknown. input does not
// hold the cached tokens.
type counts struct {
	input, write, read, output int64
	write5m, write1h           int64
	thinking                   int64
	searches, fetches          int64
	tier                       string
}

func noCounts() counts {
	return counts{input: -1, write: -1, read: -1, output: -1, write5m: -1, write1h: -1, thinking: -1, searches: -1, fetches: -1}
}

// add takes over what a usage object says. Counters are cumulative: they are
// set, never added.
func (c *counts) add(r *jsonx.Reader) {
	if !r.Object() {
		return
	}
	iterations := iterationSums{}
	for r.Member() {
		if r.Null() {
			continue
		}
		switch r.Key() {
		case "input_tokens":
			c.input = r.Int()
		case "cache_creation_input_tokens":
			c.write = r.Int()
		case "cache_read_input_tokens":
			c.read = r.Int()
		case "output_tokens":
			c.output = r.Int()
		case "cache_creation":
			readCounts(r, counter{"ephemeral_5m_input_tokens", &c.write5m}, counter{"ephemeral_1h_input_tokens", &c.write1h})
		case "output_tokens_details":
			readCounts(r, counter{"thinking_tokens", &c.thinking}, counter{})
		case "server_tool_use":
			readCounts(r, counter{"web_search_requests", &c.searches}, counter{"web_fetch_requests", &c.fetches})
		case "service_tier":
			c.tier = tierOf(r.String())
		case "iterations":
			iterations.read(r)
		}
	}
	iterations.apply(c)
}

// counter is one member of a small object of counters; the zero value is none.
type counter struct {
	name string
	dst  *int64
}

func readCounts(r *jsonx.Reader, a, b counter) {
	if !r.Object() {
		return
	}
	for r.Member() {
		switch key := r.Key(); {
		case r.Null():
		case key == a.name && a.dst != nil:
			*a.dst = r.Int()
		case key == b.name && b.dst != nil:
			*b.dst = r.Int()
		}
	}
}

// iterationSums are the tokens of all rounds of an answer that the server
// made in several, such as after a compaction; the totals beside them count the
// last round only.
type iterationSums struct {
	input, output int64
	any, fallback bool
}

func (s *iterationSums) read(r *jsonx.Reader) {
	if r.Kind() != jsonx.Array {
		r.Skip()
		return
	}
	r.Array()
	for r.Element() {
		var kind string
		var input, output int64
		r.Object()
		for r.Member() {
			switch r.Key() {
			case "type":
				kind = r.String()
			case "input_tokens":
				input = r.Int()
			case "output_tokens":
				output = r.Int()
			}
		}
		switch kind {
		case "fallback_message":
			s.fallback = true
		case "message", "compaction":
			s.any = true
			s.input += input
			s.output += output
		}
	}
}

func (s *iterationSums) apply(c *counts) {
	if s.any && !s.fallback {
		c.input, c.output = s.input, s.output
	}
}

// usage returns the counters in the hub's inclusive form.
func (c *counts) usage() ir.Usage {
	u := ir.NoUsage()
	if c.input >= 0 || c.read >= 0 || c.write >= 0 {
		u.InputTotal = ir.Count(c.input) + ir.Count(c.read) + ir.Count(c.write)
	}
	u.CacheRead, u.CacheWrite, u.CacheWrite5m, u.CacheWrite1h = c.read, c.write, c.write5m, c.write1h
	u.OutputTotal, u.Reasoning = c.output, c.thinking
	if u.Reasoning > u.OutputTotal && u.OutputTotal >= 0 {
		u.Reasoning = u.OutputTotal
	}
	u.WebSearches, u.WebFetches = c.searches, c.fetches
	return u
}

// appendUsage appends a usage object. output stands for the number of output
// tokens while that is unknown.
func appendUsage(dst []byte, u *ir.Usage, tier string, output int64) []byte {
	if u.OutputTotal >= 0 {
		output = u.OutputTotal
	}
	read, write := ir.Count(u.CacheRead), ir.Count(u.CacheWrite)
	dst = append(dst, `{"input_tokens":`...)
	dst = strconv.AppendInt(dst, ir.Count(u.InputTotal-read-write), 10)
	dst = append(dst, `,"cache_creation_input_tokens":`...)
	dst = strconv.AppendInt(dst, write, 10)
	dst = append(dst, `,"cache_read_input_tokens":`...)
	dst = strconv.AppendInt(dst, read, 10)
	if u.CacheWrite5m > 0 || u.CacheWrite1h > 0 {
		dst = append(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`...)
		dst = strconv.AppendInt(dst, ir.Count(u.CacheWrite5m), 10)
		dst = append(dst, `,"ephemeral_1h_input_tokens":`...)
		dst = append(strconv.AppendInt(dst, ir.Count(u.CacheWrite1h), 10), '}')
	}
	dst = append(dst, `,"output_tokens":`...)
	dst = strconv.AppendInt(dst, output, 10)
	if u.Reasoning > 0 {
		dst = append(dst, `,"output_tokens_details":{"thinking_tokens":`...)
		dst = append(strconv.AppendInt(dst, u.Reasoning, 10), '}')
	}
	if u.WebSearches > 0 || u.WebFetches > 0 {
		dst = append(dst, `,"server_tool_use":{"web_search_requests":`...)
		dst = strconv.AppendInt(dst, ir.Count(u.WebSearches), 10)
		dst = append(dst, `,"web_fetch_requests":`...)
		dst = append(strconv.AppendInt(dst, ir.Count(u.WebFetches), 10), '}')
	}
	if word := servedTier(tier); word != "" {
		dst = append(dst, `,"service_tier":"`...)
		dst = append(append(dst, word...), '"')
	}
	return append(dst, '}')
}

// tierOf maps the tier that served an answer. The ordinary one is not worth a
// word to clients of other dialects.
func tierOf(word string) string {
	switch word {
	case "priority", "batch":
		return strings.Clone(word)
	}
	return ""
}

func servedTier(tier string) string {
	switch tier {
	case "default":
		return "standard"
	case "priority", "batch":
		return tier
	}
	return ""
}

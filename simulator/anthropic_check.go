package simulator

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/tidwall/gjson"
)

// checkMessages tells why Anthropic would refuse a request, nil if it would not.
func (s *Simulator) checkMessages(h http.Header, b gjson.Result, counting bool) *apiError {
	if err := checkVersion(h); err != nil {
		return err
	}
	beta := func(names ...string) bool { return hasBeta(h, names...) }
	if err := checkThread(b, beta); err != nil {
		return err
	}
	fields, required := anthropicFields, []string{"max_tokens", "messages", "model"}
	if counting {
		fields, required = anthropicCountable, []string{"messages", "model"}
	}
	if err := anthropicRequest(fields, beta, required...).check(anthropic{}, nil, b); err != nil {
		return err
	}
	for _, rule := range []func() *apiError{
		func() *apiError { return checkSampling(h, b) },
		func() *apiError { return checkThinking(b, beta) },
		func() *apiError { return checkAnthropicTools(b) },
		func() *apiError { return checkOutputFormat(b) },
		func() *apiError { return checkCacheControl(b, beta) },
		func() *apiError { return s.checkTurns(b, beta) },
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

// threadUnsupported has the vendor's tool runners go on without a thread.
const threadUnsupported = "thread_unsupported_request"

// checkThread refuses threads, which the simulator does not keep, as the vendor does where it cannot keep one.
func checkThread(b gjson.Result, beta func(...string) bool) *apiError {
	if t := b.Get("thread"); !t.Exists() || t.Type == gjson.Null || !beta("message-threads") {
		return nil
	}
	return invalid("thread: this model does not support message threads").withCode(threadUnsupported)
}

var claudeName = regexp.MustCompile(`^claude-(?:(?:opus|sonnet|haiku|fable|mythos)-)?(\d)(?:[-.](\d{1,2}))?(?:\D|$)`)

// claudeVersion is the version of a Claude model, major times 100 and minor; 0 if the name tells none.
func claudeVersion(model string) int {
	m := claudeName.FindStringSubmatch(family(model) + "-")
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	return major*100 + minor
}

// checkSampling refuses temperature, top_p and top_k where a version of the API or of the model no longer takes them.
func checkSampling(h http.Header, b gjson.Result) *apiError {
	version := claudeVersion(b.Get("model").String())
	for _, name := range []string{"temperature", "top_p", "top_k"} {
		if !b.Get(name).Exists() {
			continue
		}
		if version >= 407 {
			return invalid("`%s` is deprecated for this model.", name)
		}
		if h.Get("Anthropic-Version") == "2026-10-21" {
			return invalid("%s: Extra inputs are not permitted", name)
		}
	}
	if version >= 401 && b.Get("temperature").Exists() && b.Get("top_p").Exists() {
		return invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
	}
	for i, s := range b.Get("stop_sequences").Array() {
		if isBlank(s.String()) {
			return invalid("stop_sequences.%d: each stop sequence must contain non-whitespace", i)
		}
	}
	return nil
}

// thinkingOn tells whether a request turns thinking on.
func thinkingOn(b gjson.Result) bool {
	kind := b.Get("thinking.type").String()
	return kind != "" && kind != "disabled"
}

func checkThinking(b gjson.Result, beta func(...string) bool) *apiError {
	version, model := claudeVersion(b.Get("model").String()), b.Get("model").String()
	kind := b.Get("thinking.type").String()
	if e := b.Get("output_config.effort"); e.Type == gjson.String && version > 0 && version < 405 {
		return invalid("This model does not support the effort parameter.")
	}
	switch {
	case !thinkingOn(b):
		return nil
	case kind == "enabled" && version >= 407:
		return invalid(`"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`)
	case kind == "adaptive" && version > 0 && version < 406:
		return invalid("adaptive thinking is not supported on this model")
	case version > 0 && version < 307:
		return invalid("'%s' does not support thinking.", model)
	}
	interleaved := beta("interleaved-thinking") && len(b.Get("tools").Array()) > 0
	if kind == "enabled" && !interleaved && b.Get("max_tokens").Exists() && b.Get("thinking.budget_tokens").Int() >= b.Get("max_tokens").Int() {
		return invalid("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at " +
			"https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size")
	}
	choice := b.Get("tool_choice.type").String()
	switch {
	case choice == "any" || choice == "tool":
		return invalid("Thinking may not be enabled when tool_choice forces tool use.")
	case b.Get("temperature").Exists() && b.Get("temperature").Num != 1:
		return invalid("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking")
	case b.Get("top_p").Exists() && b.Get("top_p").Num < 0.95:
		return invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.")
	case b.Get("top_k").Exists():
		return invalid("`top_k` must be unset when thinking is enabled or in adaptive mode.")
	}
	return nil
}

// cachePlace is one cache breakpoint.
type cachePlace struct {
	control gjson.Result
	at      *path
}

// checkCacheControl holds the rules of cache breakpoints: four at most, the longer lived ones first, the scope with
// its beta only.
func checkCacheControl(b gjson.Result, beta func(...string) bool) *apiError {
	places := cachePlaces(b)
	if len(places) > 4 {
		return invalid("A maximum of 4 blocks with cache_control may be provided. Found %d.", len(places))
	}
	short := false
	for _, p := range places {
		if p.control.Get("scope").Exists() && !beta("prompt-caching-scope") {
			return anthropic{}.unknown(p.at.field("cache_control").variant("ephemeral"), "scope")
		}
		long := p.control.Get("ttl").String() == "1h"
		if long && short {
			return invalid("%s.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "+
				"Note that blocks are processed in the following order: `tools`, `system`, `messages`.", p.at.dots())
		}
		short = short || !long
	}
	return nil
}

func cachePlaces(b gjson.Result) []cachePlace {
	var places []cachePlace
	add := func(v gjson.Result, p *path) {
		if c := v.Get("cache_control"); c.IsObject() {
			places = append(places, cachePlace{c, p})
		}
	}
	for i, t := range b.Get("tools").Array() {
		add(t, at("tools", i))
	}
	for i, block := range b.Get("system").Array() {
		add(block, at("system", i))
	}
	for i, m := range b.Get("messages").Array() {
		if !m.Get("content").IsArray() {
			continue
		}
		for j, block := range m.Get("content").Array() {
			add(block, at("messages", i, "content", j))
			for k, inner := range block.Get("content").Array() {
				add(inner, at("messages", i, "content", j, "content", k))
			}
		}
	}
	return places
}

// checkOutputFormat checks the schema of a structured answer.
func checkOutputFormat(b gjson.Result) *apiError {
	for _, place := range []string{"output_config.format", "output_format"} {
		if schema := b.Get(place + ".schema"); schema.Exists() {
			if problem := strictSchemaProblem(schema, 0); problem != "" {
				return invalid("%s.schema: %s", place, problem)
			}
		}
	}
	return nil
}

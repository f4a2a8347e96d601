package aigateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Kind is the kind of value that a capability has. Its text is what errors say is expected.
type Kind string

// The kinds. JSON holds them as booleans, whole numbers, strings and arrays of strings.
const (
	KindBool Kind = "on or off"
	KindInt  Kind = "a whole number"
	KindWord Kind = "a word"
	KindList Kind = "words with commas between them"
)

// Cap is one capability of a model that `caps` of an account can override.
type Cap struct {
	Name string
	Kind Kind

	// Words are the only ones allowed; nil allows any.
	Words []string

	// apply writes a JSON value of the kind to where encoders read it.
	apply func(json.RawMessage, *ir.Caps) error
}

// Caps are all capabilities that `caps` knows, in the order of the documentation.
var Caps = slices.Concat(capsOfReasoning, capsOfParameters, capsOfConversation, capsOfTools)

var capsOfReasoning = []Cap{
	wordCap("family", []string{"openai", "claude", "gemini", "other"}, func(c *ir.Caps, word string) { c.Family = word }),
	wordCap("thinking", thinkingKinds, func(c *ir.Caps, word string) {
		c.Thinking = ir.ThinkingKind(slices.Index(thinkingKinds, word))
	}),
	listCap("levels", []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"},
		func(c *ir.Caps) *[]string { return &c.Levels }),
	intCap("budget_min", func(c *ir.Caps) *int { return &c.BudgetMin }),
	intCap("budget_max", func(c *ir.Caps) *int { return &c.BudgetMax }),
	boolCap("auto_budget", func(c *ir.Caps) *bool { return &c.AutoBudget }),
	boolCap("can_disable", func(c *ir.Caps) *bool { return &c.CanDisable }),
	boolCap("effort", func(c *ir.Caps) *bool { return &c.Effort }),
	boolCap("reasoning_content", func(c *ir.Caps) *bool { return &c.ReasoningContent }),
	boolCap("think_tags", func(c *ir.Caps) *bool { return &c.ThinkTags }),
}

// thinkingKinds are the names of ir.ThinkingKind, in its order.
var thinkingKinds = []string{"none", "effort", "budget", "adaptive", "level", "hybrid"}

var capsOfParameters = []Cap{
	intCap("max_output", func(c *ir.Caps) *int { return &c.MaxOutput }),
	intCap("stop_max", func(c *ir.Caps) *int { return &c.StopMax }),
	intCap("n_max", func(c *ir.Caps) *int { return &c.NMax }),
	notCap("sampling", func(c *ir.Caps) *bool { return &c.NoSampling }),
	boolCap("sampling_at_none", func(c *ir.Caps) *bool { return &c.SamplingAtNone }),
	boolCap("ext_sampling", func(c *ir.Caps) *bool { return &c.ExtSampling }),
	notCap("both_temp_top_p", func(c *ir.Caps) *bool { return &c.OneOfTempTopP }),
	notCap("penalties", func(c *ir.Caps) *bool { return &c.NoPenalties }),
	notCap("stop", func(c *ir.Caps) *bool { return &c.NoStop }),
	boolCap("logprobs", func(c *ir.Caps) *bool { return &c.Logprobs }),
	boolCap("completion_limit", func(c *ir.Caps) *bool { return &c.CompletionLimit }),
	boolCap("structured_output", func(c *ir.Caps) *bool { return &c.StructuredOutput }),
	boolCap("repair", func(c *ir.Caps) *bool { return &c.Repair }),
	boolCap("codex", func(c *ir.Caps) *bool { return &c.Codex }),
	boolCap("stream_usage", func(c *ir.Caps) *bool { return &c.StreamUsage }),
}

var capsOfConversation = []Cap{
	boolCap("prefill", func(c *ir.Caps) *bool { return &c.Prefill }),
	boolCap("developer_role", func(c *ir.Caps) *bool { return &c.DeveloperRole }),
	boolCap("mid_system", func(c *ir.Caps) *bool { return &c.MidSystem }),
	boolCap("system_first_only", func(c *ir.Caps) *bool { return &c.SystemFirstOnly }),
	boolCap("cache_breakpoints", func(c *ir.Caps) *bool { return &c.CacheBreakpoints }),
	boolCap("url_images", func(c *ir.Caps) *bool { return &c.URLImages }),
	boolCap("url_files", func(c *ir.Caps) *bool { return &c.URLFiles }),
	boolCap("video_url", func(c *ir.Caps) *bool { return &c.VideoURL }),
}

var capsOfTools = []Cap{
	boolCap("strict_tools", func(c *ir.Caps) *bool { return &c.StrictTools }),
	boolCap("custom_tools", func(c *ir.Caps) *bool { return &c.CustomTools }),
	boolCap("parallel_flag", func(c *ir.Caps) *bool { return &c.ParallelFlag }),
	boolCap("tool_result_media", func(c *ir.Caps) *bool { return &c.ToolResultMedia }),
	boolCap("function_call_id", func(c *ir.Caps) *bool { return &c.FunctionCallID }),
	boolCap("join_function_response", func(c *ir.Caps) *bool { return &c.JoinFunctionResponse }),
	boolCap("json_tool_result", func(c *ir.Caps) *bool { return &c.JSONToolResult }),
	boolCap("json_schema", func(c *ir.Caps) *bool { return &c.JSONSchema }),
	boolCap("nonempty_objects", func(c *ir.Caps) *bool { return &c.NonemptyObjects }),
	boolCap("server_tool_mix", func(c *ir.Caps) *bool { return &c.ServerToolMix }),
	boolCap("validated", func(c *ir.Caps) *bool { return &c.Validated }),
}

func boolCap(name string, field func(*ir.Caps) *bool) Cap {
	return Cap{Name: name, Kind: KindBool, apply: func(raw json.RawMessage, c *ir.Caps) error {
		return json.Unmarshal(raw, field(c))
	}}
}

// notCap is a capability that encoders know by its absence.
func notCap(name string, absence func(*ir.Caps) *bool) Cap {
	return Cap{Name: name, Kind: KindBool, apply: func(raw json.RawMessage, c *ir.Caps) error {
		var present bool
		err := json.Unmarshal(raw, &present)
		*absence(c) = !present
		return err
	}}
}

func intCap(name string, field func(*ir.Caps) *int) Cap {
	return Cap{Name: name, Kind: KindInt, apply: func(raw json.RawMessage, c *ir.Caps) error {
		var n uint32
		err := json.Unmarshal(raw, &n)
		*field(c) = int(n)
		return err
	}}
}

func wordCap(name string, words []string, set func(*ir.Caps, string)) Cap {
	return Cap{Name: name, Kind: KindWord, Words: words, apply: func(raw json.RawMessage, c *ir.Caps) error {
		var word string
		err := json.Unmarshal(raw, &word)
		set(c, word)
		return err
	}}
}

func listCap(name string, words []string, field func(*ir.Caps) *[]string) Cap {
	return Cap{Name: name, Kind: KindList, Words: words, apply: func(raw json.RawMessage, c *ir.Caps) error {
		return json.Unmarshal(raw, field(c))
	}}
}

// applyCaps overrides what the gateway knows of a model by what the account's configuration says.
func (a *Account) applyCaps(caps *ir.Caps) error {
	for name, raw := range a.Caps {
		c, err := capNamed(name)
		if err != nil {
			return err
		}
		if err := c.check(raw); err != nil {
			return err
		}
		if err := c.apply(raw, caps); err != nil {
			return c.wrong()
		}
	}
	return nil
}

// capNamed finds a capability; the error names all there are.
func capNamed(name string) (Cap, error) {
	names := make([]string, len(Caps))
	for i, c := range Caps {
		if c.Name == name {
			return c, nil
		}
		names[i] = c.Name
	}
	return Cap{}, fmt.Errorf("unknown capability %q; possible are %s", name, strings.Join(names, ", "))
}

// parse reads the value as the Caddyfile writes it.
func (c Cap) parse(value string) (json.RawMessage, error) {
	var raw json.RawMessage
	switch c.Kind {
	case KindBool:
		raw = map[string]json.RawMessage{
			"on": json.RawMessage("true"), "true": json.RawMessage("true"),
			"off": json.RawMessage("false"), "false": json.RawMessage("false"),
		}[value]
	case KindInt:
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			raw = strconv.AppendUint(nil, n, 10)
		}
	case KindWord:
		raw, _ = json.Marshal(value)
	case KindList:
		raw, _ = json.Marshal(strings.Split(value, ","))
	}
	return raw, c.check(raw)
}

// check says whether a JSON value is of the capability's kind and one of its words.
func (c Cap) check(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" || c.apply(raw, new(ir.Caps)) != nil {
		return c.wrong()
	}
	var words []string
	switch c.Kind {
	case KindWord:
		words = make([]string, 1)
		_ = json.Unmarshal(raw, &words[0])
	case KindList:
		_ = json.Unmarshal(raw, &words)
	}
	for _, word := range words {
		if !slices.Contains(c.Words, word) {
			return c.wrong()
		}
	}
	return nil
}

func (c Cap) wrong() error {
	if c.Words == nil {
		return fmt.Errorf("%s takes %s", c.Name, c.Kind)
	}
	return fmt.Errorf("%s takes %s: %s", c.Name, c.Kind, strings.Join(c.Words, ", "))
}

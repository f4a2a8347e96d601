package responses

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestForCodex leaves nothing in the request that the backend of ChatGPT's
// accounts refuses, and notes what was left out.
func TestForCodex(t *testing.T) {
	const body = `{"model":"gpt-5.1-codex","store":true,"stream":false,"max_output_tokens":100,"max_completion_tokens":9,"temperature":1,"top_p":0.5,` +
		`"truncation":"auto","user":"u","safety_identifier":"s","service_tier":"flex","prompt_cache_retention":"24h","prompt_cache_options":{"mode":"explicit"},` +
		`"stream_options":{"include_obfuscation":false,"odd":1},"context_management":[{"type":"compaction"}],"metadata":{"a":"b"},"parallel_tool_calls":false,` +
		`"prompt_cache_key":"k","reasoning":{"effort":"high"},"input":[{"type":"message","id":"msg_1","role":"system","content":"Rules."},` +
		`{"type":"message","id":"msg_2","role":"user","content":[{"type":"input_text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit"}}]},` +
		`{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","id":"fc_2","call_id":"c1","output":"x"}]}`
	env := &ir.Envelope{Op: ir.Generate, Dialect: ir.Responses}
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
		t.Fatal(err)
	}
	req, err := Codec{}.DecodeRequest([]byte(body), env)
	if err != nil {
		t.Fatal(err)
	}
	req.Op = ir.Generate
	target := &ir.Target{
		Dialect: ir.Responses, Provider: "openai", Model: "gpt-5.1-codex", Notes: &ir.Notes{},
		Caps: ir.Caps{Family: "openai", Codex: true, ParallelFlag: true, CacheBreakpoints: true, Thinking: ir.ThinkingEffort, Levels: []string{"low", "high"}},
	}
	target.Names = ir.NewNames(req.Tools, Codec{}.NameRule())
	raw, err := Codec{}.AppendRequest(nil, req, target)
	if err != nil {
		t.Fatal(err)
	}
	out := gjson.ParseBytes(raw)
	var members []string
	for name := range out.Map() {
		members = append(members, name)
	}
	slices.Sort(members)
	want := "include input instructions metadata model parallel_tool_calls prompt_cache_key reasoning store stream"
	if got := strings.Join(members, " "); got != want {
		t.Errorf("got %s, want %s: %s", got, want, raw)
	}
	for path, want := range map[string]string{
		"store": "false", "stream": "true", "parallel_tool_calls": "false", "instructions": `""`, "input.0.role": `"developer"`,
		"input.#": "4", "reasoning.effort": `"high"`, "input.#.id": "[]",
	} {
		if got := out.Get(path).Raw; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if strings.Contains(string(raw), "prompt_cache_breakpoint") {
		t.Errorf("a cache hint is left: %s", raw)
	}
	notes := target.Notes.Header(true)
	for _, path := range []string{
		"max_output_tokens", "max_completion_tokens", "temperature", "top_p", "truncation", "user", "safety_identifier", "service_tier",
		"prompt_cache_retention", "prompt_cache_options", "stream_options", "context_management",
	} {
		if !strings.Contains(notes, `p="`+path+`"`) {
			t.Errorf("%s is not noted: %s", path, notes)
		}
	}
	// The same request may be sent to another account then.
	plain := *target
	plain.Caps.Codex, plain.Notes = false, &ir.Notes{}
	if again, err := (Codec{}).AppendRequest(nil, req, &plain); err != nil || gjson.GetBytes(again, "max_output_tokens").Int() != 100 || gjson.GetBytes(again, "input.0.id").Str != "msg_1" {
		t.Errorf("got %s, %v", again, err)
	}
	req.Tier = "priority"
	raw, err = Codec{}.AppendRequest(nil, req, target)
	if err != nil || gjson.GetBytes(raw, "service_tier").Str != "priority" {
		t.Errorf("got %s, %v", raw, err)
	}
}

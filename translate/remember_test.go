package translate

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// plainMemory is a Memory without bounds.
type plainMemory map[[2]string]*ir.Signed

func (m plainMemory) Keep(owner, id string, s *ir.Signed) { m[[2]string{owner, id}] = s }
func (m plainMemory) Find(owner, id string) *ir.Signed    { return m[[2]string{owner, id}] }
func (m plainMemory) call(id string) *ir.Signed           { return m.Find("alice", byCall(id)) }
func (m plainMemory) said(text string) *ir.Signed         { return m.Find("alice", byText(ir.Plain(text))) }

// signer is a model that signs, as a target of the account of that scope.
func signer(model, scope string) *ir.Target {
	for _, d := range benchDialects {
		for prefix, dialect := range map[string]ir.Dialect{"gemini": ir.Gemini, "claude": ir.Anthropic, "gpt": ir.Responses} {
			if d == dialect && strings.HasPrefix(model, prefix) {
				t := ableTarget(d, model)
				t.Scope = scope
				return t
			}
		}
	}
	return nil
}

const toolChat = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`

// converse makes a call of a client of Chat Completions, who owns what is kept.
func converse(t *testing.T, m Memory, owner, body string) *Call {
	t.Helper()
	c, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: ir.Chat, Header: http.Header{}}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	c.Remember(m, owner)
	return c
}

// hear lets a memory listen to an upstream's answer, whole or streamed.
func hear(t *testing.T, m Memory, target *ir.Target, answer string, streamed bool) {
	t.Helper()
	c := converse(t, m, "alice", `{"model":"m","messages":[{"role":"user","content":"go"}],`+toolChat+`}`)
	c.env.Stream = streamed
	exchange := c.For(target, "m", 1)
	if _, err := exchange.Request(nil); err != nil {
		t.Fatal(err)
	}
	a, err := exchange.Answer(streamed)
	if err != nil {
		t.Fatal(err)
	}
	if streamed {
		feed(t, a, strings.NewReader(answer))
		return
	}
	a.Body(nil, []byte(answer))
	if err := a.Seen().Err; err != nil {
		t.Fatal(err)
	}
}

// Answers of the three vendors that are signed.
const (
	signedGemini = `{"candidates":[{"content":{"role":"model","parts":[
		{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"c2lnMQ=="},{"functionCall":{"id":"c2","name":"f","args":{}}}]},
		"finishReason":"STOP","index":0}]}`
	signedClaude = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
		{"type":"thinking","thinking":"I \"must\"","signature":"sigA"},{"type":"redacted_thinking","data":"sigB"},{"type":"text","text":"Well."},
		{"type":"thinking","thinking":"again","signature":"sigC"},{"type":"tool_use","id":"toolu_1","name":"f","input":{}},
		{"type":"tool_use","id":"toolu_2","name":"f","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`
	signedOpenAI = `{"id":"resp_1","object":"response","status":"completed","model":"m","output":[
		{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAAAx"},
		{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{}"}]}`
)

const streamedClaude = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"I \"mu"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"st\""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sigA"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}

event: message_stop
data: {"type":"message_stop"}

`

// history is what a client of Chat Completions sends back of an answer with
// calls of these ids.
func history(extra string, ids ...string) string {
	calls, results := "", ""
	for _, id := range ids {
		calls += `,{"id":"` + id + `","type":"function","function":{"name":"f","arguments":"{}"}}`
		results += `,{"role":"tool","tool_call_id":"` + id + `","content":"done"}`
	}
	return `{"model":"m","reasoning_effort":"high","max_completion_tokens":40000,"messages":[{"role":"user","content":"go"},{"role":"assistant",` +
		extra + `"tool_calls":[` + calls[1:] + `]}` + results + `],` + toolChat + `}`
}

// reminder is what the target is sent for a client's body.
func reminder(t *testing.T, m Memory, owner string, target *ir.Target, body string) string {
	t.Helper()
	out, err := converse(t, m, owner, body).For(target, "m", 1).Request(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestReminded sends back what the vendors have signed, at its place and byte
// for byte, to those who made it and to nobody else.
func TestReminded(t *testing.T) {
	const bare = `"content":"Well.",`
	type row struct {
		name, answer   string
		by, to         *ir.Target
		owner, history string
		path, want     string
	}
	const (
		blocks  = "messages.1.content|@ugly"
		parts   = "contents.1.parts.#.thoughtSignature|@ugly"
		reasons = `input.#(type=="reasoning")#.encrypted_content|@ugly`
		skip    = `["skip_thought_signature_validator"]`
		use     = `{"type":"tool_use","id":"toolu_1","name":"f","input":{}}`
		use2    = `{"type":"tool_use","id":"toolu_2","name":"f","input":{}}`
		well    = `{"type":"text","text":"Well."}`
		gemini3 = "gemini-3-pro-preview"
		claude  = "claude-sonnet-4-5"
	)
	rows := []row{
		{"gemini", signedGemini, signer(gemini3, "1"), signer(gemini3, "1"), "alice", history("", "c1", "c2"), parts, `["c2lnMQ=="]`},
		{"gemini, another account", signedGemini, signer(gemini3, "1"), signer(gemini3, "2"), "alice", history("", "c1"), parts, skip},
		{"gemini, another model", signedGemini, signer(gemini3, "1"), signer("gemini-3-flash-preview", "1"), "alice", history("", "c1"), parts, skip},
		{"gemini, another client", signedGemini, signer(gemini3, "1"), signer(gemini3, "1"), "bob", history("", "c1"), parts, skip},
		{"gemini, another call", signedGemini, signer(gemini3, "1"), signer(gemini3, "1"), "alice", history("", "c3"), parts, skip},
		{"gemini to claude", signedGemini, signer(gemini3, "1"), signer("claude-opus-4-8", "1"), "alice", history("", "c1"), "messages.1.content.#.type|@ugly", `["tool_use"]`},
		{"claude", signedClaude, signer(claude, "1"), signer(claude, "1"), "alice", history(bare, "toolu_1", "toolu_2"), blocks,
			`[{"type":"thinking","thinking":"I \"must\"","signature":"sigA"},{"type":"redacted_thinking","data":"sigB"},` + well +
				`,{"type":"thinking","thinking":"again","signature":"sigC"},` + use + `,` + use2 + `]`},
		{"claude, thinking sent back unsigned", signedClaude, signer(claude, "1"), signer(claude, "1"), "alice",
			history(`"reasoning_content":"I \"must\"\n\nagain",`, "toolu_1"), blocks,
			`[{"type":"thinking","thinking":"I \"must\"","signature":"sigA"},{"type":"redacted_thinking","data":"sigB"},{"type":"thinking","thinking":"again","signature":"sigC"},` + use + `]`},
		{"claude, known by its thinking", signedClaude, signer(claude, "1"), signer(claude, "1"), "alice",
			`{"model":"m","reasoning_effort":"high","max_completion_tokens":40000,"messages":[{"role":"user","content":"go"},{"role":"assistant","reasoning_content":"I \"\u006dust\"","content":"Well."},{"role":"user","content":"on"}]}`,
			blocks, `[{"type":"thinking","thinking":"I \"must\"","signature":"sigA"},` + well + `]`},
		{"claude, known by all of its thinking", signedClaude, signer(claude, "1"), signer(claude, "1"), "alice",
			`{"model":"m","reasoning_effort":"high","max_completion_tokens":40000,"messages":[{"role":"user","content":"go"},{"role":"assistant","reasoning_content":"I \"must\"\n\nagain","content":"Well."},{"role":"user","content":"on"}]}`,
			blocks, `[{"type":"thinking","thinking":"I \"must\"","signature":"sigA"},{"type":"redacted_thinking","data":"sigB"},{"type":"thinking","thinking":"again","signature":"sigC"},` + well + `]`},
		{"claude, another account", signedClaude, signer(claude, "1"), signer(claude, "2"), "alice", history("", "toolu_1"), "messages.1.content.#.signature|@ugly", `["sigA","sigC"]`},
		{"claude, without thinking", signedClaude, signer(claude, "1"), signer(claude, "1"), "alice",
			strings.Replace(history(bare, "toolu_1"), `"reasoning_effort":"high",`, "", 1), blocks, `[` + well + `,` + use + `]`},
		{"claude, another model", signedClaude, signer(claude, "1"), signer("claude-opus-4-8", "1"), "alice", history(bare, "toolu_1"), blocks, `[` + well + `,` + use + `]`},
		{"claude to gemini", signedClaude, signer(claude, "1"), signer(gemini3, "1"), "alice", history("", "toolu_1"), parts, skip},
		{"openai", signedOpenAI, signer("gpt-5.6", "1"), signer("gpt-5.6", "1"), "alice", history("", "call_1"), reasons, `["gAAAAx"]`},
		{"openai, another account", signedOpenAI, signer("gpt-5.6", "1"), signer("gpt-5.6", "2"), "alice", history("", "call_1"), reasons, `[]`},
		{"openai to claude", signedOpenAI, signer("gpt-5.6", "1"), signer("claude-opus-4-8", "1"), "alice", history("", "call_1"), "messages.1.content.#.type|@ugly", `["tool_use"]`},
	}
	for _, r := range rows {
		m := plainMemory{}
		hear(t, m, r.by, r.answer, false)
		sent := reminder(t, m, r.owner, r.to, r.history)
		if got := gjson.Get(sent, r.path).Raw; got != r.want {
			t.Errorf("%s: got\n%s\nwant\n%s\nin %s", r.name, got, r.want, sent)
		}
		if strings.Contains(r.to.Notes.Header(true), "reasoning.disabled_unsigned_history") && r.want != "" && strings.Contains(r.want, "sigA") {
			t.Errorf("%s: thinking is turned off: %s", r.name, r.to.Notes.Header(true))
		}
	}
}

// TestRemindedStream does the same with a stream.
func TestRemindedStream(t *testing.T) {
	m := plainMemory{}
	hear(t, m, signer("claude-sonnet-4-5", "1"), streamedClaude, true)
	if m.call("toolu_1") == nil || m.said(`I "must"`) == nil || len(m) != 2 {
		t.Fatalf("it remembers %v", m)
	}
	target := signer("claude-sonnet-4-5", "1")
	sent := reminder(t, m, "alice", target, history("", "toolu_1"))
	if got := gjson.Get(sent, "messages.1.content.0|@ugly").Raw; got != `{"type":"thinking","thinking":"I \"must\"","signature":"sigA"}` {
		t.Errorf("got %s in %s", got, sent)
	}
	if notes := target.Notes.Header(true); notes != "" {
		t.Errorf("notes: %s", notes)
	}
}

// TestRemindedCut remembers nothing of an answer that broke off.
func TestRemindedCut(t *testing.T) {
	m := plainMemory{}
	c := converse(t, m, "alice", history("", "x"))
	c.env.Stream = true
	a, err := c.For(signer("claude-sonnet-4-5", "1"), "m", 1).Answer(true)
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.SplitAfter(streamedClaude, "\n\n")
	src := sse.NewReader(strings.NewReader(strings.Join(whole[:len(whole)-3], "")))
	for src.Next() {
		a.Frame(nil, src.Event())
	}
	a.Close(nil)
	if len(m) != 0 {
		t.Errorf("it remembers %v", m)
	}
}

// TestRemindedOnce leaves alone what the client sends back itself, and does
// not bring back what an upstream has refused.
func TestRemindedOnce(t *testing.T) {
	m := plainMemory{}
	by := signer("gemini-3-pro-preview", "1")
	hear(t, m, by, signedGemini, false)
	own := strings.Replace(history("", "c1"), `"function":{`, `"extra_content":{"google":{"thought_signature":"b3du"}},"function":{`, 1)
	if got := gjson.Get(reminder(t, m, "alice", by, own), "contents.1.parts.0.thoughtSignature").String(); got != "b3du" {
		t.Errorf("the client's own signature became %q", got)
	}
	healed, err := converse(t, m, "alice", history("", "c1")).Heal(by, "m", 1)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := healed.Request(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := gjson.GetBytes(sent, "contents.1.parts.0.thoughtSignature").String(); got != ir.Sentinel {
		t.Errorf("after a refusal it sends %q", got)
	}
}

// TestRememberedBounds keeps no thinking that is too long, rather than a part
// of it.
func TestRememberedBounds(t *testing.T) {
	m := plainMemory{}
	long := strings.Replace(streamedClaude, `I \"mu`, strings.Repeat("x", maxThought+1), 1)
	hear(t, m, signer("claude-sonnet-4-5", "1"), long, true)
	if len(m) != 0 {
		t.Errorf("it remembers %d entries", len(m))
	}
}

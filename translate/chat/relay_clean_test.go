package chat

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestRelayedSignatures takes Google's signatures out of what is relayed to
// others, and puts the placeholder where Google's models want one.
func TestRelayedSignatures(t *testing.T) {
	google := func(sig string) string { return `,"extra_content":{"google":{"thought_signature":"` + sig + `"}}` }
	call := func(id, extra string) string {
		return `{"id":"` + id + `","type":"function","function":{"name":"f","arguments":"{\"thought_signature\":1}"}` + extra + `}`
	}
	body := func(calls ...string) string {
		return `{"model":"m","messages":[{"role":"user","content":"thought_signature"},{"role":"assistant","content":null,"tool_calls":[` +
			strings.Join(calls, ",") + `]},{"role":"tool","tool_call_id":"a","content":"x"}]}`
	}
	openai := ir.Target{Dialect: ir.Chat, Provider: "openai", Model: "m"}
	same := ir.Target{Dialect: ir.Chat, Provider: "openai_compatible", Model: "m", Scope: "1", Bound: "1"}
	moved := ir.Target{Dialect: ir.Chat, Provider: "openai_compatible", Model: "m", Scope: "2", Bound: "1"}
	moved3 := moved
	moved3.Caps.Validated = true
	gpt, claude, newcomer, google2 := same, same, moved, same
	gpt.Caps.Family, claude.Caps.Family, newcomer.Caps.Family, google2.Caps.Family = "openai", "claude", "claude", "gemini"
	newcomer.Bound, google2.Bound = "", ""
	strict := same
	strict.NoExtra = true
	for name, c := range map[string]struct {
		target   ir.Target
		in, want string
	}{
		"openai":           {openai, body(call("a", google("s")), call("b", "")), body(call("a", ""), call("b", ""))},
		"openai, several":  {openai, body(call("a", google("s")), call("b", google("t"))), body(call("a", ""), call("b", ""))},
		"openai, none":     {openai, body(call("a", "")), body(call("a", ""))},
		"something beside": {openai, body(call("a", `,"extra_content":{"x":{"y":1},"google":{"thought_signature":"s"}}`)), body(call("a", `,"extra_content":{"x":{"y":1}}`))},
		"first member":     {openai, body(`{"extra_content":{"google":{"thought_signature":"s"}},"id":"a"}`), body(`{"id":"a"}`)},
		"openai, reasoning": {openai, `{"model":"m","messages":[{"role":"assistant","content":"reasoning_content","reasoning_content":"because"},{"reasoning_content":null,"role":"assistant"}]}`,
			`{"model":"m","messages":[{"role":"assistant","content":"reasoning_content"},{"role":"assistant"}]}`},
		"compatible, reasoning": {same, `{"messages":[{"role":"assistant","content":"a","reasoning_content":"b"}],"model":"m"}`, `{"messages":[{"role":"assistant","content":"a","reasoning_content":"b"}],"model":"m"}`},
		"the same account":      {same, body(call("a", google("s"))), body(call("a", google("s")))},
		"gpt elsewhere":         {gpt, body(call("a", google("s")), call("b", google("t"))), body(call("a", ""), call("b", ""))},
		"gpt, reasoning":        {gpt, `{"messages":[{"role":"assistant","content":"a","reasoning_content":"b"}],"model":"m"}`, `{"messages":[{"role":"assistant","content":"a","reasoning_content":"b"}],"model":"m"}`},
		"has refused it":        {strict, body(call("a", google("s")), call("b", google("t"))), body(call("a", ""), call("b", ""))},
		"claude, its own":       {claude, body(call("a", google("s"))), body(call("a", google("s")))},
		"claude, unknown":       {newcomer, body(call("a", google("s"))), body(call("a", ""))},
		"google, unknown":       {google2, body(call("a", google("s"))), body(call("a", google("s")))},
		"moved":                 {moved, body(call("a", google("s")), call("b", google("t"))), body(call("a", ""), call("b", ""))},
		"moved, gemini 3":       {moved3, body(call("a", google("s")), call("b", google("t"))), body(call("a", google(ir.Sentinel)), call("b", ""))},
	} {
		env := &ir.Envelope{Dialect: ir.Chat}
		if err := (Codec{}).ReadEnvelope([]byte(c.in), env); err != nil {
			t.Fatal(err)
		}
		target := c.target
		got, err := Codec{}.RelayRequest(nil, []byte(c.in), env, &target)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
	for _, odd := range []string{`[1,{"tool_calls":[1,{"extra_content":"thought_signature"}]}]`, `{"thought_signature":1}`, `[{"tool_calls":{"thought_signature":"x"}}]`} {
		in := []byte(`{"model":"m","messages":` + odd + `}`)
		env := &ir.Envelope{Dialect: ir.Chat}
		if err := (Codec{}).ReadEnvelope(in, env); err != nil {
			t.Fatal(err)
		}
		if got, err := (Codec{}).RelayRequest(nil, in, env, &openai); err != nil || string(got) != string(in) {
			t.Errorf("%s became %s, %v", odd, got, err)
		}
	}
}

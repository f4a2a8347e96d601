package anthropic

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestDecodeTolerances(t *testing.T) {
	for _, c := range []struct {
		name, body string
		check      func(*ir.Request) bool
	}{
		{"string content", `{"messages":[{"role":"user","content":"a"}]}`, func(r *ir.Request) bool { return r.Turns[0].Parts[0].Text == "a" }},
		{"content before role", `{"messages":[{"content":[{"text":"a","type":"text"}],"role":"assistant"}]}`,
			func(r *ir.Request) bool {
				return r.Turns[0].Role == ir.RoleAssistant && r.Turns[0].Parts[0].Text == "a"
			}},
		{"no role", `{"messages":[{"content":"a"}]}`, func(r *ir.Request) bool { return r.Turns[0].Role == ir.RoleUser }},
		{"role model", `{"messages":[{"role":"model","content":"a"}]}`, func(r *ir.Request) bool { return r.Turns[0].Role == ir.RoleAssistant }},
		{"bare strings", `{"messages":["a",{"role":"user","content":["b"]}]}`,
			func(r *ir.Request) bool { return r.Turns[0].Parts[0].Text == "a" && r.Turns[1].Parts[0].Text == "b" }},
		{"one block", `{"messages":[{"role":"user","content":{"type":"text","text":"a"}}]}`, func(r *ir.Request) bool { return r.Turns[0].Parts[0].Text == "a" }},
		{"null content", `{"messages":[{"role":"user","content":null}]}`, func(r *ir.Request) bool { return len(r.Turns[0].Parts) == 0 }},
		{"nulls", `{"messages":[],"system":null,"tools":null,"thinking":null,"tool_choice":null,"temperature":null,"max_tokens":null,"metadata":null}`,
			func(r *ir.Request) bool {
				return !r.Sampling.Temperature.Set && !r.Sampling.MaxOutput.Set && len(r.Ext) == 0
			}},
		{"whole numbers as floats", `{"max_tokens":1e3,"messages":[]}`, func(r *ir.Request) bool { return r.Sampling.MaxOutput.V == 1000 }},
		{"choice as a word", `{"tool_choice":"any","messages":[]}`, func(r *ir.Request) bool { return r.ToolChoice.Mode == ir.ChoiceRequired }},
		{"stop as a word", `{"stop_sequences":"x","messages":[]}`, func(r *ir.Request) bool { return len(r.Sampling.Stop) == 1 }},
		{"old MCP tools", `{"tools":[{"type":"custom","name":"a","custom":{"description":"d","input_schema":{"type":"object"}}},{"type":"custom","name":"b","custom":{"description":"d"}}],"messages":[]}`,
			func(r *ir.Request) bool {
				return len(r.Tools) == 1 && r.Tools[0].Name == "a" && r.Tools[0].Description == "d"
			}},
		{"tools of OpenAI", `{"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object"}}}],"messages":[]}`,
			func(r *ir.Request) bool {
				return r.Tools[0].Name == "a" && len(r.Tools[0].Schema) > 0 && r.Tools[0].Kind == ir.ToolFunction
			}},
		{"input as text", `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":"{\"a\":1}"}]}]}`,
			func(r *ir.Request) bool { return string(r.Turns[0].Parts[0].Call.Args.AppendObject(nil)) == `{"a":1}` }},
		{"LiteLLM's ids", `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"call_1__thought__abc","name":"f","input":{}}]}]}`,
			func(r *ir.Request) bool { return r.Turns[0].Parts[0].Call.ID == "call_1" }},
		{"attribution", `{"system":[{"type":"text","text":"x-anthropic-billing-header: a"},{"type":"text","text":"b"}],"messages":[]}`,
			func(r *ir.Request) bool { return len(r.System) == 1 && r.System[0].Text == "b" }},
		{"effort alone", `{"output_config":{"effort":"low"},"messages":[]}`, func(r *ir.Request) bool { return r.Reasoning.Mode == ir.ReasoningEffort }},
		{"deprecated format", `{"output_format":{"type":"json_schema","schema":{"type":"object"}},"messages":[]}`,
			func(r *ir.Request) bool { return r.Format.Kind == ir.FormatSchema }},
		{"unknown members", `{"messages":[{"role":"user","content":[{"type":"text","text":"a","zz":[1]}],"yy":2}],"xx":{"a":1}}`, func(r *ir.Request) bool {
			return r.Ext[0].Name == "xx" && string(r.Ext[0].Raw) == `{"a":1}` && r.Turns[0].Ext[0].Name == "yy" && r.Turns[0].Parts[0].Ext[0].Name == "zz"
		}},
		{"unknown block", `{"messages":[{"role":"user","content":[{"type":"hologram","x":1}]}]}`, func(r *ir.Request) bool {
			p := r.Turns[0].Parts[0]
			return p.Kind == ir.PartOpaque && p.Opaque.Type == "hologram" && string(p.Opaque.Raw) == `{"type":"hologram","x":1}`
		}},
		{"unsigned empty thinking", `{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":""}]}]}`,
			func(r *ir.Request) bool { return len(r.Turns[0].Parts) == 0 }},
		{"forced server tool", `{"tool_choice":{"type":"tool","name":"web_search"},"tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.b"],"max_uses":2}],"messages":[]}`,
			func(r *ir.Request) bool {
				s := r.Tools[0].Search
				return r.ToolChoice.Server == "web_search" && s.AllowedDomains[0] == "a.b" && s.MaxUses.V == 2
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if req := decode(t, c.body); !c.check(req) {
				t.Errorf("%s read as %+v", c.body, req)
			}
		})
	}
}

// TestDecodeCarriers checks that signatures of other vendors come back to the
// part that they were made for.
func TestDecodeCarriers(t *testing.T) {
	call := (&ir.Sig{Value: "C", Family: ir.SigGemini, Model: "g", Scope: "s", Target: ir.SignsCall}).Carrier()
	text := (&ir.Sig{Value: "T", Family: ir.SigGemini, Target: ir.SignsText}).Carrier()
	enc := (&ir.Sig{Value: "gAAAA1", Family: ir.SigOpenAI, Target: ir.SignsThink}).Carrier()
	req := decode(t, `{"messages":[{"role":"assistant","content":[
		{"type":"redacted_thinking","data":"`+enc+`"},
		{"type":"thinking","thinking":"plan","signature":"`+call+`"},
		{"type":"thinking","thinking":"","signature":"`+text+`"},
		{"type":"text","text":"a"},{"type":"text","text":"b"},
		{"type":"tool_use","id":"1","name":"f","input":{}},{"type":"tool_use","id":"2","name":"f","input":{}},
		{"type":"thinking","thinking":"","signature":"`+text+`"}]}]}`)
	p := req.Turns[0].Parts
	if len(p) != 7 {
		t.Fatalf("%d parts", len(p))
	}
	switch {
	case p[0].Think.Sig == nil || p[0].Think.Sig.Value != "gAAAA1" || p[0].Think.Redacted:
		t.Errorf("encrypted reasoning: %+v", p[0].Think)
	case p[1].Text != "plan" || p[1].Think.Sig != nil:
		t.Errorf("thinking that lent its place: %+v", p[1])
	case p[2].Sig == nil || p[2].Sig.Value != "T" || p[3].Sig != nil:
		t.Errorf("texts: %+v %+v", p[2].Sig, p[3].Sig)
	case p[4].Sig == nil || p[4].Sig.Value != "C" || p[4].Sig.Scope != "s" || p[5].Sig != nil:
		t.Errorf("calls: %+v %+v", p[4].Sig, p[5].Sig)
	case p[6].Kind != ir.PartText || p[6].Text != "" || p[6].Sig == nil:
		t.Errorf("signature of an empty last text: %+v", p[6])
	}
}

func TestDecodeErrors(t *testing.T) {
	for body, want := range map[string]string{
		`{`:           "Failed to parse request body: ",
		`{"a":1}x`:    "Failed to parse request body: ",
		`null`:        "Failed to parse request body: ",
		`[]`:          "Failed to parse request body: ",
		`{"model":1}`: "model: expected string, found number at offset 9",
		`{"messages":[{"role":"user","content":"a"},{"role":"user","content":5}]}`:        "messages[1]: content: expected string or array, found number at offset ",
		`{"messages":[{"role":"user","content":[{"type":"text","text":1}]}]}`:             "messages[0].content[0]: expected string, found number at offset ",
		`{"messages":[{"role":"judge","content":"a"}]}`:                                   "messages[0]: unknown role at offset ",
		`{"messages":[{"role":"user","content":[{"x":1}]}]}`:                              "messages[0].content[0]: a content block needs a type",
		`{"messages":[{"role":"user","content":[{"type":"image"}]}]}`:                     "messages[0].content[0]: image without source",
		`{"messages":[{"role":"user","content":[{"type":"image","source":{"data":5}}]}]}`: "messages[0].content[0]: expected string, found number at offset ",
		`{"thinking":{"type":"maybe"},"messages":[]}`:                                     "thinking: unknown type of thinking at offset ",
		`{"messages":[{"role":"user","content":[{"type":"tool_result","content":[7]}]}]}`: "messages[0].content[0]: expected object, found number at offset ",
		`{"tools":[{"name":1}]}`: "tools: expected string, found number at offset ",
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"content":{`: "Failed to parse request body: ",
	} {
		_, err := Codec{}.DecodeRequest([]byte(body), envelope())
		e, ok := err.(*ir.Error)
		if !ok || e.Status != 400 || !strings.HasPrefix(e.Message, want) {
			t.Errorf("%s: %v, want %s…", body, err, want)
		}
	}
}

func TestReadEnvelope(t *testing.T) {
	body := ` {"messages":[{"model":"no"}],"model" : "m1","stream":true}`
	env := envelope()
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
		t.Fatal(err)
	}
	if env.Model != "m1" || !env.Stream || body[env.ModelAt.Start:env.ModelAt.End] != `"m1"` || env.Open != 2 || env.Empty {
		t.Errorf("%+v", env)
	}
	for _, bad := range []string{`null`, `{"model":{}}`, `{"a":}`, ``} {
		if err := (Codec{}).ReadEnvelope([]byte(bad), envelope()); err == nil || !strings.Contains(err.Error(), "Failed to parse request body") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

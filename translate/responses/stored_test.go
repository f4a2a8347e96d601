package responses

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// numbered gives ids that tell their order.
func numbered() func(string) string {
	n := 0
	return func(prefix string) string { n++; return prefix + strconv.Itoa(n) }
}

func nothing(string) (ir.Item, bool) { return ir.Item{}, false }

func envelopeOf(t testing.TB, body string) *ir.Envelope {
	t.Helper()
	env := &ir.Envelope{Dialect: ir.Responses}
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
		t.Fatal(err)
	}
	return env
}

func rawItems(items []ir.Item) string {
	var all []string
	for _, it := range items {
		all = append(all, string(it.Raw))
	}
	return strings.Join(all, "\n")
}

func TestInputItems(t *testing.T) {
	known := func(id string) (ir.Item, bool) {
		return ir.Item{ID: id, Raw: []byte(`{"known":true}`)}, id == "known"
	}
	for _, c := range []struct{ name, input, want, calls string }{
		{"text", `"a\"b"`, `{"id":"msg_1","type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":"a\"b"}]}`, ""},
		{"short message", `[{"role":"user","content":"x"}]`, `{"id":"msg_1","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}`, ""},
		{"assistant", `[{"type":"message","role":"assistant","content":"x","id":null}]`, `{"type":"message","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"x"}],"id":"msg_1"}`, ""},
		{"has an id", `[{"type":"message","id":"mine","role":"user","content":[]}]`, `{"type":"message","id":"mine","role":"user","content":[]}`, ""},
		{"call", `[{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}]`, `{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`, "c1"},
		{"output", `[{"type":"custom_tool_call_output","call_id":"c1","output":"x"}]`, `{"id":"ctc_1","type":"custom_tool_call_output","call_id":"c1","output":"x"}`, ""},
		{"unknown", `[{"type":"new_thing"},"text"]`, "{\"id\":\"item_1\",\"type\":\"new_thing\"}\n{\"id\":\"msg_2\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"text\"}]}", ""},
		{"one object", `{}`, `{"id":"item_1"}`, ""},
		{"references", `[{"type":"item_reference","id":"known"},{"type":"item_reference","id":"other"}]`, "{\"known\":true}\n{\"type\":\"item_reference\",\"id\":\"other\"}", ""},
		{"no list", `7`, "", ""},
		{"not of items", `[7]`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"model":"m","input":` + c.input + `}`
			items := InputItems(nil, []byte(body), envelopeOf(t, body), numbered(), known)
			if got := rawItems(items); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, it := range items {
				if it.CallID != c.calls {
					t.Errorf("the call is %q", it.CallID)
				}
			}
		})
	}
}

func TestExpand(t *testing.T) {
	history := []ir.Item{{Raw: []byte(`{"h":1}`)}, {Raw: []byte(`{"h":2}`)}}
	own := []ir.Item{{Raw: []byte(`{"o":1}`)}}
	for _, c := range []struct{ body, want string }{
		{`{"model":"m","previous_response_id":"r","input":"x"}`, `{"model":"m","input":[{"h":1},{"h":2},{"o":1}]}`},
		{`{"input":"x","conversation":{"id":"c"},"background":true,"n":1}`, `{"input":[{"h":1},{"h":2},{"o":1}],"n":1}`},
		{`{ "background" : true }`, `{"input":[{"h":1},{"h":2},{"o":1}]}`},
		{`{"previous_response_id":"r","stream":true}`, `{"input":[{"h":1},{"h":2},{"o":1}],"stream":true}`},
		{`{"previous_response\u005fid":"r","input":[]}`, `{"previous_response\u005fid":null,"input":[{"h":1},{"h":2},{"o":1}]}`},
	} {
		got := string(Expand([]byte(c.body), envelopeOf(t, c.body), history, own))
		var have, want any
		if json.Unmarshal([]byte(got), &have) != nil || json.Unmarshal([]byte(c.want), &want) != nil {
			t.Errorf("%s: this is no JSON: %s", c.body, got)
			continue
		}
		a, _ := json.Marshal(have)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.body, got, c.want)
		}
	}
}

func TestAnnounced(t *testing.T) {
	for _, c := range []struct {
		data, id string
		stores   bool
	}{
		{`{"id":"resp_1","object":"response"}`, "resp_1", true},
		{`{"id":"resp_1","object":"response","store": false}`, "resp_1", false},
		{`{"type":"response.created","response":{"object":"response","id":"abc","store":true}}`, "abc", true},
		{`{"type":"response.output_text.delta","item_id":"msg_1","delta":"x"}`, "", false},
		{`{"id":"chatcmpl_1","object":"chat.completion"}`, "", false},
		{`[]`, "", false}, {``, "", false},
	} {
		if id, stores := Announced([]byte(c.data)); id != c.id || stores != c.stores {
			t.Errorf("%s: %q %v", c.data, id, stores)
		}
	}
}

// FuzzExpand keeps valid bodies valid, and what was not stored as it was.
func FuzzExpand(f *testing.F) {
	f.Add(`{"model":"m","previous_response_id":"r","input":[{"role":"user","content":"x"}],"background":true}`)
	f.Add(`{"conversation":{"id":"c"},"input":"x" , "background":false}`)
	f.Add(`{"conversation":"c","conversation":"d","input":{"type":"item_reference","id":1}}`)
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		env := &ir.Envelope{Dialect: ir.Responses}
		if (Codec{}).ReadEnvelope([]byte(body), env) != nil {
			t.Skip() // no request, so there is nothing to store
		}
		items := InputItems(nil, []byte(body), env, numbered(), nothing)
		for _, it := range items {
			if !json.Valid(it.Raw) {
				t.Fatalf("an item is no JSON: %s", it.Raw)
			}
		}
		out := Expand([]byte(body), env, []ir.Item{{Raw: []byte(`{}`)}}, items)
		if !json.Valid(out) {
			t.Fatalf("this is no JSON: %s", out)
		}
		OutputItems([]byte(body))
		Announced([]byte(body))
		Rename(nil, []byte(body), "m")
	})
}

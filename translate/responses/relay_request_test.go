package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestRelayRequestReasoning hands on the reasoning that the account can
// decrypt, and every other byte.
func TestRelayRequestReasoning(t *testing.T) {
	carrier := func(family ir.SigFamily, scope string) string {
		return (&ir.Sig{Value: "gAAAAown", Family: family, Scope: scope, Target: ir.SignsThink}).Carrier()
	}
	thought := func(value string) string {
		return `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"` + value + `"}`
	}
	const before = `{ "model":"gpt-5.2","client_metadata":{"session_id":"s"},"input":[{"role":"user","content":"a"} ,`
	const after = ` {"type":"function_call","call_id":"c","name":"f","arguments":"{\"encrypted_content\":\"gAAAAx\"}"},{"type":"compaction","encrypted_content":"gAAAAy"}], "x":1}`
	tests := []struct {
		name         string
		scope, bound string
		item, want   string
	}{
		{"its own", "11111111", "11111111", thought("gAAAAraw") + ",", thought("gAAAAraw") + ","},
		{"of nobody knows whom", "11111111", "", thought("gAAAAraw") + ",", thought("gAAAAraw") + ","},
		{"of another account", "22222222", "11111111", thought("gAAAAraw") + ",", ""},
		{"two of another account", "22222222", "11111111", thought("gAAAAraw") + "," + thought("gAAAAmore") + ",", ""},
		{"a carrier of its own", "11111111", "22222222", thought(carrier(ir.SigOpenAI, "11111111")) + ",", thought("gAAAAown") + ","},
		{"a carrier of another account", "11111111", "", thought(carrier(ir.SigOpenAI, "22222222")) + ",", ""},
		{"a carrier of another vendor", "11111111", "11111111", thought(carrier(ir.SigGemini, "11111111")) + ",", ""},
		{"without encryption", "22222222", "11111111", `{"type":"reasoning","summary":[]},`, `{"type":"reasoning","summary":[]},`},
	}
	for _, tt := range tests {
		body := before + tt.item + after
		env := &ir.Envelope{Dialect: ir.Responses}
		if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
			t.Fatal(err)
		}
		to := &ir.Target{Dialect: ir.Responses, Provider: "openai", Model: "gpt-5.2", Scope: tt.scope, Bound: tt.bound, Notes: &ir.Notes{}}
		got, err := Codec{}.RelayRequest([]byte("x"), []byte(body), env, to)
		if want := "x" + before + tt.want + after; err != nil || string(got) != want {
			t.Errorf("%s: got  %s\nwant %s, %v", tt.name, got, want, err)
		}
		to.Provider, to.Model = "openai_compatible", "other"
		got, err = Codec{}.RelayRequest(nil, []byte(body), env, to)
		want := strings.NewReplacer(`"client_metadata":{"session_id":"s"},`, "", `gpt-5.2`, `other`).Replace(before) + tt.want + after
		if err != nil || string(got) != want {
			t.Errorf("%s, another vendor: got  %s\nwant %s, %v", tt.name, got, want, err)
		}
	}
}

// TestRelayRequestPrivate drops client_metadata wherever it stands.
func TestRelayRequestPrivate(t *testing.T) {
	tests := []struct{ body, want string }{
		{`{"client_metadata":{"a":1},"input":"x"}`, `{"model":"m","input":"x"}`},
		{`{"input":"x","client_metadata":{"a":1}}`, `{"model":"m","input":"x"}`},
		{`{"model":"n","client\u005fmetadata":{"a":1},"input":"x"}`, `{"model":"m","client\u005fmetadata":{},"input":"x"}`},
	}
	for _, tt := range tests {
		env := &ir.Envelope{Dialect: ir.Responses}
		if err := (Codec{}).ReadEnvelope([]byte(tt.body), env); err != nil {
			t.Fatal(err)
		}
		got, err := Codec{}.RelayRequest(nil, []byte(tt.body), env, &ir.Target{Provider: "openai_compatible", Model: "m"})
		if err != nil || string(got) != tt.want {
			t.Errorf("got %s, want %s, %v", got, tt.want, err)
		}
	}
}

// TestRelayRequestUnsealed drops reasoning that an upstream which stores
// nothing would look for in vain.
func TestRelayRequestUnsealed(t *testing.T) {
	const item = `{"type":"reasoning","id":"rs_1","summary":[]},`
	for tail, kept := range map[string]bool{
		`}`: true, `,"store":true}`: true, `,"store":false}`: false, `,"store" : false}`: false,
		`,"metadata":{"a":"\"store\":false"}}`: true, `,"metadata":{"a":"store"},"store":false}`: false,
	} {
		body := `{"model":"m","input":[` + item + `{"role":"user","content":"a"}]` + tail
		env := &ir.Envelope{Dialect: ir.Responses}
		if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
			t.Fatal(err)
		}
		got, err := Codec{}.RelayRequest(nil, []byte(body), env, &ir.Target{Dialect: ir.Responses, Provider: "openai", Model: "m", Notes: &ir.Notes{}})
		want := body
		if !kept {
			want = strings.Replace(body, item, "", 1)
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", tail, got, err)
		}
	}
}

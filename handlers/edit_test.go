package handlers

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestApplyEdits(t *testing.T) {
	tests := map[string]struct {
		body  string
		edits []Edit
		want  string
	}{
		"nothing":                 {`{"a": 1}`, nil, `{"a": 1}`},
		"default sets":            {`{"a":1}`, []Edit{{EditDefault, "", "b", []byte("2")}}, `{"a":1,"b":2}`},
		"default leaves":          {`{"a":1}`, []Edit{{EditDefault, "", "a", []byte("2")}}, `{"a":1}`},
		"default leaves null":     {`{"a":null}`, []Edit{{EditDefault, "", "a", []byte("2")}}, `{"a":null}`},
		"default inside":          {`{"o":{"x":1}}`, []Edit{{EditDefault, "", "o.y", []byte(`"z"`)}}, `{"o":{"x":1,"y":"z"}}`},
		"override sets":           {`{}`, []Edit{{EditOverride, "", "a", []byte("true")}}, `{"a":true}`},
		"override replaces":       {`{"a":{"b":1},"c":2}`, []Edit{{EditOverride, "", "a", []byte("[]")}}, `{"a":[],"c":2}`},
		"remove":                  {`{"a":1,"b":2}`, []Edit{{EditRemove, "", "a", nil}}, `{"b":2}`},
		"remove what is not":      {`{"a":1}`, []Edit{{EditRemove, "", "x.y", nil}}, `{"a":1}`},
		"an element":              {`{"l":[1,2,3]}`, []Edit{{EditOverride, "", "l.1", []byte("9")}}, `{"l":[1,9,3]}`},
		"in order":                {`{}`, []Edit{{EditDefault, "", "a", []byte("1")}, {EditOverride, "", "a", []byte("2")}, {EditRemove, "", "a", nil}}, `{}`},
		"another dialect's":       {`{}`, []Edit{{EditOverride, ir.Gemini, "a", []byte("1")}}, `{}`},
		"this dialect's":          {`{}`, []Edit{{EditOverride, ir.Chat, "a", []byte("1")}}, `{"a":1}`},
		"what is long stays long": {`{"n":12345678901234567890,"a":0}`, []Edit{{EditOverride, "", "a", []byte("1")}}, `{"n":12345678901234567890,"a":1}`},
	}
	for name, test := range tests {
		body := []byte(test.body)
		got, err := applyEdits(body, test.edits, ir.Chat)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, test.want)
		}
		if string(body) != test.body {
			t.Errorf("%s: the body that other attempts need is changed: %s", name, body)
		}
	}
}

func TestImpossibleEdit(t *testing.T) {
	for _, path := range []string{""} {
		if got, err := applyEdits([]byte(`{"l":[]}`), []Edit{{EditOverride, "", path, []byte("1")}}, ir.Chat); err == nil {
			t.Errorf("%s: got %s", path, got)
		}
	}
}

// TestEditsReachTheUpstream covers each dialect of upstream, relayed and
// translated, over a failover to another dialect.
func TestEditsReachTheUpstream(t *testing.T) {
	block := exactModel(Model{Name: "m", Edits: []Edit{
		{EditOverride, ir.Anthropic, "metadata.user_id", []byte(`"gateway"`)},
		{EditOverride, ir.Gemini, "labels.who", []byte(`"gateway"`)},
		{EditDefault, "", "extra", []byte(`{"x":1}`)},
	}})
	first := newUpstream(t, fails(500, ""))
	second := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	f := serve(t, gatewaySpec{models: Models{block}, accounts: []accountSpec{
		{name: "one", dialect: ir.Anthropic, url: first.URL},
		{name: "two", dialect: ir.Gemini, url: second.URL, priority: 1},
	}})
	wantHello(t, ir.Anthropic, f.post("/v1/messages", speeches[ir.Anthropic].ask))
	relayed, translated := first.requests()[0].body, second.requests()[0].body
	if gjson.Get(relayed, "metadata.user_id").Str != "gateway" || gjson.Get(relayed, "extra.x").Int() != 1 || gjson.Get(relayed, "labels").Exists() {
		t.Errorf("relayed: %s", relayed)
	}
	if gjson.Get(translated, "labels.who").Str != "gateway" || gjson.Get(translated, "extra.x").Int() != 1 || gjson.Get(translated, "metadata").Exists() {
		t.Errorf("translated: %s", translated)
	}
}

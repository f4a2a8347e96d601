package handlers

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	quotaProbe  = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"quota"}]}`
	warmupProbe = `{"model":"m","max_tokens":64,"system":"You are a CLI","messages":[{"role":"user","content":[{"type":"text","text":"Warmup","cache_control":{"type":"ephemeral"}}]}],"tools":[{"name":"Bash","input_schema":{"type":"object"}}]}`
	titleProbe  = `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"Please write a 5-10 word title for the following conversation:\n\nhello"}]}`
	topicProbe  = `{"model":"m","max_tokens":64,"system":"Analyze if this message indicates a new conversation topic. If it does, extract a title.","messages":[{"role":"user","content":"hello"}]}`
)

func TestIntercept(t *testing.T) {
	all := []Intercept{InterceptQuota, InterceptWarmup, InterceptTitle}
	tests := map[string]struct {
		kinds []Intercept
		body  string
		kind  string // by which it is answered here; empty goes upstream
	}{
		"quota":                 {all, quotaProbe, "quota"},
		"warm-up":               {all, warmupProbe, "warmup"},
		"title":                 {all, titleProbe, "title"},
		"topic":                 {all, topicProbe, "title"},
		"nothing switched on":   {nil, quotaProbe, ""},
		"another switched on":   {[]Intercept{InterceptTitle}, warmupProbe, ""},
		"a real question":       {all, `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"What is a quota? Warmup"}]}`, ""},
		"quota with room":       {all, `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"quota"}]}`, ""},
		"in a conversation":     {all, `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"Warmup"}]}`, ""},
		"a title with tools":    {all, strings.Replace(titleProbe, `{"model"`, `{"tools":[{"name":"Bash","input_schema":{"type":"object"}}],"model"`, 1), ""},
		"unreadable everywhere": {all, `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":7}]}`, "400"},
	}
	for name, test := range tests {
		for _, where := range []string{"key", "model"} {
			for _, stream := range []bool{false, true} {
				s := speeches[ir.Anthropic]
				up := newUpstream(t, says(200, "application/json", s.whole))
				body := test.body
				if stream {
					up = newUpstream(t, streams(s.stream(), nil))
					body = strings.Replace(body, `{"`, `{"stream":true,"`, 1)
				}
				var l ledger
				f := serve(t, gatewaySpec{
					accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: up.URL}},
					models:   Models{exactModel(Model{Name: "m", Intercept: onlyIf(where == "model", test.kinds)})},
					tweak: func(g *Gateway) {
						l.recording(g)
						g.Intercept = map[string][]Intercept{"alice": onlyIf(where == "key", test.kinds)}
					},
				})
				got := f.post(s.path, body)
				asked := len(up.requests())
				switch {
				case test.kind == "400":
					if got.status != 400 || asked != 0 {
						t.Errorf("%s: %d %s", name, got.status, got.body)
					}
				case test.kind == "":
					if asked != 1 || got.header.Get(headerIntercepted) != "" {
						t.Errorf("%s: the upstream was asked %d times: %s", name, asked, got.body)
					}
				case asked != 0 || got.status != 200 || got.header.Get(headerIntercepted) != "1" || f.lastFields(1)["ai_intercepted"] != test.kind:
					t.Errorf("%s: the upstream was asked %d times: %d %v %s", name, asked, got.status, got.header, got.body)
				case stream && (!strings.HasSuffix(got.body, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n") || !strings.Contains(got.header.Get("Content-Type"), "event-stream")):
					t.Errorf("%s: %v %s", name, got.header, got.body)
				case !stream && !strings.Contains(got.body, `"type":"message"`):
					t.Errorf("%s: %s", name, got.body)
				}
				l.booked(f, asked)
			}
		}
	}
}

func onlyIf(yes bool, kinds []Intercept) []Intercept {
	if yes {
		return kinds
	}
	return nil
}

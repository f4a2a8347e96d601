package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const longTalk = `{"model":"m","instructions":"Be exact.","input":[{"role":"user","content":"Read a.txt"},` +
	`{"type":"function_call","call_id":"c1","name":"read","arguments":"{\"path\":\"a.txt\"}"},{"type":"function_call_output","call_id":"c1","output":"Forty-two \"inside\""},` +
	`{"role":"assistant","content":[{"type":"output_text","text":"It says forty-two."}]},{"role":"user","content":[{"type":"input_text","text":"Remember it."}]}]`

// summarizing is an upstream of the dialect that says a summary, and then hello.
func summarizing(t *testing.T, d ir.Dialect) *upstream {
	whole := strings.Replace(speeches[d].whole, "hello there", "The user had a.txt read: 42.", 1)
	return newUpstream(t, says(200, "application/json", whole), says(200, "application/json", speeches[d].whole))
}

// TestCompactEmulated makes a conversation shorter by an answer of the model,
// and goes on with what came of it.
func TestCompactEmulated(t *testing.T) {
	for _, d := range foreign {
		t.Run(string(d), func(t *testing.T) {
			up := summarizing(t, d)
			f := serve(t, gatewaySpec{tweak: func(g *Gateway) { g.EmulateCompact = true }, accounts: []accountSpec{{name: "only", dialect: d, url: up.URL}}})
			got := f.post(responses+"/compact", longTalk+`}`)
			if got.status != 200 || gjson.Get(got.body, "object").Str != "response.compaction" || gjson.Get(got.body, "output.#").Int() != 3 ||
				gjson.Get(got.body, "output.2.type").Str != "compaction" || gjson.Get(got.body, "usage.input_tokens").Int() != 3 {
				t.Fatalf("got %d %s", got.status, got.body)
			}
			asked := up.requests()[0].body
			for _, want := range []string{"Read a.txt", `Forty-two \"inside\"`, "It says forty-two.", "Be exact.", "call of read", "Remember it."} {
				if !strings.Contains(asked, want) {
					t.Errorf("%s is not asked about: %s", want, asked)
				}
			}
			if strings.Contains(asked, `"tool_use"`) || strings.Contains(asked, `"tool_calls"`) || strings.Contains(asked, `"functionCall"`) {
				t.Errorf("asked %s", asked)
			}
			if f.do("GET", responses+"/"+gjson.Get(got.body, "id").Str, "").status != 404 {
				t.Error("it is stored")
			}

			next := f.post(responses, `{"model":"m","input":[`+strings.Trim(gjson.Get(got.body, "output").Raw, "[]")+`,{"role":"user","content":"Well?"}]}`)
			sent := up.requests()[1].body
			if next.status != 200 || !strings.Contains(sent, "The user had a.txt read: 42.") || !strings.Contains(sent, "Read a.txt") || strings.Contains(sent, "gwc1.") || strings.Contains(sent, "forty-two") {
				t.Errorf("got %d %s, sent %s", next.status, next.body, sent)
			}
			// What is stored of it can be gone on with.
			if last := f.post(responses, `{"model":"m","input":"And?","previous_response_id":"`+idOf(t, next)+`"}`); last.status != 200 || !strings.Contains(up.requests()[2].body, "The user had a.txt read: 42.") {
				t.Errorf("got %d, sent %s", last.status, up.requests()[2].body)
			}
		})
	}
}

// TestCompactedAtOpenAI tells an account of the client's own dialect the summary
// that another model has made: it could not read the item.
func TestCompactedAtOpenAI(t *testing.T) {
	claude, openai := summarizing(t, ir.Anthropic), newUpstream(t, says(200, "application/json", speeches[ir.Responses].whole))
	f := serve(t, gatewaySpec{tweak: func(g *Gateway) { g.EmulateCompact = true }, accounts: []accountSpec{
		{name: "claude", dialect: ir.Anthropic, url: claude.URL}, {name: "openai", dialect: ir.Responses, url: openai.URL, models: []string{"gpt"}},
	}})
	output := gjson.Get(f.post(responses+"/compact", longTalk+`}`).body, "output").Raw
	got := f.post(responses, `{"model":"gpt","input":`+output+`}`)
	if sent := openai.requests()[0].body; got.status != 200 || !strings.Contains(sent, "The user had a.txt read: 42.") || strings.Contains(sent, "gwc1.") {
		t.Errorf("got %d %s, sent %s", got.status, got.body, sent)
	}
}

// TestCompactAtAccount leaves it to an account that offers it, whether or not
// others may be asked.
func TestCompactAtAccount(t *testing.T) {
	const compaction = `{"id":"resp_1","object":"response.compaction","created_at":1,"output":[{"id":"cmp_1","type":"compaction","encrypted_content":"x"}]}`
	for _, emulate := range []bool{false, true} {
		up := newUpstream(t, says(200, "application/json", compaction))
		f := serve(t, gatewaySpec{tweak: func(g *Gateway) { g.EmulateCompact = emulate }, accounts: []accountSpec{{name: "openai", dialect: ir.Responses, url: up.URL}}})
		got := f.post(responses+"/compact", longTalk+`}`)
		if r := up.requests()[0]; got.status != 200 || got.body != compaction || r.uri != "/v1/responses/compact" || r.body != longTalk+`}` {
			t.Errorf("got %d %s, asked %+v", got.status, got.body, r)
		}
	}
}

// TestCompactAtImitator is about an account of OpenAI's kind whose server has
// no such path.
func TestCompactAtImitator(t *testing.T) {
	lacking := map[string]http.HandlerFunc{
		"404":  says(404, "application/json", `{"error":{"message":"Invalid URL (POST /v1/responses/compact)","type":"invalid_request_error"}}`),
		"text": says(404, "text/plain", "404 page not found"),
		"405":  says(405, "application/json", `{"detail":"Method Not Allowed"}`),
		"501":  says(501, "application/json", `{"error":{"message":"not here"}}`),
		"page": says(200, "text/html", "<html>hello</html>"),
	}
	for name, step := range lacking {
		t.Run(name, func(t *testing.T) {
			up := newUpstream(t, step)
			f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "imitator", dialect: ir.Responses, url: up.URL}}})
			if got := f.post(responses+"/compact", longTalk+`}`); got.status != 501 || !strings.Contains(errorOf(got.body), "emulate_compact") {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if warned := f.logs.FilterMessageSnippet("base_url").Len(); warned != 0 {
				t.Error("the log blames base_url")
			}

			whole := strings.Replace(speeches[ir.Responses].whole, "hello there", "The user had a.txt read: 42.", 1)
			up = newUpstream(t, step, says(200, "application/json", whole))
			f = serve(t, gatewaySpec{tweak: func(g *Gateway) { g.EmulateCompact = true }, accounts: []accountSpec{{name: "imitator", dialect: ir.Responses, url: up.URL}}})
			got := f.post(responses+"/compact", longTalk+`}`)
			if got.status != 200 || gjson.Get(got.body, "object").Str != "response.compaction" || up.requests()[1].uri != "/v1/responses" {
				t.Errorf("got %d %s, asked %v", got.status, got.body, up.requests())
			}
		})
	}
	up := newUpstream(t, says(404, "application/json", `{"error":{"message":"The model m does not exist","code":"model_not_found"}}`))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "openai", dialect: ir.Responses, url: up.URL}}})
	if got := f.post(responses+"/compact", longTalk+`}`); got.status != 404 {
		t.Errorf("an unknown model: got %d %s", got.status, got.body)
	}
}

// TestCompactRefused says why nobody does it.
func TestCompactRefused(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", strings.Replace(speeches[ir.Chat].whole, "hello there", " ", 1)))
	for _, tt := range []struct {
		emulate bool
		body    string
		status  int
		why     string
	}{
		{false, longTalk + `}`, 501, "emulate_compact"},
		{true, strings.Replace(longTalk, `"m"`, `"other"`, 1) + `}`, 404, "other"},
		{true, `{"model":"m","input":[{"type":"nonsense"}],"tools":1}`, 400, ""},
		{true, `{"model":"m","input":"x","previous_response_id":"resp_1"}`, 400, "not found"},
		{true, longTalk + `}`, 502, ""},
	} {
		f := serve(t, gatewaySpec{tweak: func(g *Gateway) { g.EmulateCompact = tt.emulate }, accounts: []accountSpec{{name: "only", url: up.URL}}})
		got := f.post(responses+"/compact", tt.body)
		if got.status != tt.status || !strings.Contains(errorOf(got.body), tt.why) {
			t.Errorf("%s: %d %s", tt.body, got.status, got.body)
		}
	}
}

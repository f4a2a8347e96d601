package handlers

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestMisplaced tells a wrong path from a model, or a thing, that is not known.
func TestMisplaced(t *testing.T) {
	for name, test := range map[string]struct {
		dialect ir.Dialect
		status  int
		body    string
		want    bool
	}{
		"a web server":             {ir.Chat, 404, "<html><h1>404 Not Found</h1></html>", true},
		"Go":                       {ir.Chat, 404, "404 page not found\n", true},
		"nothing":                  {ir.Gemini, 404, "", true},
		"FastAPI":                  {ir.Chat, 404, `{"detail":"Not Found"}`, true},
		"OpenAI":                   {ir.Chat, 404, `{"error":{"message":"Invalid URL (POST /v1/v1/chat/completions)","type":"invalid_request_error"}}`, true},
		"LM Studio":                {ir.Chat, 404, `{"error":"Unexpected endpoint or method. (POST /chat/completions)"}`, true},
		"Anthropic":                {ir.Anthropic, 404, `{"type":"error","error":{"type":"not_found_error","message":"Not found"}}`, true},
		"a method":                 {ir.Chat, 405, `{"detail":"Method Not Allowed"}`, true},
		"OpenAI's model":           {ir.Responses, 404, `{"error":{"message":"The model does not exist","code":"model_not_found"}}`, false},
		"Ollama's model":           {ir.Chat, 404, `{"error":{"message":"model \"m\" not found, try pulling it first"}}`, false},
		"a model that is an url":   {ir.Chat, 404, `{"error":{"message":"unknown url or model m"}}`, false},
		"Anthropic's model":        {ir.Anthropic, 404, `{"type":"error","error":{"type":"not_found_error","message":"model: m"}}`, false},
		"Gemini's model":           {ir.Gemini, 404, `{"error":{"code":404,"message":"models/m is not found for API version v1beta","status":"NOT_FOUND"}}`, false},
		"Gemini's file":            {ir.Gemini, 404, `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`, false},
		"OpenRouter's data policy": {ir.Chat, 404, `{"error":{"message":"No endpoints found matching your data policy","code":404}}`, false},
		"another status":           {ir.Chat, 400, `{"error":{"message":"Invalid URL"}}`, false},
	} {
		e := (&Upstream{Provider: providerOf(test.dialect)}).refusal(test.dialect, &http.Response{StatusCode: test.status, Header: http.Header{}}, []byte(test.body))
		if got := misplaced(e, "m"); got != test.want {
			t.Errorf("%s: %v, %+v", name, got, e)
		}
	}
	if misplaced(&ir.Error{Status: 404, Upstream: fromNetwork}, "m") {
		t.Error("the network has no paths")
	}
}

// TestWarnedOfPlace tells the operator once which account is asked at the wrong
// place.
func TestWarnedOfPlace(t *testing.T) {
	for _, d := range dialects {
		up := newUpstream(t, says(404, "text/plain", "404 page not found"))
		f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "lost", dialect: d, url: up.URL}}})
		for range 3 {
			f.post("/v1/chat/completions", speeches[ir.Chat].ask)
		}
		told := f.logs.FilterMessageSnippet("base_url is likely to be wrong").All()
		if len(told) != 1 || told[0].ContextMap()["account"] != "lost" || told[0].ContextMap()["base_url"] == "" {
			t.Errorf("%s: the log has %v", d, told)
		}
	}
	up := newUpstream(t, says(404, "application/json", `{"error":{"message":"The model m does not exist","code":"model_not_found"}}`))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "right", url: up.URL}}})
	f.post("/v1/chat/completions", speeches[ir.Chat].ask)
	if f.logs.FilterMessageSnippet("base_url").Len() != 0 {
		t.Error("a model that is not known is blamed on base_url")
	}
}

// TestMisplacementComesDue tells it again after a while.
func TestMisplacementComesDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m misplacement
		for i, want := range []bool{true, false, true, false} {
			if got := m.due(time.Now()); got != want {
				t.Errorf("look %d: %v", i, got)
			}
			if i == 1 {
				time.Sleep(misplacedEvery)
			}
		}
	})
}

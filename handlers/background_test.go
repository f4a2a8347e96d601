package handlers

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// polled waits until a response has a status.
func (f *fixture) polled(id, status string) string {
	f.t.Helper()
	var got answered
	f.eventually("the response is "+status, func() bool {
		got = f.do("GET", responses+"/"+id, "")
		return gjson.Get(got.body, "status").Str == status
	})
	return got.body
}

// TestBackground makes an answer while the client asks for it again and again.
func TestBackground(t *testing.T) {
	for _, d := range dialects {
		t.Run(string(d), func(t *testing.T) {
			account, _ := simulatedAs("only", d)
			f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
			got := f.post(responses, `{"model":"demo","input":"say exactly: Done at last.","background":true}`)
			id := idOf(t, got)
			if gjson.Get(got.body, "status").Str != "queued" || !gjson.Get(got.body, "background").Bool() || gjson.Get(got.body, "output.#").Int() != 0 {
				t.Errorf("got %s", got.body)
			}
			done := f.polled(id, "completed")
			if gjson.Get(done, "id").Str != id || gjson.Get(done, "output.0.content.0.text").Str != "Done at last." || !gjson.Get(done, "background").Bool() {
				t.Errorf("got %s", done)
			}
			if next := f.post(responses, `{"model":"demo","input":"And?","previous_response_id":"`+id+`"}`); next.status != 200 {
				t.Errorf("got %d %s", next.status, next.body)
			}
			if items := f.do("GET", responses+"/"+id+"/input_items", ""); gjson.Get(items.body, "data.#").Int() != 1 {
				t.Errorf("got %s", items.body)
			}
			if again := f.post(responses+"/"+id+"/cancel", ""); again.status != 200 || again.body != done {
				t.Errorf("cancelled when it is over: %d %s", again.status, again.body)
			}
			f.settled()
		})
	}
}

// slowUpstream is an account whose upstream does not answer before it may.
func slowUpstream(t *testing.T, gate <-chan struct{}) (*fixture, *upstream) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
			says(200, "application/json", speeches[ir.Chat].whole)(w, r)
		case <-r.Context().Done():
		}
	})
	return serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Chat, url: up.URL, concurrency: 1}}}), up
}

// TestBackgroundOutlivesTheClient goes on when the client's connection is gone,
// and holds the account's slot meanwhile.
func TestBackgroundOutlivesTheClient(t *testing.T) {
	gate := make(chan struct{})
	f, _ := slowUpstream(t, gate)
	id := idOf(t, f.post(responses, `{"model":"m","input":"x","background":true}`))
	f.server.CloseClientConnections()
	f.polled(id, "in_progress")
	f.eventually("the slot is taken", func() bool { return f.account("only").InUse == 1 })
	early := f.post(responses, `{"model":"m","input":"x","previous_response_id":"`+id+`"}`)
	if early.status != 400 || !strings.Contains(errorOf(early.body), "in progress") {
		t.Errorf("got %d %s", early.status, early.body)
	}
	close(gate)
	f.polled(id, "completed")
	f.settled()
}

// TestCancel stops the work, whoever the account is.
func TestCancel(t *testing.T) {
	f, up := slowUpstream(t, nil)
	id := idOf(t, f.post(responses, `{"model":"m","input":"x","background":true}`))
	f.eventually("the upstream is asked", func() bool { return len(up.requests()) == 1 })
	got := f.post(responses+"/"+id+"/cancel", "")
	if got.status != 200 || gjson.Get(got.body, "status").Str != "cancelled" || gjson.Get(got.body, "id").Str != id {
		t.Errorf("got %d %s", got.status, got.body)
	}
	f.settled()
	if got := f.do("GET", responses+"/"+id, ""); gjson.Get(got.body, "status").Str != "cancelled" {
		t.Errorf("got %s", got.body)
	}
	if s := f.account("only"); s.Failed != 0 {
		t.Errorf("the account is blamed: %+v", s)
	}
}

// TestDeleteWhileRunning stops the work and keeps nothing.
func TestDeleteWhileRunning(t *testing.T) {
	f, up := slowUpstream(t, nil)
	id := idOf(t, f.post(responses, `{"model":"m","input":"x","background":true}`))
	f.eventually("the upstream is asked", func() bool { return len(up.requests()) == 1 })
	if got := f.do("DELETE", responses+"/"+id, ""); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	f.settled()
	if got := f.do("GET", responses+"/"+id, ""); got.status != 404 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestBackgroundFails stores what went wrong.
func TestBackgroundFails(t *testing.T) {
	account, _ := simulatedAs("only", ir.Gemini)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	id := idOf(t, f.post(responses, `{"model":"demo","input":"fail with 500","background":true}`))
	got := f.polled(id, "failed")
	if gjson.Get(got, "error.code").Str != "server_error" || gjson.Get(got, "error.message").Str != "Upstream service temporarily unavailable" {
		t.Errorf("got %s", got)
	}
	if next := f.post(responses, `{"model":"demo","input":"Once more?","previous_response_id":"`+id+`"}`); next.status != 200 {
		t.Errorf("got %d %s", next.status, next.body)
	}
	f.settled()
}

// TestBackgroundRefused says at once what will never be answered.
func TestBackgroundRefused(t *testing.T) {
	account, up := simulatedAs("only", ir.Chat)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	for body, status := range map[string]int{
		`{"model":"other","input":"x","background":true}`:                                              404,
		`{"model":"demo","input":[{"type":"nonsense"}],"background":true,"tools":1}`:                   400,
		`{"model":"demo","input":"x","background":true,"store":false}`:                                 400,
		`{"model":"demo","input":"x","background":true,"previous_response_id":"resp_1"}`:               400,
		`{"model":"demo","input":"x","background":true,"conversation":"c","previous_response_id":"r"}`: 400,
	} {
		if got := f.post(responses, body); got.status != status {
			t.Errorf("%s: got %d %s", body, got.status, got.body)
		}
	}
	if len(up.sent) != 0 {
		t.Errorf("sent %+v", up.sent)
	}
	f.settled()
}

// TestBackgroundStream streams an answer that is made in the background, which
// goes on when the client stops listening.
func TestBackgroundStream(t *testing.T) {
	account, _ := simulatedAs("only", ir.Anthropic)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	whole := f.post(responses, `{"model":"demo","input":"say exactly: Live on air.","background":true,"stream":true}`)
	object := final(whole)
	id := gjson.Get(object, "id").Str
	if gjson.Get(object, "output.0.content.0.text").Str != "Live on air." || !strings.HasPrefix(whole.body, "event: response.created") {
		t.Fatalf("got %s", whole.body)
	}
	if got := f.polled(id, "completed"); got != object {
		t.Errorf("stored:   %s\nstreamed: %s", got, object)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", f.server.URL+responses, strings.NewReader(`{"model":"demo","input":"long 40. slow 5ms","background":true,"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	resp, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('}')
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(line, `"id":"`)
	id, _, _ = strings.Cut(rest, `"`)
	cancel()
	f.polled(id, "completed")
	failing := f.post(responses, `{"model":"demo","input":"fail with 500","background":true,"stream":true}`)
	if !strings.Contains(failing.body, "response.failed") {
		t.Errorf("got %s", failing.body)
	}
	f.settled()
}

// TestBackgroundAtOpenAI leaves it to an account that can do it, and asks that
// account how far it is.
func TestBackgroundAtOpenAI(t *testing.T) {
	up := newUpstream(t,
		says(200, "application/json", `{"id":"resp_up","object":"response","status":"queued","background":true,"store":true,"model":"up","output":[]}`),
		says(200, "application/json", `{"id":"resp_up","object":"response","status":"in_progress","model":"up","output":[]}`),
		says(200, "application/json", `{"id":"resp_up","object":"response","status":"cancelled","model":"up","output":[]}`),
		fails(404, `{"error":{"message":"gone","type":"invalid_request_error"}}`),
	)
	claude, _ := simulatedAs("claude", ir.Anthropic)
	claude.models, claude.priority = []string{"m"}, -1
	openai := accountSpec{name: "openai", provider: &providers.OpenAI{}, url: up.URL, models: []string{"m=up"}}
	f := serve(t, gatewaySpec{accounts: []accountSpec{claude, openai}})
	body := `{"model":"m","input":"x","background":true}`
	got := f.post(responses, body)
	if idOf(t, got) != "resp_up" || gjson.Get(got.body, "model").Str != "m" || up.requests()[0].body != strings.Replace(body, `"m"`, `"up"`, 1) {
		t.Errorf("got %s", got.body)
	}
	f.polled("resp_up", "in_progress")
	if got := f.post(responses+"/resp_up/cancel", ""); gjson.Get(got.body, "status").Str != "cancelled" || gjson.Get(got.body, "model").Str != "m" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if r := up.requests()[2]; r.method != "POST" || r.uri != "/v1/responses/resp_up/cancel" || r.header.Get("Authorization") != "Bearer "+accountSecret {
		t.Errorf("asked %+v", r)
	}
	if got := f.do("GET", responses+"/resp_up", ""); got.status != 404 || gjson.Get(got.body, "error.code").Str != "response_not_found" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := f.post(responses, `{"model":"m","input":"x","previous_response_id":"resp_up"}`); got.status != 400 {
		t.Errorf("what the account has lost: %d %s", got.status, got.body)
	}
}

// TestConversations begins one, goes on in it over upstreams of two dialects,
// and ends it.
func TestConversations(t *testing.T) {
	first, _ := simulatedAs("first", ir.Anthropic)
	second, up := simulatedAs("second", ir.Responses)
	first.models, second.models = []string{"demo"}, []string{"demo-2"}
	f := serve(t, gatewaySpec{accounts: []accountSpec{first, second}, keys: aliceBob})
	made := f.post("/v1/conversations", `{"metadata":{"topic":"numbers"},"items":[{"role":"user","content":"My name is Ada."}]}`)
	id := gjson.Get(made.body, "id").Str
	if made.status != 200 || !strings.HasPrefix(id, "conv_") || gjson.Get(made.body, "object").Str != "conversation" || gjson.Get(made.body, "metadata.topic").Str != "numbers" {
		t.Fatalf("got %d %s", made.status, made.body)
	}
	if got := f.do("GET", "/v1/conversations/"+id, ""); got.body != made.body {
		t.Errorf("got %s", got.body)
	}
	one := f.post(responses, `{"model":"demo","input":"say exactly: Hello Ada.","conversation":"`+id+`"}`)
	if gjson.Get(one.body, "conversation.id").Str != id {
		t.Errorf("got %d %s", one.status, one.body)
	}
	two := f.post(responses, `{"model":"demo-2","input":"Who am I?","conversation":{"id":"`+id+`"}}`)
	sent := up.last().body
	if two.status != 200 || !strings.Contains(sent, "My name is Ada.") || !strings.Contains(sent, `"Hello Ada."`) || strings.Contains(sent, id) {
		t.Errorf("got %d %s, sent %s", two.status, two.body, sent)
	}
	items := f.do("GET", "/v1/conversations/"+id+"/items?order=asc", "")
	if n := gjson.Get(items.body, "data.#").Int(); n != 5 {
		t.Errorf("%d items: %s", n, items.body)
	}
	for _, got := range []answered{
		f.post(responses, `{"model":"demo","input":"x","conversation":"`+id+`"}`, asBob...),
		f.do("GET", "/v1/conversations/"+id, "", asBob...),
		f.do("GET", responses+"/"+id, ""),
	} {
		if got.status != 404 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	}
	if got := f.do("DELETE", "/v1/conversations/"+id, ""); got.body != `{"id":"`+id+`","object":"conversation.deleted","deleted":true}` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	gone := f.post(responses, `{"model":"demo","input":"x","conversation":"`+id+`"}`)
	if gone.status != 404 || errorOf(gone.body) != "Conversation with id '"+id+"' not found." {
		t.Errorf("got %d %s", gone.status, gone.body)
	}
	if empty := f.do("POST", "/v1/conversations", ""); empty.status != 200 {
		t.Errorf("without a body: %d %s", empty.status, empty.body)
	}
	if bad := f.post("/v1/conversations", `[1]`); bad.status != 400 {
		t.Errorf("a list: %d %s", bad.status, bad.body)
	}
}

// TestCompact is OpenAI's alone.
func TestCompact(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", `{"id":"resp_c","object":"response.compaction","created_at":1,"output":[{"type":"compaction","encrypted_content":"x"}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}`))
	claude, sim := simulatedAs("claude", ir.Anthropic)
	claude.models, claude.priority = []string{"m", "c"}, -1
	openai := accountSpec{name: "openai", provider: &providers.OpenAI{}, url: up.URL, models: []string{"m=up"}}
	f := serve(t, gatewaySpec{accounts: []accountSpec{claude, openai}})
	got := f.post(responses+"/compact", `{"model":"m","input":[{"role":"user","content":"a"}]}`)
	if got.status != 200 || gjson.Get(got.body, "object").Str != "response.compaction" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if r := up.requests()[0]; r.uri != "/v1/responses/compact" || r.body != `{"model":"up","input":[{"role":"user","content":"a"}]}` {
		t.Errorf("asked %+v", r)
	}
	if got := f.post(responses+"/compact", `{"model":"c","input":"x"}`); got.status != 501 || !strings.Contains(errorOf(got.body), "can compact") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if len(sim.sent) != 0 {
		t.Errorf("sent %+v", sim.sent)
	}
	if s := f.account("openai"); s.Succeeded != 1 {
		t.Errorf("got %+v", s)
	}
}

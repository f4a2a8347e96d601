package handlers

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/simulator"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// listener is a transport that notes the bodies that pass.
type listener struct {
	http.RoundTripper
	mu   sync.Mutex
	sent []seenRequest
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	l.mu.Lock()
	l.sent = append(l.sent, seenRequest{r.Method, r.URL.RequestURI(), r.Header.Clone(), string(body)})
	l.mu.Unlock()
	return l.RoundTripper.RoundTrip(r)
}

func (l *listener) all() []seenRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sent)
}

func (l *listener) last() seenRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent[len(l.sent)-1]
}

// simulatedAs is an account whose upstream is a simulator that speaks the
// dialect, and refuses what the vendor would.
func simulatedAs(name string, d ir.Dialect) (accountSpec, *listener) {
	l := &listener{RoundTripper: simulator.New(simulator.Options{Account: name})}
	return accountSpec{
		name: name, provider: &providers.Simulator{Speaks: d}, url: "http://simulator.invalid", transport: l, models: []string{"demo", "demo-2"},
	}, l
}

var (
	foreign   = []ir.Dialect{ir.Chat, ir.Anthropic, ir.Gemini}
	aliceBob  = []access.Key{{Name: "alice", Secret: clientSecret}, {Name: "bob", Secret: "sk-bob-0123456789"}}
	asBob     = []string{"Authorization", "Bearer sk-bob-0123456789"}
	firstAsk  = `{"model":"demo","instructions":"Old rule.","input":"say exactly: Forty-two is it.","store":true}`
	weather   = `"tools":[{"type":"function","name":"weather","strict":false,"parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]`
	responses = "/v1/responses"
)

func idOf(t *testing.T, got answered) string {
	t.Helper()
	id := gjson.Get(got.body, "id").Str
	if got.status != 200 || !strings.HasPrefix(id, "resp_") {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	return id
}

// final is the response object of an answer, streamed or not.
func final(got answered) string {
	if got.header.Get("Content-Type") != eventStream {
		return got.body
	}
	for line := range strings.SplitSeq(got.body, "\n") {
		if strings.HasPrefix(line, `data: {"type":"response.completed"`) {
			return gjson.Get(line[len("data: "):], "response").Raw
		}
	}
	return ""
}

// TestPreviousResponse goes on with a response by its id, on upstreams that
// know nothing of ids, streamed and not.
func TestPreviousResponse(t *testing.T) {
	for _, d := range foreign {
		for _, stream := range []string{"", `,"stream":true`} {
			t.Run(string(d)+stream, func(t *testing.T) {
				account, up := simulatedAs("only", d)
				f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
				first := final(f.post(responses, strings.TrimSuffix(firstAsk, "}")+stream+"}"))
				id := gjson.Get(first, "id").Str
				if !strings.HasPrefix(id, "resp_gw") || !gjson.Get(first, "store").Bool() {
					t.Fatalf("got %s", first)
				}
				second := final(f.post(responses, `{"model":"demo-2","instructions":"New rule.","input":[{"role":"user","content":"And twice that?"}],"previous_response_id":"`+id+`"`+stream+`}`))
				if gjson.Get(second, "previous_response_id").Str != id {
					t.Errorf("the answer does not say what it goes on with: %s", second)
				}
				sent := up.last().body
				for _, want := range []string{"say exactly: Forty-two is it.", `"Forty-two is it."`, "And twice that?", "New rule."} {
					if strings.Count(sent, want) != 1 {
						t.Errorf("%s is not sent once: %s", want, sent)
					}
				}
				if strings.Contains(sent, "Old rule") || strings.Contains(sent, "previous_response_id") || strings.Contains(sent, id) {
					t.Errorf("sent %s", sent)
				}
				third := f.post(responses, `{"model":"demo","input":"Again?","previous_response_id":"`+gjson.Get(second, "id").Str+`"}`)
				if got := up.last().body; third.status != 200 || strings.Count(got, "Forty-two is it.") != 2 || !strings.Contains(got, "And twice that?") {
					t.Errorf("got %d, sent %s", third.status, got)
				}
				if got := f.do("GET", responses+"/"+id, ""); got.status != 200 || got.body != first {
					t.Errorf("stored: %d %s\nanswered: %s", got.status, got.body, first)
				}
			})
		}
	}
}

// TestContinueWithToolOutput sends a tool's output alone: its call is stored.
func TestContinueWithToolOutput(t *testing.T) {
	for _, d := range foreign {
		t.Run(string(d), func(t *testing.T) {
			account, up := simulatedAs("only", d)
			f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
			first := f.post(responses, `{"model":"demo","input":"call weather {\"city\":\"Bern\"}",`+weather+`}`)
			id := idOf(t, first)
			call := gjson.Get(first.body, `output.#(type=="function_call")`)
			if call.Get("name").Str != "weather" {
				t.Fatalf("got %s", first.body)
			}
			output := `{"type":"function_call_output","call_id":"` + call.Get("call_id").Str + `","output":"Sunny as ever"}`
			second := f.post(responses, `{"model":"demo","previous_response_id":"`+id+`","input":[`+output+`],`+weather+`}`)
			if idOf(t, second) == id || !strings.Contains(up.last().body, "Sunny as ever") || !strings.Contains(up.last().body, "Bern") {
				t.Errorf("got %s\nsent %s", second.body, up.last().body)
			}
			// The same by a reference to the call, and with another one to its output.
			refs := `{"type":"item_reference","id":"` + call.Get("id").Str + `"}`
			third := f.post(responses, `{"model":"demo","input":[{"role":"user","content":"Well?"},`+refs+`,`+output+`],`+weather+`}`)
			if third.status != 200 || !strings.Contains(up.last().body, "Bern") {
				t.Errorf("by reference: %d %s", third.status, third.body)
			}
			unknown := f.post(responses, `{"model":"demo","input":[{"role":"user","content":"Well?"},{"type":"item_reference","id":"fc_nowhere"}]}`)
			if unknown.status != 400 || !strings.Contains(errorOf(unknown.body), "fc_nowhere") {
				t.Errorf("an unknown reference: %d %s", unknown.status, unknown.body)
			}
		})
	}
}

// TestStoredRoutes reads, lists and deletes what is stored.
func TestStoredRoutes(t *testing.T) {
	account, _ := simulatedAs("only", ir.Anthropic)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}, keys: aliceBob})
	first := idOf(t, f.post(responses, firstAsk))
	second := idOf(t, f.post(responses, `{"model":"demo","input":[{"role":"user","content":"two"},{"type":"message","id":"msg_mine","role":"user","content":[{"type":"input_text","text":"three"}]}],"previous_response_id":"`+first+`"}`))

	list := f.do("GET", responses+"/"+second+"/input_items?order=asc", "")
	types := gjson.Get(list.body, "data.#.role").Raw
	if types != `["user","assistant","user","user"]` || gjson.Get(list.body, "has_more").Bool() || gjson.Get(list.body, "last_id").Str != "msg_mine" {
		t.Errorf("got %s", list.body)
	}
	for _, item := range gjson.Get(list.body, "data").Array() {
		if item.Get("id").Str == "" || item.Get("type").Str != "message" || !item.Get("content.0.text").Exists() {
			t.Errorf("an item is %s", item.Raw)
		}
	}
	page := f.do("GET", responses+"/"+second+"/input_items?limit=2", "")
	if gjson.Get(page.body, "first_id").Str != "msg_mine" || !gjson.Get(page.body, "has_more").Bool() {
		t.Errorf("got %s", page.body)
	}
	rest := f.do("GET", responses+"/"+second+"/input_items?limit=2&after="+gjson.Get(page.body, "last_id").Str, "")
	if gjson.Get(rest.body, "data.#").Int() != 2 || gjson.Get(rest.body, "has_more").Bool() {
		t.Errorf("got %s", rest.body)
	}
	if got := f.do("GET", responses+"/"+second+"/input_items?limit=0", ""); got.status != 400 {
		t.Errorf("limit=0: %d", got.status)
	}
	if got := f.do("POST", responses+"/"+second+"/cancel", ""); got.status != 400 || errorOf(got.body) != "Cannot cancel a synchronous response." {
		t.Errorf("cancel: %d %s", got.status, got.body)
	}

	if got := f.do("DELETE", responses+"/"+first, ""); got.status != 200 || got.body != `{"id":"`+first+`","object":"response","deleted":true}` {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	gone := f.do("GET", responses+"/"+first, "")
	if gone.status != 404 || gjson.Get(gone.body, "error.code").Str != "response_not_found" {
		t.Errorf("deleted: %d %s", gone.status, gone.body)
	}
	again := f.post(responses, `{"model":"demo","input":"x","previous_response_id":"`+first+`"}`)
	if again.status != 400 || gjson.Get(again.body, "error.code").Str != "previous_response_not_found" || gjson.Get(again.body, "error.param").Str != "previous_response_id" {
		t.Errorf("deleted: %d %s", again.status, again.body)
	}
	// What went on with it does so still.
	if got := f.post(responses, `{"model":"demo","input":"x","previous_response_id":"`+second+`"}`); got.status != 200 {
		t.Errorf("its child: %d %s", got.status, got.body)
	}
}

// TestStoredIsPrivate keeps the ids of one key from another.
func TestStoredIsPrivate(t *testing.T) {
	for _, d := range dialects {
		t.Run(string(d), func(t *testing.T) {
			account, _ := simulatedAs("only", d)
			f := serve(t, gatewaySpec{accounts: []accountSpec{account}, keys: aliceBob})
			first := f.post(responses, firstAsk)
			id, item := idOf(t, first), gjson.Get(first.body, "output.0.id").Str
			for request, status := range map[string]int{"GET /" + id: 404, "DELETE /" + id: 404, "GET /" + id + "/input_items": 404, "POST /" + id + "/cancel": 404} {
				method, path, _ := strings.Cut(request, " ")
				if got := f.do(method, responses+path, "", asBob...); got.status != status {
					t.Errorf("%s: %d %s", request, got.status, got.body)
				}
			}
			got := f.post(responses, `{"model":"demo","input":"x","previous_response_id":"`+id+`"}`, asBob...)
			if got.status != 400 || gjson.Get(got.body, "error.code").Str != "previous_response_not_found" {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if d != ir.Responses { // there items are the account's
				got = f.post(responses, `{"model":"demo","input":[{"type":"item_reference","id":"`+item+`"}]}`, asBob...)
				if got.status != 400 {
					t.Errorf("an item: %d %s", got.status, got.body)
				}
			}
			if got := f.do("GET", responses+"/"+id, ""); got.status != 200 {
				t.Errorf("the owner: %d %s", got.status, got.body)
			}
		})
	}
}

// TestNotStored forgets what must not be stored, and says so.
func TestNotStored(t *testing.T) {
	for _, d := range dialects {
		account, _ := simulatedAs("only", d)
		f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
		got := f.post(responses, `{"model":"demo","input":"hello","store":false}`)
		if gjson.Get(got.body, "store").Bool() {
			t.Errorf("%s: got %s", d, got.body)
		}
		if got := f.do("GET", responses+"/"+idOf(t, got), ""); got.status != 404 {
			t.Errorf("%s: %d %s", d, got.status, got.body)
		}
	}
}

// TestPinned sends what goes on with a response to the account that has it,
// and asks that account about it.
func TestPinned(t *testing.T) {
	one, upOne := simulatedAs("one", ir.Responses)
	two, upTwo := simulatedAs("two", ir.Responses)
	one.models, two.models = []string{"demo=sim-1"}, []string{"demo=sim-2"}
	f := serve(t, gatewaySpec{accounts: []accountSpec{one, two}, tweak: func(g *Gateway) { g.Unsticky = true }})
	ups := []*listener{upOne, upTwo}
	used := map[*listener]bool{}
	for range 6 {
		before := []int{len(upOne.sent), len(upTwo.sent)}
		first := f.post(responses, `{"model":"demo","input":"say exactly: Here."}`)
		id := idOf(t, first)
		mine := ups[0]
		if len(upTwo.sent) > before[1] {
			mine = ups[1]
		}
		used[mine] = true
		second := f.post(responses, `{"model":"demo","input":"And?","stream":true,"previous_response_id":"`+id+`"}`)
		if got := final(second); gjson.Get(got, "previous_response_id").Str != id || mine.last().body != strings.Replace(`{"model":"demo","input":"And?","stream":true,"previous_response_id":"`+id+`"}`, "demo", gjson.Get(mine.last().body, "model").Str, 1) {
			t.Errorf("got %s, sent %s", second.body, mine.last().body)
		}
		next := gjson.Get(final(second), "id").Str
		read := f.do("GET", responses+"/"+next, "")
		if gjson.Get(read.body, "id").Str != next || gjson.Get(read.body, "model").Str != "demo" || mine.last().method != "GET" {
			t.Errorf("got %d %s by %+v", read.status, read.body, mine.last())
		}
		items := f.do("GET", responses+"/"+next+"/input_items?limit=5&key=secret", "")
		if gjson.Get(items.body, "object").Str != "list" || !strings.HasSuffix(mine.last().uri, "/input_items?limit=5") {
			t.Errorf("got %s at %s", items.body, mine.last().uri)
		}
		if got := f.do("DELETE", responses+"/"+next, ""); !gjson.Get(got.body, "deleted").Bool() {
			t.Errorf("got %s", got.body)
		}
		if got := f.do("GET", responses+"/"+next, ""); got.status != 404 {
			t.Errorf("deleted: %d %s", got.status, got.body)
		}
	}
	if len(used) != 2 {
		t.Error("only one of the accounts was asked")
	}
	f.settled()
}

// TestMoveToOpenAI goes on at an account that speaks the Responses API with
// what another account began that does not.
func TestMoveToOpenAI(t *testing.T) {
	claude, _ := simulatedAs("claude", ir.Anthropic)
	openai, up := simulatedAs("openai", ir.Responses)
	claude.models, openai.models = []string{"demo"}, []string{"demo-2"}
	f := serve(t, gatewaySpec{accounts: []accountSpec{claude, openai}})
	first := f.post(responses, `{"model":"demo","input":"think aloud. call weather {\"city\":\"Bern\"}","reasoning":{"effort":"high"},`+weather+`}`)
	id, call := idOf(t, first), gjson.Get(first.body, `output.#(type=="function_call").call_id`).Str
	second := f.post(responses, `{"model":"demo-2","previous_response_id":"`+id+`","input":[{"type":"function_call_output","call_id":"`+call+`","output":"Sunny"}],`+weather+`}`)
	next := idOf(t, second)
	if !strings.Contains(up.last().body, "Bern") || strings.Contains(up.last().body, "previous_response_id") {
		t.Errorf("sent %s", up.last().body)
	}
	third := f.post(responses, `{"model":"demo","previous_response_id":"`+next+`","input":"Thanks"}`)
	if third.status != 200 {
		t.Errorf("and back: %d %s", third.status, third.body)
	}
}

// TestCountStored counts what a request goes on with, too.
func TestCountStored(t *testing.T) {
	account, up := simulatedAs("only", ir.Anthropic)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	id := idOf(t, f.post(responses, firstAsk))
	got := f.post(responses+"/input_tokens", `{"model":"demo","input":"x","previous_response_id":"`+id+`"}`)
	if gjson.Get(got.body, "input_tokens").Int() < 10 || !strings.Contains(up.last().body, "Forty-two") {
		t.Errorf("got %s, sent %s", got.body, up.last().body)
	}
	if got := f.post(responses+"/input_tokens", `{"model":"demo","input":"x","previous_response_id":"resp_x"}`); got.status != 400 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestOnlyAnswersAreStored keeps nothing of an answer that has failed.
func TestOnlyAnswersAreStored(t *testing.T) {
	account, _ := simulatedAs("only", ir.Chat)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	got := f.post(responses, `{"model":"demo","input":"error after 2 words","stream":true}`)
	var id string
	for line := range strings.SplitSeq(got.body, "\n") {
		if found := gjson.Get(strings.TrimPrefix(line, "data: "), "response.id").Str; found != "" {
			id = found
		}
	}
	if id == "" || !strings.Contains(got.body, "response.failed") {
		t.Fatalf("got %s", got.body)
	}
	if got := f.do("GET", responses+"/"+id, ""); got.status != 404 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestStoredRace uses the store from many clients at once.
func TestStoredRace(t *testing.T) {
	account, _ := simulatedAs("only", ir.Gemini)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	root := idOf(t, f.post(responses, firstAsk))
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			got := f.post(responses, `{"model":"demo","input":"x","previous_response_id":"`+root+`"}`)
			ids[i] = gjson.Get(got.body, "id").Str
			f.do("GET", responses+"/"+ids[i]+"/input_items", "")
			f.do("DELETE", responses+"/"+ids[i], "")
		})
	}
	wg.Wait()
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 8 {
		t.Errorf("ids repeat: %v", ids)
	}
}

// TestDeepConversation refuses items that are nested deeper than any parser
// should follow: checks that call themselves would end the process.
func TestDeepConversation(t *testing.T) {
	account, _ := simulatedAs("only", ir.Anthropic)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}, keys: aliceBob})
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	if got := f.post("/v1/conversations", `{"items":`+deep+`}`); got.status != 400 {
		t.Errorf("got %d %.100s", got.status, got.body)
	}
	if got := f.post("/v1/conversations", `{"items":[{"role":"user","content":"x"}]}`); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

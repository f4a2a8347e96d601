package handlers

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestReplayStored streams what was not streamed when it was made.
func TestReplayStored(t *testing.T) {
	account, _ := simulatedAs("only", ir.Gemini)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}, keys: aliceBob})
	first := f.post(responses, `{"model":"demo","input":"say exactly: Twice told."}`)
	id := idOf(t, first)
	got := f.do("GET", responses+"/"+id+"?stream=true", "")
	if got.status != 200 || got.header.Get("Content-Type") != eventStream || final(got) != first.body || !strings.Contains(got.body, `"delta":"Twice told."`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	rest := f.do("GET", responses+"/"+id+"?stream=true&starting_after=3", "")
	if !strings.Contains(rest.body, `"sequence_number":4}`) || strings.Contains(rest.body, `"sequence_number":3}`) || !strings.HasSuffix(got.body, rest.body) {
		t.Errorf("after 3: %s", rest.body)
	}
	for query, status := range map[string]int{"starting_after=x": 400, "starting_after=-1": 400} {
		if got := f.do("GET", responses+"/"+id+"?stream=true&"+query, ""); got.status != status {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if got := f.do("GET", responses+"/"+id+"?stream=true", "", asBob...); got.status != 404 {
		t.Errorf("somebody else: %d", got.status)
	}
}

// TestResume watches an answer in the making, from the beginning and from
// somewhere in the middle, after its first client has left.
func TestResume(t *testing.T) {
	account, _ := simulatedAs("only", ir.Anthropic)
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}, keys: aliceBob})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+responses, strings.NewReader(`{"model":"demo","input":"long 30. slow 5ms","background":true,"stream":true}`))
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	resp, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf := make([]byte, 600)
	n, err := resp.Body.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(buf[:n]), `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	cancel()
	live := f.do("GET", responses+"/"+id+"?stream=true", "")
	done := f.polled(id, "completed")
	if final(live) != done || strings.Count(live.body, "output_text.delta\n") < 5 {
		t.Errorf("got %s", live.body)
	}
	for after, frame := range strings.SplitAfter(live.body, "\n\n") {
		if frame == "" {
			break
		}
		if seq := gjson.Get(frame[strings.Index(frame, "{"):], "sequence_number"); seq.Int() != int64(after) {
			t.Fatalf("event %d is %s", after, frame)
		}
	}
	later := f.do("GET", responses+"/"+id+"?stream=true&starting_after=7", "")
	if parts := strings.SplitAfter(live.body, "\n\n"); later.body != strings.Join(parts[8:], "") {
		t.Errorf("after 7: %s", later.body)
	}
	if got := f.do("GET", responses+"/"+id+"?stream=true&starting_after=100000", ""); got.status != 200 || got.body != "" {
		t.Errorf("after all: %d %s", got.status, got.body)
	}
	if got := f.do("GET", responses+"/"+id+"?stream=true", "", asBob...); got.status != 404 {
		t.Errorf("somebody else: %d", got.status)
	}
	f.settled()
}

// TestResumeRefused waits for nothing that will not come.
func TestResumeRefused(t *testing.T) {
	gate := make(chan struct{})
	f, up := slowUpstream(t, gate)
	id := idOf(t, f.post(responses, `{"model":"m","input":"x","background":true}`))
	f.eventually("the upstream is asked", func() bool { return len(up.requests()) == 1 })
	got := f.do("GET", responses+"/"+id+"?stream=true", "")
	if got.status != 400 || !strings.Contains(errorOf(got.body), "was not created with stream=true") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	close(gate)
	done := f.polled(id, "completed")
	if got := f.do("GET", responses+"/"+id+"?stream=true", ""); final(got) != done {
		t.Errorf("got %d %s", got.status, got.body)
	}
	f.settled()
}

// TestResumeAtAccount hands on what the account that has the response streams.
func TestResumeAtAccount(t *testing.T) {
	s := speeches[ir.Responses]
	stream := strings.ReplaceAll(strings.Join(s.stream(), ""), `"model":"m"`, `"model":"up"`)
	up := newUpstream(t, says(200, "application/json", strings.ReplaceAll(s.whole, `"model":"m"`, `"model":"up"`)), says(200, eventStream, stream))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "openai", provider: &providers.OpenAI{}, url: up.URL, models: []string{"m=up"}}}})
	id := idOf(t, f.post(responses, s.ask))
	got := f.do("GET", responses+"/"+id+"?stream=true&starting_after=0", "")
	if want := strings.ReplaceAll(stream, `"model":"up"`, `"model":"m"`); got.status != 200 || got.body != want || got.header.Get("Content-Type") != eventStream {
		t.Errorf("got %d %s\nwant %s", got.status, got.body, want)
	}
	if r := up.requests()[1]; r.uri != "/v1/responses/"+id+"?starting_after=0&stream=true" || r.header.Get("Accept") != eventStream {
		t.Errorf("asked %+v", r)
	}
}

package aigateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// chaotic is upstreams in every kind of trouble, and what each of them was asked.
type chaotic struct {
	mu    sync.Mutex
	asked map[string]map[string]int // by account and request
}

var marker = regexp.MustCompile(`marker-\d+-end`)

// upstream starts an upstream over HTTP that behaves as the words say.
func (c *chaotic) upstream(t *testing.T, account, always string) string {
	sim := simulator.New(simulator.Options{Account: account, Always: always})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.asked[account] == nil {
			c.asked[account] = make(map[string]int)
		}
		c.asked[account][string(marker.Find(body))]++
		c.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		sim.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	return s.URL
}

// troubles are accounts by name, with the words for their upstreams; those without are well.
var troubles = []struct{ name, provider, always string }{
	{"hinted", "openai_compatible", "fail with 429, retry after 20s"},
	{"limited", "anthropic", "fail with 429"},
	{"locked", "gemini", "fail with 401"},
	{"forbidden", "openai", "fail with 403"},
	{"full", "anthropic", "fail with 529"},
	{"broken", "openai_compatible", "fail with 500"},
	{"cut-early", "gemini", "cut before content"},
	{"cut-late", "openai_compatible", "cut after 2 words"},
	{"mistaken", "anthropic", "error before content"},
	{"silent", "openai", "stall before content"},
	{"stuck", "openai_compatible", "stall after 2 words"},
	{"well-chat", "openai_compatible", ""},
	{"well-messages", "anthropic", ""},
	{"well-gemini", "gemini", ""},
	{"well-responses", "openai", ""},
}

// block is a gateway with all of them.
func (c *chaotic) block(t *testing.T) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, `key reload sk-reload {
	concurrency 300
	queue 1000
}
wait sticky 3 5s fallback 1000 5m
failover {
	attempts %d
}
stream {
	first_byte 10s
	idle 10s
	hold 64 256KiB 1m
}
`, len(troubles))
	for _, a := range troubles {
		base := c.upstream(t, a.name, a.always)
		if strings.HasPrefix(a.provider, "openai") {
			base += "/v1"
		}
		slots := 8
		if strings.Contains(a.always, "stall") {
			slots = 3
		}
		fmt.Fprintf(b, "account chaos-%s %s sk-x {\nbase_url %s\nmodels m\nconcurrency %d\n}\n", a.name, a.provider, base, slots)
	}
	return b.String()
}

// said is what a client was told.
type said struct {
	status int
	whole  string // all bytes of the answer
	text   string // its words, in their order
	ends   int    // how often the client was told that the answer is complete
	failed bool   // … that it is broken off
}

// speaker is how clients of a dialect ask, and how they read.
type speaker struct {
	path, streamPath string
	body             string // with the prompt as %q, and STREAM
	text             string // path of the words in a whole answer
	delta            string // path of the words in an event
	end              string // part of the event that ends a stream
}

var speakers = map[string]speaker{
	"chat": {
		"/v1/chat/completions", "/v1/chat/completions", `{"model":"m","stream":STREAM,"messages":[{"role":"user","content":%q}]}`,
		"choices.0.message.content", "choices.0.delta.content", "[DONE]",
	},
	"responses": {
		"/v1/responses", "/v1/responses", `{"model":"m","stream":STREAM,"input":%q}`,
		"output.#(type==message).content.0.text", "delta", `"type":"response.completed"`,
	},
	"anthropic": {
		"/v1/messages", "/v1/messages", `{"model":"m","stream":STREAM,"max_tokens":500,"messages":[{"role":"user","content":%q}]}`,
		"content.#(type==text).text", "delta.text", `"type":"message_stop"`,
	},
	"gemini": {
		"/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse",
		`{"contents":[{"role":"user","parts":[{"text":%q}]}]}`,
		"candidates.0.content.parts.0.text", "candidates.0.content.parts.0.text", `"finishReason":"STOP"`,
	},
}

// ask sends one request and reads what comes.
func (sp speaker) ask(s *site, n int, prompt string, stream bool) (a said, err error) {
	path := sp.path
	if stream {
		path = sp.streamPath
	}
	body := strings.Replace(fmt.Sprintf(sp.body, prompt), "STREAM", fmt.Sprint(stream), 1)
	req, err := http.NewRequest(http.MethodPost, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Authorization", "Bearer sk-reload")
	req.Header.Set("Content-Type", "application/json")
	if n%3 == 0 {
		req.Header.Set("X-Ai-Gateway-Session", fmt.Sprint("session-", n%30))
	}
	resp, err := s.clients["h1"].Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	a.status, a.whole = resp.StatusCode, string(answer)
	if err != nil || resp.StatusCode != http.StatusOK {
		return a, err
	}
	if !stream {
		a.text, a.ends = gjson.Get(a.whole, sp.text).String(), 1
		return a, nil
	}
	for line := range strings.Lines(a.whole) {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		event := gjson.Parse(data)
		if words := event.Get(sp.delta); words.Type == gjson.String {
			a.text += words.String()
		}
		if strings.Contains(data, sp.end) {
			a.ends++
		}
		a.failed = a.failed || event.Get("error").IsObject() || event.Get("response.error").IsObject()
	}
	return a, nil
}

// TestChaos has 500 clients of all dialects ask at once, of accounts in every kind of trouble. Everyone gets a whole
// answer, of one account, once; or, if the account breaks down when the client has seen the answer's beginning, that
// beginning and an error.
func TestChaos(t *testing.T) {
	c := &chaotic{asked: make(map[string]map[string]int)}
	s := newSite(t)
	s.clients["h1"].Transport.(*http.Transport).MaxIdleConnsPerHost = 500
	must(t, s.load(t, c.block(t)))
	const clients = 500
	answers := make([]said, clients)
	names := []string{"chat", "responses", "anthropic", "gemini"}
	begun := time.Now()
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			var err error
			if answers[n], err = speakers[names[n%4]].ask(s, n, "say exactly: "+wordsFor(n), n/4%2 == 0); err != nil {
				t.Errorf("client %d: %v", n, err)
			}
		})
	}
	all.Wait()
	whole, cut := 0, 0
	for n := range answers {
		if c.check(t, n, &answers[n]) {
			whole++
		} else {
			cut++
		}
	}
	t.Logf("%d whole answers, %d broken off, after %v", whole, cut, time.Since(begun).Round(time.Second))
	if cut == 0 || whole < clients/2 {
		t.Errorf("%d whole answers and %d that were broken off prove less than this test says", whole, cut)
	}
	c.checkAccounts(t)
}

func wordsFor(n int) string { return fmt.Sprintf("marker-%d-end one two three four five", n) }

// check wants one answer, or the beginning of one and an error. It reports which.
func (c *chaotic) check(t *testing.T, n int, a *said) (whole bool) {
	t.Helper()
	id := fmt.Sprintf("marker-%d-end", n)
	well := 0
	for _, account := range troubles {
		times := c.asked[account.name][id]
		if times > 1 {
			t.Errorf("client %d: %s was asked %d times", n, account.name, times)
		}
		if account.always == "" {
			well += times
		}
	}
	switch {
	case a.status == http.StatusOK && a.text == wordsFor(n) && a.ends == 1 && !a.failed && well == 1:
		return true
	case a.status == http.StatusOK && a.text != "" && strings.HasPrefix(wordsFor(n), a.text) && a.ends == 0 && a.failed && well == 0:
		return false
	}
	t.Errorf("client %d: status %d, text %q, %d ends, failed %v, asked %d accounts that are well: %.600s", n, a.status, a.text, a.ends, a.failed, well, a.whole)
	return false
}

// checkAccounts wants that nothing runs or waits any more, and that each account was judged for what it did.
func (c *chaotic) checkAccounts(t *testing.T) {
	t.Helper()
	want := map[string]pool.Kind{
		"hinted": pool.RateLimited, "limited": pool.RateLimited, "locked": pool.Unauthorized, "forbidden": pool.Unauthorized,
		"full": pool.Overloaded, "broken": pool.Failed, "cut-early": pool.Failed, "cut-late": pool.Failed, "silent": pool.Failed, "stuck": pool.Failed,
	}
	for name, state := range states() {
		snapshot := state.Snapshot()
		if snapshot.InUse != 0 || snapshot.Waiting != 0 {
			t.Errorf("%s: %d run and %d wait", name, snapshot.InUse, snapshot.Waiting)
		}
		account := strings.TrimPrefix(name, "chaos-")
		if kind, bad := want[account]; bad && snapshot.LastFailure != kind {
			t.Errorf("%s was judged %v, want %v: %s", name, snapshot.LastFailure, kind, snapshot.Reason)
		}
		if strings.HasPrefix(account, "well") && snapshot.Failed > 0 {
			t.Errorf("%s failed: %s", name, snapshot.Reason)
		}
		if len(c.asked[account]) == 0 {
			t.Errorf("%s was never asked", name)
		}
	}
	for _, g := range gateways.named() {
		if n := g.Pool.Waiting(); n != 0 {
			t.Errorf("%d requests wait", n)
		}
		for _, key := range g.Keys.All() {
			if k := key.Snapshot(time.Now()); k.Running != 0 || k.Waiting != 0 {
				t.Errorf("of the key %d run and %d wait", k.Running, k.Waiting)
			}
		}
	}
}

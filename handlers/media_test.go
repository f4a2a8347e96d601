package handlers

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/media"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// library is a fetcher that has some media and none of the internet.
type library struct {
	content map[string]media.Content // by URL
	baskets atomic.Int64
	asked   atomic.Int64 // media that were fetched
	waits   chan struct{}
}

func (l *library) Media() Media {
	l.baskets.Add(1)
	return &basket{l, map[string]bool{}}
}

type basket struct {
	*library
	has map[string]bool
}

func (b *basket) Get(ctx context.Context, items []media.Item) ([]media.Content, error) {
	var out []media.Content
	for i, item := range items {
		if b.waits != nil {
			select {
			case <-b.waits:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		c, ok := b.content[item.URL]
		if !ok {
			return nil, &media.Error{Item: i, Host: "example.com", Reason: "it answers with status 404"}
		}
		if !b.has[item.URL] {
			b.has[item.URL] = true
			b.asked.Add(1)
		}
		out = append(out, c)
	}
	return out, nil
}

const pngBase64 = "iVBORw0KGgo="

func newLibrary() *library {
	return &library{content: map[string]media.Content{"https://example.com/cat?key=secret": {MIME: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}}
}

func fetching(l *library) func(*Gateway) { return func(g *Gateway) { g.Media = l.Media } }

func asksAbout(url string) string {
	return `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"` + url + `"}},{"type":"text","text":"?"}]}]}`
}

// TestFetchMedia fetches for an upstream that does not do it itself, once for
// all the accounts that are tried, and not for one that does.
func TestFetchMedia(t *testing.T) {
	bad := newUpstream(t, says(503, "application/json", `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`))
	good := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	l := newLibrary()
	f := serve(t, gatewaySpec{tweak: fetching(l), accounts: []accountSpec{
		{name: "bad", dialect: ir.Gemini, url: bad.URL, models: []string{"m=gemini-2.5-flash"}},
		{name: "good", dialect: ir.Gemini, url: good.URL, models: []string{"m=gemini-2.5-flash"}, priority: 1},
	}})
	got := f.post("/v1/messages", asksAbout("https://example.com/cat?key=secret"))
	if got.status != 200 || len(bad.requests()) != 1 || len(good.requests()) != 1 {
		t.Fatalf("got %d %s after %d and %d requests", got.status, got.body, len(bad.requests()), len(good.requests()))
	}
	for _, r := range append(bad.requests(), good.requests()...) {
		if gjson.Get(r.body, "contents.0.parts.0.inlineData.data").Str != pngBase64 || strings.Contains(r.body, "example.com") {
			t.Errorf("sent %s", r.body)
		}
	}
	if l.baskets.Load() != 1 || l.asked.Load() != 1 {
		t.Errorf("%d baskets, fetched %d times", l.baskets.Load(), l.asked.Load())
	}
	f.settled()
}

// TestFetchMediaNotNeeded leaves the URL to whom it was meant for.
func TestFetchMediaNotNeeded(t *testing.T) {
	for _, d := range []ir.Dialect{ir.Anthropic, ir.Chat, ir.Responses} {
		up := newUpstream(t, says(200, "application/json", speeches[d].whole))
		l := newLibrary()
		f := serve(t, gatewaySpec{tweak: fetching(l), accounts: []accountSpec{{name: "only", dialect: d, url: up.URL}}})
		got := f.post("/v1/messages", asksAbout("https://example.com/cat?key=secret"))
		if got.status != 200 || !strings.Contains(up.requests()[0].body, "https://example.com/cat?key=secret") || l.baskets.Load() != 0 {
			t.Errorf("%s: %d, sent %s, %d baskets", d, got.status, up.requests()[0].body, l.baskets.Load())
		}
	}
}

// TestFetchMediaOff refuses what nobody would fetch, and says so.
func TestFetchMediaOff(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Gemini, url: up.URL, models: []string{"m=gemini-2.5-flash"}}}})
	got := f.post("/v1/messages", asksAbout("https://example.com/cat?key=secret"))
	if got.status != 400 || len(up.requests()) != 0 || !strings.Contains(errorOf(got.body), "does not fetch media from an https URL and this gateway does not do it either; send the data itself") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestFetchMediaFails tells the host and the reason and nothing else, unless an
// account is left that fetches it itself.
func TestFetchMediaFails(t *testing.T) {
	gemini := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	l := newLibrary()
	alone := accountSpec{name: "alone", dialect: ir.Gemini, url: gemini.URL, models: []string{"m=gemini-2.5-flash"}}
	f := serve(t, gatewaySpec{tweak: fetching(l), accounts: []accountSpec{alone}})
	got := f.post("/v1/messages", asksAbout("https://example.com/dog?key=secret"))
	want := "messages[0].content[0].source.url: the gateway cannot fetch it from example.com: it answers with status 404; send the data itself"
	if got.status != 400 || errorOf(got.body) != want || strings.Contains(got.body, "secret") || len(gemini.requests()) != 0 {
		t.Errorf("got %d %s, want %s", got.status, got.body, want)
	}
	if s := f.account("alone"); s.Failed != 0 || s.InUse != 0 {
		t.Errorf("the account is blamed: %+v", s)
	}
	claude := newUpstream(t, says(200, "application/json", speeches[ir.Anthropic].whole))
	f = serve(t, gatewaySpec{tweak: fetching(l), accounts: []accountSpec{alone, {name: "claude", dialect: ir.Anthropic, url: claude.URL, priority: 1}}})
	got = f.post("/v1/messages", asksAbout("https://example.com/dog?key=secret"))
	if got.status != 200 || len(claude.requests()) != 1 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestNotFetched makes a sentence of an error of which no host can be told, too.
func TestNotFetched(t *testing.T) {
	for want, failed := range map[string]*media.Error{
		"a.b: the gateway cannot fetch it: the URL cannot be read; send the data itself":     {Reason: "the URL cannot be read"},
		"a.b: the gateway cannot fetch it from c.example: it is empty; send the data itself": {Host: "c.example", Reason: "it is empty"},
	} {
		if got := notFetched(failed, "a.b", ir.PartImage).Message; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestFetchMediaClientLeaves frees the slot at once.
func TestFetchMediaClientLeaves(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	l := newLibrary()
	l.waits = make(chan struct{})
	f := serve(t, gatewaySpec{tweak: fetching(l), accounts: []accountSpec{{name: "only", dialect: ir.Gemini, url: up.URL, models: []string{"m=gemini-2.5-flash"}}}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+"/v1/messages", strings.NewReader(asksAbout("https://example.com/cat?key=secret")))
		req.Header.Set("X-Api-Key", clientSecret)
		if resp, err := f.server.Client().Do(req); err == nil {
			resp.Body.Close()
			t.Error("the request was answered")
		}
	}()
	f.eventually("the account is taken", func() bool { return f.account("only").InUse == 1 })
	cancel()
	<-done
	f.settled()
	if len(up.requests()) != 0 {
		t.Error("the upstream was asked")
	}
}

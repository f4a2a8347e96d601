package aigateway

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// wishes are what the prompts of random traffic ask the simulator for.
var wishes = []string{
	"say hello", "long 40", "think aloud", "fail 1 times with 503", "fail 2 times with 429", "fail with 500",
	"cut after 3 words", "error after 2 words", "cut before content", "slow 1ms long 30",
}

// TestUsageAddsUp sends random traffic with failovers, torn answers and clients that leave, while the configuration is
// reloaded, and over several restarts. In the end every request that was completed has exactly one record of success,
// with the very tokens that the simulator told its client, and nothing was dropped.
func TestUsageAddsUp(t *testing.T) {
	db := filepath.Join(t.TempDir(), "usage.db")
	var told sync.Map // request id → tokens that its client was told
	for range 3 {
		trafficOverReloads(t, db, &told)
	}
	if usage.Dropped() != 0 {
		t.Errorf("%d records were dropped", usage.Dropped())
	}
	rows := successes(t, db)
	completed := 0
	told.Range(func(id, tokens any) bool {
		completed++
		if got := rows[id.(string)]; len(got) != 1 || got[0] != tokens.([2]int64) {
			t.Errorf("request %s: booked are %v, its client was told %v", id, got, tokens)
		}
		return true
	})
	if completed < 100 {
		t.Errorf("only %d requests were completed", completed)
	}
}

// trafficOverReloads serves random traffic with one generation after the other, and ends them all.
func trafficOverReloads(t *testing.T, db string, told *sync.Map) {
	t.Helper()
	var accounts strings.Builder // so many that not all of them cool down at the same time
	for i := range 40 {
		fmt.Fprintf(&accounts, "account demo-%d simulator\n", i)
	}
	var current atomic.Pointer[Handler]
	generation := func() func() {
		ctx, _ := newContext(t)
		h, err := load(t, ctx, `
			key alice sk-alice
			`+accounts.String()+`
			cooldown {
				error 1ms 2ms
				rate_limit 1ms 2ms
				overload 1ms 2ms
			}
			usage sqlite `+db)
		must(t, err)
		must(t, h.app.Start())
		current.Store(h)
		return func() { must(t, h.app.Cleanup()); must(t, h.Cleanup()) }
	}
	end := generation()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), rand.Uint64()))
			for range 25 {
				send(t, current.Load(), random, told)
			}
		})
	}
	for range 4 {
		next := generation() // the new one is there before the old one goes
		end()
		end = next
	}
	wg.Wait()
	end()
}

// send sends one request and remembers what its client is told of tokens, if it gets the whole answer.
func send(t *testing.T, h *Handler, random *rand.Rand, told *sync.Map) {
	wish := wishes[random.IntN(len(wishes))]
	stream := random.IntN(2) == 0
	body := fmt.Sprintf(`{"model":"demo","stream":%t,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"%s, number %d"}]}`,
		stream, wish, random.Uint64())
	if !stream {
		body = strings.Replace(body, `"stream_options":{"include_usage":true},`, "", 1)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if random.IntN(5) == 0 {
		timer := time.AfterFunc(time.Duration(random.IntN(10))*time.Millisecond, cancel)
		defer timer.Stop()
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer sk-alice")
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{})
	if err := h.ServeHTTP(w, r, nil); err != nil {
		t.Error(err)
	}
	if tokens, ok := usageOf(w, stream); ok && ctx.Err() == nil {
		told.Store(w.Header().Get("X-Ai-Gateway-Request-Id"), tokens)
	}
}

// usageOf returns input and output tokens of a whole answer, and whether it is one.
func usageOf(w *httptest.ResponseRecorder, stream bool) (tokens [2]int64, ok bool) {
	found := w.Body.String()
	if stream {
		if !strings.HasSuffix(found, "data: [DONE]\n\n") {
			return tokens, false
		}
		for line := range strings.Lines(w.Body.String()) {
			if event := strings.TrimPrefix(line, "data: "); gjson.Get(event, "usage.prompt_tokens").Exists() {
				found = event
			}
		}
	}
	if w.Code != http.StatusOK || !gjson.Get(found, "usage").IsObject() {
		return tokens, false
	}
	return [2]int64{gjson.Get(found, "usage.prompt_tokens").Int(), gjson.Get(found, "usage.completion_tokens").Int()}, true
}

// successes returns the tokens of all records of success by their requests.
func successes(t *testing.T, path string) map[string][][2]int64 {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	found, err := db.Query(`SELECT request, input + cache_read + cache_write_5m + cache_write_1h, output FROM usage WHERE status = 200`)
	must(t, err)
	defer found.Close()
	rows := make(map[string][][2]int64)
	for found.Next() {
		var id string
		var tokens [2]int64
		must(t, found.Scan(&id, &tokens[0], &tokens[1]))
		rows[id] = append(rows[id], tokens)
	}
	must(t, found.Err())
	return rows
}

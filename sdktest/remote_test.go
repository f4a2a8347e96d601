package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// upstreamServer is a vendor behind a socket: the simulator, which tells what it was sent and when it was left.
var upstreamServer *httptest.Server

// upstreamKey is the credential of the accounts at that server.
const upstreamKey = "sk-upstream"

var visits = visitBook{byMark: map[string]*visit{}}

// visitBook keeps the requests whose prompt holds a mark.
type visitBook struct {
	mu     sync.Mutex
	byMark map[string]*visit
}

// visit is one request to the upstream server.
type visit struct {
	request *http.Request
	body    []byte
	begun   chan struct{} // closed when the request has come
	left    chan struct{} // closed when it was left before its answer had ended
}

func (v *visitBook) expect(mark string) *visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	x := &visit{begun: make(chan struct{}), left: make(chan struct{})}
	v.byMark[mark] = x
	return x
}

// take hands out the visit of a mark once.
func (v *visitBook) take(mark string) *visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	x := v.byMark[mark]
	delete(v.byMark, mark)
	return x
}

var markPattern = regexp.MustCompile(`mark-[0-9a-z-]+`)

func startUpstream() error {
	vendor := simulator.New(simulator.Options{Account: "remote", Keys: []string{upstreamKey}})
	upstreamServer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			answerToken(w)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if x := visits.take(string(markPattern.Find(body))); x != nil {
			x.request, x.body = r, body
			close(x.begun)
			stop := context.AfterFunc(r.Context(), func() { close(x.left) })
			answer := &torn{ResponseWriter: w}
			w = answer
			defer func() {
				// A write may fail before the context ends, and the answer may end before what waits for the context runs.
				if stop() && (answer.failed || r.Context().Err() != nil) {
					close(x.left)
				}
			}()
		}
		vendor.ServeHTTP(w, r)
	}))
	return nil
}

// torn notes when an answer can be written no further.
type torn struct {
	http.ResponseWriter
	failed bool
}

func (a *torn) Write(b []byte) (int, error) {
	n, err := a.ResponseWriter.Write(b)
	a.failed = a.failed || err != nil
	return n, err
}

func (a *torn) FlushError() error {
	err := http.NewResponseController(a.ResponseWriter).Flush()
	a.failed = a.failed || err != nil
	return err
}

func (a *torn) Flush() { _ = a.FlushError() }

// remoteModels are the models at the upstream server, by the dialect in which it is asked.
var remoteModels = map[string]string{
	"chat": "gpt-5.1", "responses": "gpt-5.1-mini", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash",
}

func remoteSites() []site {
	account := func(dialect, provider, path, options string) string {
		return fmt.Sprintf("account remote-%s %s %s {\nbase_url %s%s\nmodels %s\n%s\n}\n", dialect, provider, upstreamKey, upstreamServer.URL, path, remoteModels[dialect], options)
	}
	return []site{{"remote.test", account("chat", "openai", "/v1", "api chat") + account("responses", "openai", "/v1", "api responses") +
		account("anthropic", "anthropic", "", "") + account("gemini", "gemini", "", "")}}
}

// pairs runs a test for every client and every dialect of the upstream server.
func pairs(t *testing.T, run func(c *cell, mark string)) {
	t.Parallel()
	for _, m := range makers {
		for _, d := range dialects {
			t.Run(m.dialect+" to "+d, func(t *testing.T) {
				t.Parallel()
				rec := newRecorder(t, grammar.Dialect(m.dialect))
				mark := strings.ToLower("mark-" + strings.NewReplacer("/", "-", "_", "-", "=", "-").Replace(t.Name()))
				run(&cell{t, m.make(t, rec, "remote.test"), rec, upstream{d, remoteModels[d]}, true}, mark)
			})
		}
	}
}

// await waits for a channel to be closed.
func (c *cell) await(what string, done <-chan struct{}) {
	c.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		c.Fatalf("waited in vain until %s", what)
	}
}

// TestDisconnect: a client that leaves in the middle of a stream ends the upstream's request.
func TestDisconnect(t *testing.T) {
	pairs(t, func(c *cell, mark string) {
		x := visits.expect(mark)
		ctx, cancel := context.WithCancel(c.Context())
		defer cancel()
		events := 0
		_, err := c.client.Stream(ctx, ask{Model: c.up.model, Turns: user(mark + ". slow 20ms. long 5000")}, func() {
			if events++; events == 5 {
				cancel()
			}
		})
		if err == nil || events < 5 {
			c.Errorf("%d events, error %v", events, err)
		}
		c.await("the upstream was left", x.left)
	})
}

// TestDisconnectBefore: so does one that leaves before the first byte, or waits for a whole answer.
func TestDisconnectBefore(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		t.Run(fmt.Sprintf("streamed=%v", streamed), func(t *testing.T) {
			pairs(t, func(c *cell, mark string) {
				x := visits.expect(mark)
				ctx, cancel := context.WithCancel(c.Context())
				defer cancel()
				failed := make(chan error, 1)
				go func() {
					a := ask{Model: c.up.model, Turns: user(mark + ". wait 10m")}
					var err error
					if streamed {
						_, err = c.client.Stream(ctx, a, nil)
					} else {
						_, err = c.client.Send(ctx, a)
					}
					failed <- err
				}()
				c.await("the upstream was asked", x.begun)
				cancel()
				if err := <-failed; err == nil {
					c.Error("there is no error")
				}
				c.await("the upstream was left", x.left)
			})
		})
	}
}

// TestCredentials: the upstream gets the account's key in its own place, and never the client's.
func TestCredentials(t *testing.T) {
	places := map[string]string{"chat": "Authorization", "responses": "Authorization", "anthropic": "X-Api-Key", "gemini": "X-Goog-Api-Key"}
	pairs(t, func(c *cell, mark string) {
		x := visits.expect(mark)
		c.want("text", c.ask(ask{Turns: user(mark)}).Text, "You said: "+mark)
		c.await("the upstream was asked", x.begun)
		var all strings.Builder
		if err := x.request.Header.Write(&all); err != nil {
			c.Fatal(err)
		}
		all.WriteString(x.request.URL.String())
		all.Write(x.body)
		if strings.Contains(all.String(), key) {
			c.Errorf("the client's key went upstream: %s", all.String())
		}
		for place, value := range map[string]string{"Authorization": "Bearer " + upstreamKey, "X-Api-Key": upstreamKey, "X-Goog-Api-Key": upstreamKey} {
			if place != places[c.up.dialect] {
				value = ""
			}
			c.want(place, x.request.Header.Get(place), value)
		}
	})
}

// TestResultOrder: results come back in the order of their completion. What reaches the upstream is matched by ids, or
// in the order of the calls where there are none.
func TestResultOrder(t *testing.T) {
	pairs(t, func(c *cell, mark string) {
		c.streamed = false
		if c.client.Dialect() == "gemini" && c.up.dialect == "gemini" {
			c.Skip("a relay does not touch the order")
		}
		tools := []tool{weather}
		turns := user(`call get_weather {"city":"Paris"} and get_weather {"city":"Rome"} and get_weather {"city":"Oslo"}`)
		first := c.ask(ask{Turns: turns, Tools: tools})
		if len(first.Calls) != 3 {
			c.Fatalf("calls: %v", first.Calls)
		}
		k := first.Calls
		turns = append(turns, turn{Reply: first}, turn{Results: []result{{k[2], mark + " cold"}, {k[0], "mild"}, {k[1], "hot"}}})
		x := visits.expect(mark)
		c.ask(ask{Turns: turns, Tools: tools})
		c.await("the upstream was asked", x.begun)
		c.want("pairs", strings.Join(resultsSent(c.up.dialect, x.body), " "), "Paris=mild Rome=hot Oslo="+mark+" cold")
	})
}

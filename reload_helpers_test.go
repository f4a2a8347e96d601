package aigateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"
)

// gated is an upstream that speaks Chat Completions. An answer whose prompt says "stay" begins, and ends when the gate
// is opened.
type gated struct {
	*httptest.Server
	gate    chan struct{}
	running atomic.Int32 // answers that have begun and wait for the gate
}

func newGated(t *testing.T) *gated {
	t.Helper()
	g := &gated{gate: make(chan struct{})}
	g.Server = httptest.NewServer(http.HandlerFunc(g.answer))
	t.Cleanup(g.Close)
	return g
}

const (
	chunkFormat = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{%s},"finish_reason":%s}]}` + "\n\n"
	wholeAnswer = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,` +
		`"message":{"role":"assistant","content":"short"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}`
)

func (g *gated) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !bytes.Contains(body, []byte("stay")) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, wholeAnswer)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, chunkFormat, `"role":"assistant","content":"begun"`, "null")
	_ = http.NewResponseController(w).Flush()
	g.running.Add(1)
	defer g.running.Add(-1)
	select {
	case <-g.gate:
	case <-r.Context().Done():
		return
	}
	fmt.Fprintf(w, chunkFormat, `"content":"ended"`, `"stop"`)
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

// site is a Caddy with one gateway, and clients of it.
type site struct {
	address string
	clients map[string]*http.Client
	log     string // the file of Caddy's log
}

func newSite(t *testing.T) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &site{address: l.Addr().String(), clients: make(map[string]*http.Client), log: filepath.Join(t.TempDir(), "log")}
	must(t, l.Close())
	for _, name := range []string{"h1", "h2c"} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(name == "h1")
		protocols.SetUnencryptedHTTP2(name == "h2c")
		transport := &http.Transport{Protocols: protocols, MaxIdleConnsPerHost: 64}
		s.clients[name] = &http.Client{Transport: transport}
		t.Cleanup(transport.CloseIdleConnections)
	}
	t.Cleanup(func() {
		must(t, caddy.Stop())
		s.close()
		log, err := os.ReadFile(s.log)
		must(t, err)
		if at := bytes.Index(log, []byte("panic")); at >= 0 {
			t.Errorf("a request has panicked: %.2000s", log[at:])
		}
		if left := leaked(10 * time.Second); left != "" {
			t.Errorf("goroutines of the gateway are left after its end:\n%s", left)
		}
	})
	return s
}

func (s *site) close() {
	for _, c := range s.clients {
		c.CloseIdleConnections()
	}
}

// load makes Caddy run a gateway with the block, and other sites.
func (s *site) load(t *testing.T, block string, sites ...string) error {
	t.Helper()
	return caddy.Load([]byte(adapt(t, string(caddyfile.Format([]byte(fmt.Sprintf(`{
	admin off
	persist_config off
	auto_https off
	log {
		output file %s
	}
	servers {
		protocols h1 h2c
	}
}
http://%s {
	handle /metrics {
		metrics
	}
	ai_gateway {
		%s
	}
}
%s`, s.log, s.address, block, strings.Join(sites, "\n"))))))), true)
}

// post sends a Chat request.
func (s *site) post(ctx context.Context, client, model, prompt string, stream bool) (*http.Response, error) {
	body := fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"user","content":%q}]}`, model, stream, prompt)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer sk-reload")
	// A server that goes away may close an idle connection in the moment in which a request is sent on it. With this
	// header Go's client sends it again.
	req.Header.Set("Idempotency-Key", "any")
	return s.clients[client].Do(req)
}

// short sends a request that is answered at once.
func (s *site) short(ctx context.Context, client, model string) error {
	resp, err := s.post(ctx, client, model, "hello", false)
	// Caddy opens a socket of its own for each configuration. Connections that the system has put into the queue of the
	// one that is closed are lost, which all vendors' clients answer by trying again.
	for n := 0; err != nil && ctx.Err() == nil && n < 3; n++ {
		resp, err = s.post(ctx, client, model, "hello", false)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("short"))) {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return err
}

// stream asks for a stream that stays, and reads it to its end.
func (s *site) stream(ctx context.Context, client, model string) error {
	resp, err := s.post(ctx, client, model, "stay", true)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%w after %s", err, body)
	}
	for _, want := range []string{"begun", "ended", "data: [DONE]"} {
		if !bytes.Contains(body, []byte(want)) {
			return fmt.Errorf("status %d, no %q in %s", resp.StatusCode, want, body)
		}
	}
	return nil
}

// counted returns the value of a metric, all series together.
func (s *site) counted(name string) (sum float64, err error) {
	resp, err := s.clients["h1"].Get("http://" + s.address + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return 0, errors.Join(err, fmt.Errorf("status %d: %s", resp.StatusCode, body))
	}
	for line := range strings.Lines(string(body)) {
		if rest, ok := strings.CutPrefix(line, name+"{"); ok {
			var value float64
			if _, err := fmt.Sscan(rest[strings.LastIndexByte(rest, '}')+1:], &value); err != nil {
				return 0, err
			}
			sum += value
		}
	}
	return sum, nil
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// leaked waits until no goroutine runs the gateway's code but the test itself, and returns the stacks of those that do.
func leaked(patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for {
		var left []string
		buf := make([]byte, 8<<20)
		for stack := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			if bytes.Contains(stack, []byte("caddy-ai-gateway/ai-gateway/")) && !bytes.Contains(stack, []byte("testing.tRunner")) {
				left = append(left, string(stack))
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		<-time.After(10 * time.Millisecond)
	}
}

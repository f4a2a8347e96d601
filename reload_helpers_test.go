package aigateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
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
		`"message":{"role":"assistant","content":"short %s"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}`
)

func (g *gated) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !bytes.Contains(body, []byte("stay")) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, wholeAnswer, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
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
	secure  string // the folder of Caddy's storage if the site is served over TLS, else empty

	broken atomic.Int64 // connections that ended before the first byte of their first answer
}

func newSite(t *testing.T) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &site{address: l.Addr().String(), clients: make(map[string]*http.Client), log: filepath.Join(t.TempDir(), "log")}
	must(t, l.Close())
	for _, name := range []string{"h1", "h1 anew", "h2c"} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(name != "h2c")
		protocols.SetUnencryptedHTTP2(name == "h2c")
		transport := &http.Transport{Protocols: protocols, MaxIdleConnsPerHost: 64, DisableKeepAlives: name == "h1 anew"}
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
	https, h2, certificate := "auto_https off", "h2c", ""
	if s.secure != "" {
		https = fmt.Sprintf("auto_https disable_redirects\nskip_install_trust\nstorage file_system %s", s.secure)
		h2, certificate = "h2", "tls internal"
	}
	return caddy.Load([]byte(adapt(t, string(caddyfile.Format([]byte(fmt.Sprintf(`{
	admin off
	persist_config off
	%s
	log {
		output file %s
	}
	servers {
		protocols h1 %s
		listener_wrappers {
			one_socket
			tls
		}
	}
}
%s {
	%s
	handle /metrics {
		metrics
	}
	ai_gateway {
		%s
	}
}
%s`, https, s.log, h2, s.url(""), certificate, block, strings.Join(sites, "\n"))))))), true)
}

// url returns the address of a path.
func (s *site) url(path string) string {
	if s.secure != "" {
		return "https://" + s.address + path
	}
	return "http://" + s.address + path
}

// overTLS has the site served over TLS, with a certificate of Caddy's own authority. It is called before the first load.
func (s *site) overTLS(t *testing.T) {
	t.Helper()
	s.secure = t.TempDir()
}

// trust has the clients trust Caddy's own authority, after the first load, and waits for the certificate.
func (s *site) trust(t *testing.T) {
	t.Helper()
	if s.secure == "" {
		return
	}
	root, err := os.ReadFile(filepath.Join(s.secure, "pki", "authorities", "local", "root.crt"))
	must(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		t.Fatal("Caddy's authority has no certificate")
	}
	for name, client := range s.clients {
		transport := client.Transport.(*http.Transport)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		transport.Protocols.SetUnencryptedHTTP2(false)
		transport.Protocols.SetHTTP2(name == "h2c")
	}
	eventually(t, "there is a certificate", func() bool {
		resp, err := s.clients["h2c"].Get(s.url("/health"))
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK && resp.TLS != nil && resp.ProtoMajor == 2
	})
}

// post sends a Chat request.
func (s *site) post(ctx context.Context, client, model, prompt string, stream bool, header ...string) (*http.Response, error) {
	body := fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"user","content":%q}]}`, model, stream, prompt)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url("/v1/chat/completions"), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer sk-reload")
	// A server that goes away may close an idle connection in the moment in which a request is sent on it. With this
	// header Go's client sends it again.
	req.Header.Set("Idempotency-Key", "any")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	var reused, begun atomic.Bool
	trace := &httptrace.ClientTrace{
		GotConn:              func(c httptrace.GotConnInfo) { reused.Store(c.Reused) },
		GotFirstResponseByte: func() { begun.Store(true) },
	}
	resp, err := s.clients[client].Do(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	// Where the system cannot keep connections from a socket that is closed at once, or a server is kept from running
	// for longer than it is given to read a request, a new connection may still be lost. It is counted.
	if err != nil && ctx.Err() == nil && !reused.Load() && !begun.Load() && s.broken.Add(1) <= maxBroken {
		return s.post(ctx, client, model, prompt, stream, header...)
	}
	return resp, err
}

// maxBroken is how many of the thousand new connections of a test may break.
const maxBroken = 10

// talk sends a request of one session and wants it to be answered by the account of that credential.
func (s *site) talk(ctx context.Context, account string) error {
	resp, err := s.post(ctx, "h1", "s", "hello", false, "X-Session-Id", "one-and-the-same")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("secret-"+account))) {
		err = fmt.Errorf("the session is not on the account %s: status %d: %s", account, resp.StatusCode, body)
	}
	return err
}

// short sends a request that is answered at once.
func (s *site) short(ctx context.Context, client, model string) error {
	resp, err := s.post(ctx, client, model, "hello", false)
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

// metrics returns what Caddy shows of them.
func (s *site) metrics() (string, error) {
	resp, err := s.clients["h1"].Get(s.url("/metrics"))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return string(body), err
}

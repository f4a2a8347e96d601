package credentials

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// server is an authorisation server that rotates refresh tokens and locks the account out when an older one comes back.
// A lenient one honours the previous one until the newest has been used. It is a transport, so that it works within
// synctest.
type server struct {
	mu       sync.Mutex
	n        int // of the newest refresh token, r-n
	lenient  bool
	asked    int
	reused   bool
	again    int  // times that a lenient one was sent the previous token
	keep     bool // the refresh token is not rotated and not repeated
	life     int  // seconds
	delay    time.Duration
	answer   func(*http.Request) *http.Response // in place of a token; nil for none
	verifier string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(raw))
	if s.delay > 0 {
		select {
		case <-time.After(s.delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.answer != nil {
		if resp := s.answer(r); resp != nil {
			return resp, nil
		}
	}
	if form.Get("client_id") != "id" || form.Get("client_secret") != "hush" {
		return reply(401, "application/json", `{"error":"invalid_client"}`), nil
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		s.verifier = form.Get("code_verifier")
		if form.Get("code") != "code-1" {
			return reply(400, "application/json", `{"error":"invalid_grant"}`), nil
		}
		s.n++
	default:
		if !s.spend(form.Get("refresh_token")) {
			return reply(400, "application/json", `{"error":"invalid_grant","error_description":"secret words"}`), nil
		}
	}
	life := s.life
	if life == 0 {
		life = 3600
	}
	rotated := fmt.Sprintf(`,"refresh_token":"r-%d"`, s.n)
	if s.keep {
		rotated = ""
	}
	return reply(200, "application/json", fmt.Sprintf(`{"access_token":"a-%d","token_type":"Bearer","scope":"all","expires_in":%d%s}`,
		s.asked, life, rotated)), nil
}

func (s *server) spend(token string) bool {
	switch {
	case s.keep:
		return token == "r-0"
	case s.reused:
		return false
	case token == fmt.Sprintf("r-%d", s.n):
		s.n++
		return true
	case token == fmt.Sprintf("r-%d", s.n-1) && s.lenient: // its answer may have been lost
		s.again++
		return true
	}
	s.reused = true
	return false
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func reply(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d", status), Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// memory is a storage that several processes may share, and that fails on demand.
type memory struct {
	mu       sync.Mutex
	content  map[string][]byte
	locks    map[string]chan struct{}
	failing  error // of Store
	unlocked error // of Lock
	stores   int
	locked   int
}

func newMemory() *memory {
	return &memory{content: map[string][]byte{}, locks: map[string]chan struct{}{}}
}

func (m *memory) Lock(ctx context.Context, name string) error {
	m.mu.Lock()
	m.locked++
	if m.unlocked != nil {
		defer m.mu.Unlock()
		return m.unlocked
	}
	ch := m.locks[name]
	if ch == nil {
		ch = make(chan struct{}, 1)
		m.locks[name] = ch
	}
	m.mu.Unlock()
	select {
	case ch <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *memory) Unlock(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	<-m.locks[name]
	return nil
}

func (m *memory) Store(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stores++
	if m.failing != nil {
		return m.failing
	}
	m.content[key] = append([]byte(nil), value...)
	return nil
}

func (m *memory) Load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.content[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return append([]byte(nil), value...), nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.content, key)
	return nil
}

func (m *memory) Exists(ctx context.Context, key string) bool {
	_, err := m.Load(ctx, key)
	return err == nil
}

func (m *memory) List(context.Context, string, bool) ([]string, error) { return nil, nil }

func (m *memory) Stat(context.Context, string) (certmagic.KeyInfo, error) {
	return certmagic.KeyInfo{}, fs.ErrNotExist
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failing = err
}

func (m *memory) tries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stores
}

const storedKey = "ai_gateway/oauth/x.json"

func (m *memory) put(raw string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.content[storedKey] = []byte(raw)
}

func (m *memory) get() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.content[storedKey])
}

// process is one gateway with the account x. Each has a pool of its own, as processes do.
type process struct {
	*OAuth
	logs    *observer.ObservedLogs
	mu      sync.Mutex
	results []string
}

func (p *process) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.results, " ")
}

func newProcess(t *testing.T, server http.RoundTripper, store Store, change func(*Options)) *process {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	p := &process{logs: logs}
	o := Options{
		Account: "x", Client: Client{ID: "id", Secret: "hush", TokenURL: "https://auth.example.com/token", AuthURL: "https://auth.example.com/auth"},
		Store: store, HTTP: &http.Client{Transport: server}, Logger: zap.New(core), Random: func() float64 { return 0.5 },
		Refreshed: func(result string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.results = append(p.results, result)
		},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if p.OAuth, err = open(caddy.NewUsagePool(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func token(t *testing.T, s Source) string {
	t.Helper()
	c, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Token
}

// noSecrets wants none of the tests' secrets in what the process has logged and in the given texts.
func (p *process) noSecrets(t *testing.T, texts ...string) {
	t.Helper()
	for _, entry := range p.logs.All() {
		texts = append(texts, fmt.Sprint(entry.Message, entry.ContextMap()))
	}
	for _, text := range texts {
		for _, secret := range []string{"hush", "r-0", "r-1", "a-1", "secret words"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is told in %q", secret, text)
			}
		}
	}
}

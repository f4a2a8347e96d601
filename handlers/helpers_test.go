package handlers

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	clientSecret  = "sk-client-0123456789"
	accountSecret = "sk-account-0123456789"
	prompt        = "the very secret prompt"
)

// accountSpec is an account of a gateway under test. Its defaults: the chat
// dialect, the model "m", no limit.
type accountSpec struct {
	name        string
	dialect     ir.Dialect
	provider    providers.Provider // overrides dialect
	url         string
	models      []string
	priority    int
	concurrency int
	disabled    bool
	transport   http.RoundTripper
	header      http.Header
	scope       string // of signatures; default the same for all
	override    func(*ir.Caps)
}

// gatewaySpec is a gateway under test. Its defaults: one key with the secret
// clientSecret that may use everything, generous times.
type gatewaySpec struct {
	keys      []access.Key
	anonymous bool
	accounts  []accountSpec
	models    Models
	tweak     func(*Gateway)
	pool      func(*pool.Options)
	http2     bool
}

// fixture is a gateway that is served over the network, and what it logs.
type fixture struct {
	*Gateway
	t      *testing.T
	server *httptest.Server
	logs   *observer.ObservedLogs

	mu     sync.Mutex
	fields []map[string]string // of the access log, one map per request
	nexts  int                 // requests that were handed on
}

var identities atomic.Int64

// testTimes are long enough that none of them plays a part.
var testTimes = Stream{
	Ping: time.Minute, FirstByte: time.Minute, Idle: time.Minute,
	HoldEvents: 64, HoldSize: 256 << 10, HoldDuration: time.Minute,
}

func newGateway(t testing.TB, s gatewaySpec) (*Gateway, *observer.ObservedLogs) {
	t.Helper()
	if s.keys == nil && !s.anonymous {
		s.keys = []access.Key{{Name: "alice", Secret: clientSecret}}
	}
	keys, err := access.New(s.keys, s.anonymous)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	var accounts []*pool.Account
	for _, a := range s.accounts {
		accounts = append(accounts, a.account(t))
	}
	options := pool.DefaultOptions()
	if s.pool != nil {
		s.pool(&options)
	}
	p, err := pool.New(accounts, options)
	if err != nil {
		t.Fatal(err)
	}
	p.Publish()
	t.Cleanup(p.Close)
	memory, runs := stored.NewMemory(stored.DefaultLimits()), &stored.Runs{}
	t.Cleanup(memory.Close)
	t.Cleanup(runs.Close)
	core, logs := observer.New(zap.DebugLevel)
	g := &Gateway{
		Name: "test", Keys: keys, Pool: p, Models: s.models, Attempts: 4, Stream: testTimes, MaxBody: 1 << 20,
		Stored: memory, Runs: runs, Notes: NotesWarn, Logger: zap.New(core),
	}
	g.buffers.returned = poison
	if s.tweak != nil {
		s.tweak(g)
	}
	return g, logs
}

func (a accountSpec) account(t testing.TB) *pool.Account {
	t.Helper()
	if a.models == nil {
		a.models = []string{"m"}
	}
	models, err := pool.ParseModels(a.models)
	if err != nil {
		t.Fatal(err)
	}
	provider := a.provider
	if provider == nil {
		provider = providerOf(a.dialect)
	}
	base := a.url
	switch provider.(type) {
	case *providers.OpenAI, *providers.OpenAICompatible:
		base += "/v1"
	}
	transport := a.transport
	if transport == nil {
		private := &http.Transport{}
		t.Cleanup(private.CloseIdleConnections)
		transport = private
	}
	up := &Upstream{
		Provider: provider, Transport: transport, BaseURL: base, Secret: accountSecret, Header: a.header, Scope: cmp.Or(a.scope, "01234567"), Override: a.override,
	}
	for _, m := range a.models {
		pattern, _, _ := strings.Cut(m, "=")
		up.Patterns = append(up.Patterns, pattern)
	}
	identity := t.Name() + "|" + a.name + "|" + time.Duration(identities.Add(1)).String()
	return &pool.Account{
		Name: a.name, Provider: provider.Platform(), Identity: identity, Models: models,
		Priority: a.priority, Weight: 1, Concurrency: a.concurrency, Disabled: a.disabled, Value: up,
	}
}

func providerOf(d ir.Dialect) providers.Provider {
	switch d {
	case ir.Anthropic:
		return &providers.Anthropic{}
	case ir.Gemini:
		return &providers.Gemini{}
	case ir.Responses:
		return &providers.OpenAI{API: "responses"}
	default:
		return &providers.OpenAI{API: "chat"}
	}
}

// serve starts a gateway behind a real HTTP server.
func serve(t *testing.T, s gatewaySpec) *fixture {
	t.Helper()
	g, logs := newGateway(t, s)
	f := &fixture{Gateway: g, t: t, logs: logs}
	f.server = httptest.NewUnstartedServer(f)
	if s.http2 {
		f.server.EnableHTTP2 = true
		f.server.StartTLS()
	} else {
		f.server.Start()
	}
	t.Cleanup(f.server.Close)
	return f
}

// ServeHTTP does what Caddy's server does around its handlers.
func (f *fixture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = prepare(w, r)
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		f.mu.Lock()
		f.nexts++
		f.mu.Unlock()
		w.WriteHeader(http.StatusTeapot)
		return nil
	})
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.fields = append(f.fields, logFields(r))
	}()
	if err := f.Gateway.ServeHTTP(w, r, next); err != nil {
		f.t.Errorf("%s %s: the handler returned an error: %v", r.Method, r.URL, err)
	}
}

func prepare(w http.ResponseWriter, r *http.Request) *http.Request {
	return caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{Logs: &caddyhttp.ServerLogConfig{}})
}

// logFields reads what the handler added to the request's line in the access
// log.
func logFields(r *http.Request) map[string]string {
	extra := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields)
	list := reflect.ValueOf(extra).Elem().FieldByName("fields")
	fields := make(map[string]string, list.Len())
	for i := range list.Len() {
		f := list.Index(i)
		value := f.FieldByName("String").String()
		if value == "" {
			value = time.Duration(f.FieldByName("Integer").Int()).String()
		}
		fields[f.FieldByName("Key").String()] = value
	}
	return fields
}

// lastFields returns the fields of the newest request, once it has been
// logged.
func (f *fixture) lastFields(n int) map[string]string {
	f.t.Helper()
	f.eventually("the request is logged", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.fields) >= n
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fields[n-1]
}

// eventually waits for what happens in other goroutines on real connections.
func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	eventually(f.t, what, ok)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

// answered is what a client got.
type answered struct {
	status int
	header http.Header
	body   string
}

// do sends a request with the client's key as Bearer, unless the headers say
// otherwise. Headers are name, value, name, value.
func (f *fixture) do(method, path, body string, headers ...string) answered {
	f.t.Helper()
	req, err := http.NewRequest(method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := f.server.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatalf("reading the gateway's answer: %v", err)
	}
	return answered{resp.StatusCode, resp.Header, string(got)}
}

func (f *fixture) post(path, body string, headers ...string) answered {
	f.t.Helper()
	return f.do(http.MethodPost, path, body, headers...)
}

// account returns what is known of an account.
func (f *fixture) account(name string) pool.Snapshot {
	f.t.Helper()
	for _, a := range f.Pool.Accounts() {
		if a.Name == name {
			return a.State.Snapshot()
		}
	}
	f.t.Fatalf("there is no account %s", name)
	return pool.Snapshot{}
}

// settled wants all slots to be free.
func (f *fixture) settled() {
	f.t.Helper()
	f.eventually("all slots are free", func() bool {
		for _, a := range f.Pool.Accounts() {
			if a.State.Snapshot().InUse != 0 {
				return false
			}
		}
		return f.Pool.Waiting() == 0
	})
}

func exactModel(m Model) *Model {
	m.Exact = true
	m.Pattern, _ = glob.Compile(m.Name)
	return &m
}

// newAnswer is an upstream's JSON answer, for transports that play one.
func newAnswer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

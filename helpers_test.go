package aigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
)

// What many tests of this package need. What starts a whole Caddy is in process_test.go (as a process of its own) and in
// reload_helpers_test.go (in this one).

// TestMain keeps the tests' usage out of the home directory. As a child of a test it is a Caddy.
func TestMain(m *testing.M) {
	if os.Getenv(asCaddy) != "" {
		caddycmd.Main() // which exits itself only when something went wrong
		os.Exit(0)
	}
	os.Exit(runAway(m))
}

func runAway(m *testing.M) int {
	data, err := os.MkdirTemp("", "aigateway")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(data)
	for _, name := range []string{"XDG_DATA_HOME", "HOME", "AppData"} {
		if err := os.Setenv(name, data); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newContext returns the context of a configuration without apps, and what reads its log.
func newContext(t *testing.T) (caddy.Context, func() string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	writer, err := json.Marshal(map[string]string{"output": "file", "filename": file})
	if err != nil {
		t.Fatal(err)
	}
	base, err := caddy.ProvisionContext(&caddy.Config{
		Admin: &caddy.AdminConfig{Disabled: true},
		Logging: &caddy.Logging{Logs: map[string]*caddy.CustomLog{"default": {BaseLog: caddy.BaseLog{
			WriterRaw: writer, EncoderRaw: json.RawMessage(`{"format":"json"}`),
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(base)
	t.Cleanup(cancel)
	return ctx, func() string {
		log, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(log)
	}
}

// load provisions the gateway of a directive's block, through JSON as Caddy does.
func load(t *testing.T, ctx caddy.Context, block string) (*Handler, error) {
	t.Helper()
	var h Handler
	if err := h.UnmarshalCaddyfile(caddyfile.NewTestDispenser("ai_gateway {\n" + block + "\n}")); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return loadJSON(ctx, string(raw))
}

func loadJSON(ctx caddy.Context, raw string) (*Handler, error) {
	module, err := ctx.LoadModuleByID("http.handlers.ai_gateway", json.RawMessage(raw))
	if err != nil {
		return nil, err
	}
	return module.(*Handler), nil
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

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// shown collects what a process or a command writes.
type shown struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until a text has been shown n times.
func (s *shown) wait(t *testing.T, text string, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); strings.Count(s.String(), text) < n; <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not shown %d times:\n%s", text, n, s)
		}
	}
}

var shownLink = regexp.MustCompile(`http://\S+/auth\?\S+`)

// query is that of the last link to a login that was shown.
func (s *shown) query(t *testing.T) url.Values {
	t.Helper()
	links := shownLink.FindAllString(s.String(), -1)
	if len(links) == 0 {
		t.Fatalf("no link is shown:\n%s", s)
	}
	u, err := url.Parse(links[len(links)-1])
	must(t, err)
	return u.Query()
}

// answerURL is where a login with that link ends.
func answerURL(q url.Values, code string) string {
	return q.Get("redirect_uri") + "?state=" + url.QueryEscape(q.Get("state")) + "&code=" + code
}

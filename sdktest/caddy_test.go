package sdktest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/standard"
	_ "github.com/caddyserver/caddy/v2/modules/logging"

	_ "github.com/caddy-ai-gateway/ai-gateway"
)

// key is the client key of every gateway here.
const key = "sk-sdktest"

// address is where the one Caddy of this process listens.
var address string

// transport reaches that Caddy, whatever the host of a request.
var transport = newTransport(nil)

// newTransport makes a transport to Caddy with connections of its own.
func newTransport(protocols *http.Protocols) *http.Transport {
	var dials atomic.Uint32
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			// Each connection comes from another loopback address, since the
			// gateway slows down addresses that send wrong keys.
			n := dials.Add(1)
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n>>8), byte(n))}}
			return dialer.DialContext(ctx, "tcp", address)
		},
		MaxIdleConnsPerHost: 64, DisableCompression: true, Protocols: protocols,
	}
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	// Most of the time the tests wait for each other's delays.
	if err := flag.Set("test.parallel", "32"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	data, err := os.MkdirTemp("", "sdktest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(data)
	if err := os.Setenv("XDG_DATA_HOME", data); err != nil { // where usage is kept
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := startUpstream(); err != nil {
		fmt.Fprintln(os.Stderr, "starting the upstream server:", err)
		return 1
	}
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "starting Caddy:", err)
		return 1
	}
	code := m.Run()
	transport.CloseIdleConnections()
	if err := caddy.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping Caddy:", err)
		return 1
	}
	upstreamServer.Close()
	if left := leaked(5 * time.Second); left != "" {
		fmt.Fprintf(os.Stderr, "goroutines of the gateway are left after its end:\n%s\n", left)
		return 1
	}
	return code
}

// start chooses a free port and starts Caddy.
func start() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	return load("old")
}

// load gives Caddy the configuration of all tests; generation is the name of the account that TestReload replaces.
func load(generation string) error {
	text := caddyfile(generation)
	config, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return fmt.Errorf("adapting: %w\n%s", err, text)
	}
	for _, w := range warnings {
		if !strings.Contains(w.Message, "not formatted") {
			return fmt.Errorf("adapting: %v", w)
		}
	}
	return caddy.Load(config, true)
}

// leaked waits until no goroutine runs the gateway's code, and returns the stacks of those that still do.
func leaked(patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for {
		var left []string
		buf := make([]byte, 4<<20)
		for stack := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			if bytes.Contains(stack, []byte("caddy-ai-gateway/ai-gateway/")) && !bytes.Contains(stack, []byte("sdktest.TestMain")) {
				left = append(left, string(stack))
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		runtime.Gosched()
		<-time.After(10 * time.Millisecond)
	}
}

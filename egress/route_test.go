package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/egress/proxytest"
)

var errBad = errors.New("bad")

// TestParseProxy takes the four kinds, and never repeats what it refuses.
func TestParseProxy(t *testing.T) {
	for raw, want := range map[string]string{
		"http://proxy.example.com:3128":       "http://proxy.example.com:3128",
		"https://user:secret@proxy.example/":  "https://proxy.example",
		"socks5://user:secret@127.0.0.1:1080": "socks5://127.0.0.1:1080",
		"socks5h://[::1]:1080":                "socks5h://[::1]:1080",
	} {
		p, err := ParseProxy(raw)
		if err != nil || p.String() != want || p.Key() == "" {
			t.Errorf("%s: got %v, %v", raw, p, err)
		}
	}
	for _, raw := range []string{
		"", "proxy:3128", "//proxy:3128", "ftp://proxy", "socks4://secret@proxy", "http://", "http://:3128", "http://proxy/path",
		"http://proxy?secret=1", "http://proxy#x", "http://user:secret@proxy:port", "socks5://user:secret%zz@proxy",
	} {
		if p, err := ParseProxy(raw); !errors.Is(err, ErrProxy) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, %v", raw, p, err)
		}
	}
}

// TestProxies goes through every kind of proxy, with and without a password, to upstreams with and without TLS.
func TestProxies(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answered") })
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	for _, scheme := range []string{"http", "https", "socks5", "socks5h"} {
		for _, password := range []string{"", "p@ss word"} {
			at, used := startProxy(t, scheme, password)
			r := newRoute(t, at)
			for _, upstream := range []string{plain.URL, secure.URL} {
				before := used()
				if got, err := get(t, r, upstream); got != "answered" || err != nil {
					t.Errorf("%s: %q %v", at, got, err)
				}
				if used() == before {
					t.Errorf("%s: the request to %s did not go through the proxy", at, upstream)
				}
			}
			if fault, down := r.Down(); down {
				t.Errorf("%s is down: %v", at, fault)
			}
		}
	}
}

// startProxy returns the URL of a proxy and what counts the requests that came through it.
func startProxy(t *testing.T, scheme, password string) (at string, used func() int32) {
	u := url.URL{Scheme: scheme}
	user := ""
	if password != "" {
		user = "me"
		u.User = url.UserPassword(user, password)
	}
	if strings.HasPrefix(scheme, "socks") {
		p := proxytest.NewSOCKS(t, func(p *proxytest.SOCKS) { p.User, p.Password = user, password })
		u.Host = p.Addr().String()
		return u.String(), p.Used.Load
	}
	p := proxytest.NewHTTP(t, scheme == "https", func(p *proxytest.HTTP) { p.User, p.Password = user, password })
	u.Host = p.Listener.Addr().String()
	return u.String(), p.Used.Load
}

// TestNamesAreLookedUpThere has a SOCKS proxy look up the upstream's name.
func TestNamesAreLookedUpThere(t *testing.T) {
	upstream := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(upstream.Close)
	p := proxytest.NewSOCKS(t, nil)
	_, port, _ := net.SplitHostPort(upstream.Listener.Addr().String())
	if _, err := get(t, newRoute(t, "socks5://"+p.Addr().String()), "http://localhost:"+port); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Names.Load("localhost"); !ok {
		t.Error("the proxy was not given the name")
	}
}

// faulty is a proxy that does not work, and what its fault is like.
type faulty struct {
	name, proxy string
	upstream    string
	dead        bool
	says        []string
}

func faultyProxies(t *testing.T) []faulty {
	plain, secure := httptest.NewServer(http.NotFoundHandler()), httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	locked := proxytest.NewHTTP(t, false, func(p *proxytest.HTTP) { p.User = "me" })
	barred := proxytest.NewHTTP(t, false, func(p *proxytest.HTTP) { p.Status = http.StatusForbidden })
	socksLocked := proxytest.NewSOCKS(t, func(p *proxytest.SOCKS) { p.User = "me" })
	socksBarred := proxytest.NewSOCKS(t, func(p *proxytest.SOCKS) { p.Reply = 2 })
	open, socksOpen := proxytest.NewHTTP(t, false, nil), proxytest.NewSOCKS(t, nil)
	rude := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(rude.Close)
	nobody := closedAddress(t)
	hostOf := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	const wrong = "me:wrong-secret@"
	return []faulty{
		{"nobody listens", "http://" + wrong + nobody, secure.URL, true, []string{"http://" + nobody, "refused", hintRuns}},
		{"nobody listens for plain", "http://" + nobody, plain.URL, true, []string{hintRuns}},
		{"nobody listens for socks", "socks5://" + wrong + nobody, plain.URL, true, []string{"socks5://" + nobody, "refused", hintRuns}},
		{"no such host", "http://proxy.invalid:3128", secure.URL, true, []string{"http://proxy.invalid:3128", hintRuns}},
		{"not TLS", "https://" + hostOf(open.Server), secure.URL, true, []string{hintRuns}},
		{"wrong password", "http://" + wrong + hostOf(locked.Server), secure.URL, true, []string{"407", hintPassword}},
		{"wrong password for plain", "http://" + wrong + hostOf(locked.Server), plain.URL, true, []string{"407", hintPassword}},
		{"no password", "http://" + hostOf(locked.Server), secure.URL, true, []string{"407", hintPassword}},
		{"wrong password for socks", "socks5://" + wrong + socksLocked.Addr().String(), secure.URL, true, []string{"authentication", hintPassword}},
		{"no password for socks", "socks5://" + socksLocked.Addr().String(), secure.URL, true, []string{"authentication", hintPassword}},
		{"barred", "http://" + hostOf(barred.Server), secure.URL, false, []string{"403 Forbidden", hintReaches}},
		{"barred by socks", "socks5h://" + socksBarred.Addr().String(), plain.URL, false, []string{"not allowed", hintReaches}},
		{"unreachable upstream", "http://" + hostOf(open.Server), "https://" + nobody, false, []string{"502", hintReaches}},
		{"unreachable upstream by socks", "socks5://" + socksOpen.Addr().String(), "https://" + nobody, false, []string{"refused", hintReaches}},
		{"hung up", "http://" + hostOf(rude), secure.URL, false, []string{"broke off CONNECT", hintReaches}},
	}
}

// TestFaults tells of every fault which proxy it was, what it did and what to do, without any password.
func TestFaults(t *testing.T) {
	for _, f := range faultyProxies(t) {
		t.Run(f.name, func(t *testing.T) {
			r := newRoute(t, f.proxy)
			_, err := get(t, r, f.upstream)
			var fault *ProxyError
			if !errors.As(err, &fault) {
				t.Fatalf("no fault of the proxy: %v", err)
			}
			for _, text := range append(f.says, strings.TrimPrefix(strings.TrimPrefix(f.upstream, "https://"), "http://")) {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a password in %q", err)
			}
			if fault.Dead != f.dead {
				t.Errorf("dead: %v", fault.Dead)
			}
			if _, down := r.Down(); down != f.dead {
				t.Errorf("the route is down: %v", down)
			}
		})
	}
}

// TestOthersFaults are not the proxy's.
func TestOthersFaults(t *testing.T) {
	torn := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(torn.Close)
	t.Cleanup(plain.Close)
	for _, scheme := range []string{"http", "socks5"} {
		at, _ := startProxy(t, scheme, "")
		upstreams := []string{
			"https" + strings.TrimPrefix(plain.URL, "http"), // no TLS behind the tunnel
			torn.URL,
		}
		if scheme == "http" {
			upstreams = upstreams[:1] // a forwarding proxy answers for an upstream that hangs up
		}
		for _, upstream := range upstreams {
			var fault *ProxyError
			if _, err := get(t, newRoute(t, at), upstream); err == nil || errors.As(err, &fault) {
				t.Errorf("%s %s: got %v", scheme, upstream, err)
			}
		}
	}
	var fault *ProxyError
	if _, err := get(t, NewRoute(&http.Transport{}, Proxy{}), "http://"+closedAddress(t)); err == nil || errors.As(err, &fault) {
		t.Errorf("without a proxy: %v", err)
	}
}

// TestSilentProxy is left in the end, and a client that leaves before is nobody's fault.
func TestSilentProxy(t *testing.T) {
	p := proxytest.NewSOCKS(t, func(p *proxytest.SOCKS) { p.Silent = true })
	r := newRoute(t, "socks5://"+p.Addr().String())
	r.patience = time.Millisecond
	var fault *ProxyError
	if _, err := get(t, r, "https://upstream.invalid"); !errors.As(err, &fault) || !strings.Contains(err.Error(), "did not open a way in time") {
		t.Errorf("got %v", err)
	}
	r.patience = time.Hour
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://upstream.invalid", nil)
	if _, err := r.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestHealth leaves a dead proxy alone for longer and longer, and forgets that when a request gets through.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Route{}
		dead := &ProxyError{Dead: true}
		for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
			r.health.failed(dead)
			time.Sleep(want*time.Second - 1)
			r.health.failed(dead) // it was on its way
			if fault, down := r.Down(); !down || fault != dead {
				t.Fatalf("not down for %ds", want)
			}
			time.Sleep(1 * time.Nanosecond)
			if _, down := r.Down(); down {
				t.Fatalf("down for more than %ds", want)
			}
		}
		r.health.failed(dead)
		r.health.failed(&ProxyError{})
		if _, down := r.Down(); down {
			t.Error("a proxy that answers is down")
		}
		r.health.failed(dead)
		time.Sleep(shortestDown)
		if _, down := r.Down(); down {
			t.Error("success has not been forgotten")
		}
	})
	if _, down := (*Route)(nil).Down(); down {
		t.Error("no route is down")
	}
}

// TestNetworkProxy tells the faults of proxies that the transport chooses itself, and not its words when it cannot.
func TestNetworkProxy(t *testing.T) {
	nobody := closedAddress(t)
	r := NewRoute(&http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: nobody})}, Proxy{}).Watch()
	var fault *ProxyError
	if _, err := get(t, r, "https://upstream.invalid"); !errors.As(err, &fault) || fault.Proxy != "http://"+nobody {
		t.Errorf("got %v", err)
	}
	const wrong = "http://me:secret@%s"
	r = NewRoute(&http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(fmt.Sprintf(wrong, "x:port")) }}, Proxy{}).Watch()
	if _, err := get(t, r, "https://upstream.invalid"); !errors.Is(err, errNoProxy) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestShare has one route for one key as long as anybody needs it.
func TestShare(t *testing.T) {
	built := 0
	build := func() (*Route, error) {
		built++
		return NewRoute(&http.Transport{}, Proxy{}), nil
	}
	one, _ := Share("one", build)
	again, _ := Share("one", build)
	other, _ := Share("other", build)
	if one != again || one == other || built != 2 {
		t.Errorf("%d were built", built)
	}
	Release("one")
	if same, _ := Share("one", build); same != one {
		t.Error("a route that somebody still has was built again")
	}
	for _, key := range []string{"one", "one", "other"} {
		Release(key)
	}
	if _, _ = Share("one", build); built != 3 {
		t.Error("a route that nobody had was kept")
	}
	Release("one")
	if _, err := Share("bad", func() (*Route, error) { return nil, errBad }); !errors.Is(err, errBad) {
		t.Errorf("got %v", err)
	}
}

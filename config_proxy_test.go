package aigateway

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"golang.org/x/net/http2"

	"github.com/caddy-ai-gateway/ai-gateway/egress/proxytest"
)

// compatible is an account of openai_compatible for model m, with more options.
func compatible(name, base string, options ...string) string {
	return fmt.Sprintf("account %[1]s openai_compatible sk-%[1]s {\nbase_url %[2]s/v1\nmodels m\n%[3]s\n}\n", name, base, strings.Join(options, "\n"))
}

// newWholeUpstream is an upstream that takes any key.
func newWholeUpstream(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, wholeAnswer)
	}))
	t.Cleanup(s.Close)
	return s
}

// nobody is an address where nobody listens.
func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// TestProxyOfAccounts sends the requests of each account through its own proxy, or through the gateway's, or through
// none if its transport says so. The password stays where it was.
func TestProxyOfAccounts(t *testing.T) {
	t.Setenv("TEST_PROXY_PASSWORD", "proxy-hush")
	upstream := newWholeUpstream(t)
	set := func(p *proxytest.HTTP) { p.User, p.Password = "me", "proxy-hush" }
	own, all := proxytest.NewHTTP(t, false, set), proxytest.NewSOCKS(t, func(p *proxytest.SOCKS) { p.User, p.Password = "me", "proxy-hush" })
	h := publish(t, `allow_anonymous
		policy round_robin
		proxy socks5h://me:{env.TEST_PROXY_PASSWORD}@`+all.Addr().String()+"\n"+
		compatible("own", upstream.URL, "proxy http://me:{env.TEST_PROXY_PASSWORD}@"+own.Listener.Addr().String())+
		compatible("all", upstream.URL)+
		compatible("direct", upstream.URL, "transport http {\nnetwork_proxy none\n}"))
	for range 6 {
		if got := askChat(t, h); got != http.StatusOK {
			t.Errorf("status %d", got)
		}
	}
	if own.Used.Load() != 2 || all.Used.Load() != 1 { // a tunnel serves more than one request
		t.Errorf("the proxies were used %d and %d times", own.Used.Load(), all.Used.Load())
	}
	raw, err := json.Marshal(h)
	must(t, err)
	_, shown := ask(t, "GET", "/ai_gateway/accounts", "")
	if !strings.Contains(shown, `"proxy":"http://`+own.Listener.Addr().String()+`"`) {
		t.Errorf("the admin API does not name the proxy: %s", shown)
	}
	if all := string(raw) + shown + fmt.Sprintf("%+v", h); strings.Contains(all, "proxy-hush") {
		t.Error("the password is shown")
	}
}

// TestDeadProxy asks the account with another way, and holds it against nobody.
func TestDeadProxy(t *testing.T) {
	t.Setenv("TEST_PROXY_PASSWORD", "proxy-hush")
	upstream := newWholeUpstream(t)
	dead, refusing := nobody(t), proxytest.NewHTTP(t, false, func(p *proxytest.HTTP) { p.User = "me" })
	for name, proxy := range map[string]string{
		"refused": "http://me:{env.TEST_PROXY_PASSWORD}@" + dead,
		"socks":   "socks5://me:{env.TEST_PROXY_PASSWORD}@" + dead,
		"407":     "http://me:{env.TEST_PROXY_PASSWORD}@" + refusing.Listener.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, log := newContext(t)
			h, err := load(t, ctx, "allow_anonymous\n"+
				compatible("behind-"+name, upstream.URL, "proxy "+proxy)+
				compatible("too-"+name, upstream.URL, "proxy "+proxy, "header X-Too 1")+
				compatible("free-"+name, upstream.URL, "priority 1"))
			must(t, err)
			must(t, h.app.Start())
			t.Cleanup(func() { must(t, h.app.Cleanup()) })
			for range 3 {
				if got := askChat(t, h); got != http.StatusOK {
					t.Errorf("status %d", got)
				}
			}
			accounts := accountPool(t, h).Accounts()
			behind, too, free := accounts[0].State.Snapshot(), accounts[1].State.Snapshot(), accounts[2].State.Snapshot()
			if len(behind.Cooldowns) > 0 || behind.Failed > 0 || behind.LastFailure.String() != "proxy_failed" || behind.InUse > 0 {
				t.Errorf("the account behind the proxy: %+v", behind)
			}
			if !too.UsedAt.IsZero() || free.Succeeded != 3 {
				t.Errorf("the other account behind the proxy was asked: %+v, %+v", too, free)
			}
			_, why := ask(t, "GET", "/ai_gateway/explain?model=m", "")
			for _, want := range []string{`"because":"proxy_down"`, "is left alone while its proxy is dead: reaching 127.0.0.1:"} {
				if !strings.Contains(why, want) {
					t.Errorf("no %s in %s", want, why)
				}
			}
			if n := strings.Count(log(), `"fault":"proxy"`); n != 1 {
				t.Errorf("%d warnings of the proxy: %s", n, log())
			}
			if strings.Contains(why+log(), "proxy-hush") {
				t.Error("the password is shown")
			}
		})
	}
}

// TestOnlyDeadProxies answers with an error, each time after one try.
func TestOnlyDeadProxies(t *testing.T) {
	h := publish(t, "allow_anonymous\n"+compatible("only-one", "http://upstream.invalid", "proxy http://"+nobody(t)))
	for range 3 {
		if got := askChat(t, h); got != http.StatusBadGateway {
			t.Errorf("status %d", got)
		}
	}
	if got := decode[struct{ Chosen string }](t, "GET", "/ai_gateway/explain?model=m", ""); got.Chosen != "only-one" {
		t.Errorf("%s would be asked", got.Chosen)
	}
}

// TestProxyThatBarsOneHost asks another host through the same proxy.
func TestProxyThatBarsOneHost(t *testing.T) {
	upstream := newWholeUpstream(t)
	proxy := proxytest.NewSOCKS(t, nil)
	h := publish(t, "allow_anonymous\nproxy socks5://"+proxy.Addr().String()+"\n"+
		compatible("barred", "http://"+nobody(t))+compatible("good", upstream.URL, "priority 1"))
	if got := askChat(t, h); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if s := accountPool(t, h).Accounts()[0].State.Snapshot(); !strings.Contains(s.Reason, "connection refused") || len(s.Cooldowns) > 0 {
		t.Errorf("the barred account: %+v", s)
	}
}

// TestTokensComeThroughTheProxy has an account's proxy used for its tokens too, and a dead one held against nobody.
func TestTokensComeThroughTheProxy(t *testing.T) {
	auth, upstream := newAuthServer(t), newBearerUpstream(t, "access-1")
	login := func(name, proxy string) string {
		return fmt.Sprintf("account %s openai_compatible {\nbase_url %s/v1\nmodels m\noauth {\nclient_id id\ntoken_url %s\nrefresh_token seed\n}\nproxy %s\n}\n",
			name, upstream.URL, auth.URL, proxy)
	}
	proxy := proxytest.NewHTTP(t, false, nil)
	h, err := load(t, newStorageContext(t), "allow_anonymous\n"+login("through", "http://"+proxy.Listener.Addr().String()))
	must(t, err)
	if got := askChat(t, h); got != http.StatusOK || proxy.Used.Load() != 2 {
		t.Errorf("status %d, %d requests through the proxy", got, proxy.Used.Load())
	}
	h, err = load(t, newStorageContext(t), "allow_anonymous\n"+login("stuck", "http://"+nobody(t)))
	must(t, err)
	if got := askChat(t, h); got != http.StatusBadGateway {
		t.Errorf("status %d", got)
	}
	if s := accountPool(t, h).Accounts()[0].State.Snapshot(); len(s.Cooldowns) > 0 || !strings.Contains(s.Reason, "through the proxy") {
		t.Errorf("the account behind the dead proxy: %+v", s)
	}
}

// TestConnectionsOutliveReloads keeps the connections to an upstream that the next configuration reaches the same way.
func TestConnectionsOutliveReloads(t *testing.T) {
	var dialled atomic.Int32
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, wholeAnswer)
	}))
	upstream.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			dialled.Add(1)
		}
	}
	upstream.Start()
	t.Cleanup(upstream.Close)
	s := newSite(t)
	key := "key reload sk-reload\n"
	for n, block := range []string{
		key + compatible("one", upstream.URL),
		key + compatible("one", upstream.URL, "weight 2") + compatible("two", upstream.URL, "header X-Two 2"),
		key + "policy random\n" + compatible("two", upstream.URL),
	} {
		must(t, s.load(t, block))
		for range 3 {
			must(t, s.short(t.Context(), "h1", "m"))
		}
		if got := dialled.Load(); got != 1 {
			t.Errorf("%d connections after configuration %d", got, n+1)
		}
	}
	must(t, s.load(t, key+compatible("two", upstream.URL, "transport http {\ndial_timeout 1s\n}")))
	must(t, s.short(t.Context(), "h1", "m"))
	if got := dialled.Load(); got != 2 {
		t.Errorf("%d connections with another transport", got)
	}
}

// TestProxyErrors says at load what is wrong, without a password.
func TestProxyErrors(t *testing.T) {
	t.Setenv("TEST_EMPTY", "")
	t.Setenv("TEST_PROXY", "ftp://me:proxy-hush@proxy")
	for block, want := range map[string]string{
		"proxy {env.TEST_EMPTY}": "proxy: it is empty; set {env.TEST_EMPTY}, or remove it",
		"proxy {env.TEST_PROXY}": "it must be an http, https, socks5 or socks5h URL",
		"proxy {nonsense}":       "a placeholder that does not exist",
		"proxy http://proxy:1\ntransport http {\nnetwork_proxy url http://other:1\n}": "the transport has a network_proxy already",
	} {
		ctx, _ := newContext(t)
		_, err := load(t, ctx, "allow_anonymous\n"+block+"\n"+compatible("x", "http://upstream.invalid"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "proxy-hush") {
			t.Errorf("%s: got %v", block, err)
		}
	}
}

// TestHealthPings has HTTP/2 connections pinged on which nothing comes, so that a dead one does not hang all accounts.
func TestHealthPings(t *testing.T) {
	pinged, ended := make(chan struct{}, 100), make(chan struct{})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: httptestCertificates(t), NextProtos: []string{"h2"},
	})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		defer close(ended)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
		framer := http2.NewFramer(conn, conn)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if _, ok := frame.(*http2.PingFrame); ok {
				pinged <- struct{}{} // and never answered
			}
		}
	}()
	own := &reverseproxy.HTTPTransport{TLS: &reverseproxy.TLSConfig{InsecureSkipVerify: true}}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	must(t, own.Provision(ctx))
	must(t, tune(own))
	pings := own.Transport.HTTP2
	if pings.SendPingTimeout != 30*time.Second || pings.PingTimeout != 15*time.Second {
		t.Errorf("pings after %v, given up after %v", pings.SendPingTimeout, pings.PingTimeout)
	}
	pings.SendPingTimeout, pings.PingTimeout = time.Millisecond, 250*time.Millisecond
	req, err := http.NewRequest(http.MethodGet, "https://"+l.Addr().String(), nil)
	must(t, err)
	if _, err := own.Transport.RoundTrip(req); err == nil {
		t.Error("a dead connection has answered")
	}
	<-ended // the server has read all that was sent
	if len(pinged) == 0 {
		t.Error("nobody has pinged")
	}
}

func httptestCertificates(t *testing.T) []tls.Certificate {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	return s.TLS.Certificates
}

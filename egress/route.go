package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// patience is how long a proxy may take to open a way to an upstream. net/http itself would wait for a SOCKS proxy that
// says nothing as long as the request does.
const patience = 20 * time.Second

// Route is a way to upstreams: a pool of connections, and the proxy that they go through, if any. It is safe for
// concurrent use.
type Route struct {
	transport *http.Transport
	proxied   bool // some requests may go through a proxy
	patience  time.Duration
	health    health
}

// NewRoute takes over the transport, whose own notion of a proxy holds unless one is given.
func NewRoute(t *http.Transport, p Proxy) *Route {
	r := &Route{transport: t, patience: patience}
	if t.DialContext != nil {
		t.DialContext = dialer(t.DialContext).whole
	}
	choose := t.Proxy
	if p.url != nil {
		choose = http.ProxyURL(p.url)
	}
	r.proxied = p.url != nil || choose != nil && proxyInEnvironment()
	if choose == nil {
		return r
	}
	t.Proxy = func(req *http.Request) (*url.URL, error) {
		u, err := choose(req)
		if err != nil {
			return nil, errNoProxy // its text may quote a password
		}
		if at := tripOf(req.Context()); at != nil && at.proxy.url == nil && u != nil {
			at.proxy = Proxy{u}
		}
		return u, nil
	}
	t.OnProxyConnectResponse = func(ctx context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return &refusedError{resp.StatusCode}
		}
		if at := tripOf(ctx); at != nil {
			at.through.Store(true)
		}
		return nil
	}
	return r
}

var errNoProxy = errors.New("the proxy's URL cannot be read; correct network_proxy of the transport")

// proxyInEnvironment reports whether the process's environment names a proxy, which net/http then uses.
func proxyInEnvironment() bool {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// Watch has faults of proxies told that the transport finds by itself, such as with network_proxy.
func (r *Route) Watch() *Route {
	r.proxied = true
	return r
}

// Proxied reports whether some requests may go through a proxy. No requests of no route do.
func (r *Route) Proxied() bool { return r != nil && r.proxied }

// trip is one request on its way through a proxy.
type trip struct {
	proxy     Proxy       // set before anything is sent; zero for none
	through   atomic.Bool // the proxy has opened a way to the upstream
	connected atomic.Bool // the request has a connection
}

type tripKey struct{}

func tripOf(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// errSilent ends a request whose proxy says nothing.
var errSilent = errors.New("the proxy said nothing")

// RoundTrip implements http.RoundTripper. A fault of the proxy is a [ProxyError].
func (r *Route) RoundTrip(req *http.Request) (*http.Response, error) {
	if !r.proxied {
		return r.transport.RoundTrip(req)
	}
	at := new(trip)
	ctx, cancel := context.WithCancelCause(context.WithValue(req.Context(), tripKey{}, at))
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { at.connected.Store(true) },
		TLSHandshakeStart: func() {
			if at.proxy.socks() { // an https proxy has a handshake of its own, behind which comes CONNECT
				at.through.Store(true)
			}
		},
	})
	silence := time.AfterFunc(r.patience, func() {
		defer guard.Catch("ending a silent proxy")
		if !at.connected.Load() && !at.through.Load() {
			cancel(errSilent)
		}
	})
	resp, err := r.transport.RoundTrip(req.WithContext(ctx))
	silence.Stop()
	if req.Context().Err() != nil {
		return resp, err // the caller has ended it, and knows why
	}
	if fault := at.fault(req, resp, err, context.Cause(ctx)); fault != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		cancel(nil)
		r.health.failed(fault)
		return nil, fault
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if at.proxy.url != nil {
		r.health.worked()
	}
	return resp, nil // the context ends with the caller's
}

// fault returns what went wrong between us, the proxy and the way that it opens, or nil.
func (t *trip) fault(req *http.Request, resp *http.Response, err, cause error) *ProxyError {
	if t.proxy.url == nil {
		return nil
	}
	e := &ProxyError{Proxy: t.proxy.String(), Host: req.URL.Host, hint: hintReaches}
	if err == nil {
		if resp.StatusCode != http.StatusProxyAuthRequired {
			return nil
		}
		return e.refused(resp.StatusCode)
	}
	var status *refusedError
	var op *net.OpError
	isOp := errors.As(err, &op)
	switch {
	case errors.As(err, &status):
		return e.refused(status.status)
	case isOp && op.Op == "proxyconnect":
		e.Dead, e.what, e.err, e.hint = true, "the proxy cannot be reached", op.Err, hintRuns
	case isOp && strings.HasPrefix(op.Op, "socks"):
		e.what, e.err = "the SOCKS proxy failed", op.Err
		if strings.Contains(op.Err.Error(), "authentication") {
			e.Dead, e.hint = true, hintPassword
		}
	case t.connected.Load() || t.through.Load():
		return nil
	case cause == errSilent:
		e.what = "the proxy did not open a way in time"
	case t.proxy.socks() || req.URL.Scheme != "https":
		return nil
	default:
		e.what, e.err = "the proxy broke off CONNECT", err
	}
	return e
}

func (e *ProxyError) refused(status int) *ProxyError {
	e.what = "the proxy answered " + strconv.Itoa(status) + " " + http.StatusText(status)
	if status == http.StatusProxyAuthRequired {
		e.Dead, e.hint = true, hintPassword
	}
	return e
}

// CloseIdleConnections closes connections that no request uses.
func (r *Route) CloseIdleConnections() { r.transport.CloseIdleConnections() }

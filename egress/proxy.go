// Package egress is how requests leave for upstreams: over pools of connections that all who want the same share, over
// reloads, and through proxies, whose faults it tells from those of the upstreams.
package egress

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// schemes are the kinds of proxies. Both kinds of SOCKS let the proxy look up the names of upstreams, as net/http does.
var schemes = []string{"http", "https", "socks5", "socks5h"}

// Proxy is a forward proxy; the zero value is none. Of its user and password nothing is ever shown.
type Proxy struct{ url *url.URL }

// ErrProxy says what a proxy's URL has to be. It does not repeat the URL, which may hold a password.
var ErrProxy = errors.New("it must be an http, https, socks5 or socks5h URL with nothing behind the port, such as " +
	"http://proxy.example.com:3128 or socks5://user:password@127.0.0.1:1080")

// ParseProxy reads a proxy's URL. Its error is [ErrProxy].
func ParseProxy(raw string) (Proxy, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
		return Proxy{}, ErrProxy
	}
	if strings.TrimPrefix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Proxy{}, ErrProxy
	}
	u.Path = ""
	return Proxy{u}, nil
}

// String returns the proxy's URL without user and password, and "" for none.
func (p Proxy) String() string {
	if p.url == nil {
		return ""
	}
	shown := url.URL{Scheme: p.url.Scheme, Host: p.url.Host}
	return shown.String()
}

// Key tells proxies apart, by their users and passwords too. It is as secret as they are.
func (p Proxy) Key() string {
	if p.url == nil {
		return ""
	}
	return p.url.String()
}

func (p Proxy) socks() bool { return p.url != nil && strings.HasPrefix(p.url.Scheme, "socks") }

// ProxyError says that a request did not get as far as its upstream, for the proxy's sake: it did not answer, refused
// us, or could not reach the upstream itself.
type ProxyError struct {
	Proxy string // its URL without user and password
	Host  string // the upstream's, with its port if the URL has one

	// Dead says that nothing gets through the proxy. Otherwise it may serve other upstreams.
	Dead bool

	what string // it did
	hint string
	err  error
}

// Error names the proxy, what it did, and what to do.
func (e *ProxyError) Error() string {
	text := "reaching " + e.Host + " through the proxy " + e.Proxy + ": " + e.what
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text + "; " + e.hint
}

// Unwrap returns what the network said, if it said anything.
func (e *ProxyError) Unwrap() error { return e.err }

// The advice of ProxyErrors.
const (
	hintRuns     = "see that the proxy runs, and that its scheme, host and port are right"
	hintPassword = "look at the user and the password in the proxy's URL"
	hintReaches  = "see whether the proxy may and can reach the upstream"
)

// refusedError is a proxy's answer to CONNECT that is no tunnel.
type refusedError struct{ status int }

func (e *refusedError) Error() string { return "it answered CONNECT with " + http.StatusText(e.status) }

package egress

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// closedAddress is one where nobody listens.
func closedAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newRoute is a route through the proxy of a URL, that trusts the test servers.
func newRoute(t *testing.T, proxy string) *Route {
	t.Helper()
	p, err := ParseProxy(proxy)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = httptest.NewTLSServer(nil).Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	transport.Proxy = nil
	r := NewRoute(transport, p)
	t.Cleanup(r.CloseIdleConnections)
	return r
}

func get(t *testing.T, r *Route, address string) (string, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.RoundTrip((&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}).WithContext(context.Background()))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

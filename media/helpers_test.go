package media

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

var (
	png = "\x89PNG\r\n\x1a\n" + strings.Repeat("p", 600)
	pdf = "%PDF-1.7\n" + strings.Repeat("d", 600)
	mp3 = "ID3" + strings.Repeat("m", 600)
	mp4 = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + strings.Repeat("v", 600)
)

// world is a server that stands for the internet: it listens at 127.0.0.1,
// which the fetcher takes for a public address there, and no other address is
// that really is not one.
type world struct {
	*httptest.Server
	*Fetcher
	dialled atomic.Int64 // connections that were permitted
	port    string
}

// newWorld serves TLS with a certificate for example.com and its subdomains.
// Names resolve as resolve says, asked anew for every query.
func newWorld(t *testing.T, limits Limits, resolve func(name string) string, handler http.HandlerFunc) *world {
	t.Helper()
	w := &world{Server: httptest.NewTLSServer(handler), Fetcher: New("ai-gateway/test", limits)}
	t.Cleanup(w.Server.Close)
	t.Cleanup(w.Fetcher.Close)
	_, w.port, _ = net.SplitHostPort(w.Listener.Addr().String())
	w.permit = func(at netip.AddrPort) error {
		if at.Addr().Unmap() == netip.MustParseAddr("127.0.0.1") && strconv.Itoa(int(at.Port())) == w.port {
			w.dialled.Add(1)
			return nil
		}
		return permit(at)
	}
	roots := x509.NewCertPool()
	roots.AddCert(w.Certificate())
	w.Fetcher.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
	w.dialer.Resolver = resolver(t, resolve)
	return w
}

func (w *world) at(path string) string { return "https://example.com:" + w.port + path }

func home(string) string { return "127.0.0.1" }

// resolver asks a name server that runs in the test.
func resolver(t *testing.T, resolve func(name string) string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := reply(buf[:n], resolve); reply != nil {
				_, _ = server.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// reply answers one query: with an address of the kind that is asked for, else
// with none.
func reply(query []byte, resolve func(name string) string) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: h.ID, Response: true, RecursionAvailable: true})
	_ = b.StartQuestions()
	_ = b.Question(q)
	_ = b.StartAnswers()
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
	if addr, err := netip.ParseAddr(resolve(strings.TrimSuffix(q.Name.String(), "."))); err == nil {
		switch {
		case q.Type == dnsmessage.TypeA && addr.Is4():
			_ = b.AResource(head, dnsmessage.AResource{A: addr.As4()})
		case q.Type == dnsmessage.TypeAAAA && addr.Is6():
			_ = b.AAAAResource(head, dnsmessage.AAAAResource{AAAA: addr.As16()})
		}
	}
	out, _ := b.Finish()
	return out
}

func serves(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		_, _ = w.Write([]byte(body))
	}
}

package media

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// Fetcher fetches media. It is safe for concurrent use.
type Fetcher struct {
	limits Limits
	agent  string
	client http.Client
	dialer net.Dialer
	slots  chan struct{}
	permit func(netip.AddrPort) error // asked for every connection
}

// New returns a fetcher that names itself by the User-Agent agent. It uses no
// proxy, whatever the environment says: behind one it could not see where it
// connects to.
func New(agent string, limits Limits) *Fetcher {
	f := &Fetcher{limits: limits, agent: agent, slots: make(chan struct{}, limits.Together), permit: permit}
	f.dialer = net.Dialer{Timeout: limits.Timeout, Control: f.control}
	f.client = http.Client{
		CheckRedirect: f.redirect,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
				err = guard.Try(fetching, func() (err error) { // net/http connects in goroutines of its own
					c, err = f.dialer.DialContext(ctx, network, address)
					return err
				})
				return c, err
			},
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    limits.Timeout,
			DisableCompression:     true, // what is small must not become large
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           limits.Together,
			IdleConnTimeout:        5 * time.Second,
			// A map that is there keeps HTTP/2 off.
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
	}
	return f
}

// Close ends the connections that nothing uses.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// checkURL refuses what is not fetched whoever is at the address.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "https":
		return refuse("only https URLs are fetched")
	case u.Host == "" || u.Hostname() == "":
		return refuse("the URL has no host")
	case u.User != nil:
		return refuse("the URL holds a user name or a password")
	}
	return nil
}

// redirect is asked before a redirect is followed.
func (f *Fetcher) redirect(req *http.Request, via []*http.Request) error {
	req.Header.Del("Referer") // it would tell one host the other's URL
	if len(via) > f.limits.Redirects {
		return refuse("it redirects more than %d times", f.limits.Redirects)
	}
	if err := checkURL(req.URL); err != nil {
		return refuse("it redirects, and %s", err.Error())
	}
	return nil
}

// one fetches one medium.
func (f *Fetcher) one(ctx context.Context, item Item, left *atomic.Int64) (Content, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, item.URL, nil)
	if err != nil {
		return Content{}, refuse("the URL cannot be read")
	}
	if err := checkURL(req.URL); err != nil {
		return Content{}, err
	}
	req.Header.Set("User-Agent", f.agent)
	req.Header.Set("Accept", accepts[item.Kind])
	resp, err := f.client.Do(req)
	if err != nil {
		return Content{}, f.redirected(item.URL, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Content{}, refuse("it answers with status %d", resp.StatusCode)
	}
	if resp.ContentLength > f.limits.Item {
		return Content{}, f.tooLarge()
	}
	found, err := f.read(resp, item.Kind, left)
	if gone := ctx.Err(); gone != nil {
		return Content{}, gone // a server that sees the client leave may end a body as if it were whole
	}
	return found, err
}

// redirected says whose fault an error is when it is not the first host's.
func (f *Fetcher) redirected(first string, err error) error {
	var at *url.Error
	if !errors.As(err, &at) {
		return err
	}
	if host := hostOf(at.URL); host != "" && host != hostOf(first) {
		why, to := f.reason(err), "it redirects to "+host+": "
		return refusal{to + why.told, to + why.known}
	}
	return err
}

func (f *Fetcher) tooLarge() error {
	return refuse("it is larger than %d MB", f.limits.Item>>20)
}

// read takes the body, of which the beginning tells whether the rest is wanted.
func (f *Fetcher) read(resp *http.Response, kind Kind, left *atomic.Int64) (Content, error) {
	body := &meter{r: io.LimitReader(resp.Body, f.limits.Item+1), left: left, total: f.limits.Total}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, body, sniffed); err != nil && err != io.EOF {
		return Content{}, err
	}
	mime, err := typeOf(kind, resp.Header.Get("Content-Type"), data.Bytes())
	if err != nil {
		return Content{}, err
	}
	if resp.ContentLength > 0 {
		data.Grow(int(min(resp.ContentLength, 1<<20))) // what is promised need not come
	}
	if _, err := data.ReadFrom(body); err != nil {
		return Content{}, err
	}
	if int64(data.Len()) > f.limits.Item {
		return Content{}, f.tooLarge()
	}
	return Content{MIME: mime, Data: data.Bytes()}, nil
}

// meter counts what all media of a request take together.
type meter struct {
	r     io.Reader
	left  *atomic.Int64
	total int64
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if m.left.Add(-int64(n)) < 0 {
		return n, refuse("all media of the request together are larger than %d MB", m.total>>20)
	}
	return n, err
}

// reason says in words for the client, and for the log, why a medium could not
// be fetched. The errors of the network may hold the URL.
func (f *Fetcher) reason(err error) refusal {
	if r, ok := isRefusal(err); ok {
		return r
	}
	var dns *net.DNSError
	var unverified *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var timeout net.Error
	text := "the connection failed"
	switch {
	case errors.As(err, &dns):
		return refusal{unreachable, "its name cannot be resolved: " + dns.Err}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		text = "it takes longer than " + f.limits.Timeout.String()
	case errors.As(err, &unverified), errors.As(err, &unknown):
		text = "its certificate cannot be verified"
	}
	return refusal{text, text}
}

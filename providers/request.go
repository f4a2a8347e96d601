package providers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// parcel is what a request is made of, in one piece of memory. It lives as long as the transport reads from it.
type parcel struct {
	url    url.URL
	reader bytes.Reader
	body   []byte
	values [5]string // of headers
	used   int
}

// newRequest builds a request for the path (already escaped, beginning with a slash) below the call's base URL.
// A nil body makes it a GET. A query that the base URL has stays in front of the given one.
// It is http.NewRequestWithContext without what that finds out from a URL that is parsed already.
func newRequest(ctx context.Context, call *Call, path, query string, body []byte) (*http.Request, error) {
	u, err := call.Steady.endpoint(call.BaseURL, path, query)
	if err != nil {
		return nil, err
	}
	p := &parcel{url: *u, body: body}
	req := http.Request{
		Method: http.MethodGet, URL: &p.url, Host: u.Host, Header: make(http.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if body != nil {
		req.Method = http.MethodPost
		req.ContentLength = int64(len(body))
		req.Body, req.GetBody = p.open()
	}
	h := req.Header
	h["User-Agent"], h["Accept"] = p.value(UserAgent()), p.value("application/json")
	if body != nil {
		h["Content-Type"] = p.value("application/json")
	}
	bearer(&req, call, call.Bearer)
	if call.Stream {
		// A compressed stream arrives in the compressor's blocks, not in the model's words.
		h["Accept"], h["Accept-Encoding"] = p.value("text/event-stream"), p.value("identity")
	}
	return req.WithContext(ctx), nil
}

// value is a header's only value.
func (p *parcel) value(s string) []string {
	i := p.used
	p.values[i] = s
	p.used++
	return p.values[i : i+1 : i+1]
}

// open returns the body, and what returns it once more: net/http sends it again on a fresh connection when a kept-alive
// one was stale. A short one goes out together with the headers, as it is seen to lie in memory.
func (p *parcel) open() (io.ReadCloser, func() (io.ReadCloser, error)) {
	if len(p.body) == 0 {
		return http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	p.reader.Reset(p.body)
	return io.NopCloser(&p.reader), p.again
}

func (p *parcel) again() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }

// endpoint joins base URL, escaped path and query. The error does not repeat the base URL, which may hold a password.
func endpoint(base, path, query string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, errors.New("building request: base_url is not an absolute URL")
	}
	escaped := strings.TrimRight(u.EscapedPath(), "/") + path
	u.Path, err = url.PathUnescape(escaped)
	if err != nil {
		return nil, fmt.Errorf("building request: escaping path: %w", err)
	}
	u.RawPath = escaped
	u.Host, u.Fragment = strings.TrimSuffix(u.Host, ":"), ""
	u.RawQuery = strings.Trim(u.RawQuery+"&"+query, "&")
	return u, nil
}

// escapeModel escapes a model's name for a URL path and keeps its slashes.
// Names come from clients, so one that would climb to another path is refused.
func escapeModel(model string) (string, error) {
	if isPlainPath(model) {
		return model, nil
	}
	segments := strings.Split(model, "/")
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", ir.Invalid("model", "this model's name cannot stand in a URL")
		}
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/"), nil
}

// isPlainPath reports whether a name is a path in which nothing needs escaping and nothing can climb, as nearly all are.
func isPlainPath(name string) bool {
	between := true // two segments, or before the first
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			between = false
		case between: // one that begins otherwise is looked at closely
			return false
		case c == '/':
			between = true
		case c != '-' && c != '.' && c != '_':
			return false
		}
	}
	return !between
}

// unsupported is the error for an operation that the upstream does not offer in this dialect.
func unsupported(platform string, call *Call) error {
	return fmt.Errorf("building request: %s offers no %s in dialect %q", platform, call.Op, call.Dialect)
}

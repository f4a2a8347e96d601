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

// newRequest builds a request for the path (already escaped, beginning with a slash) below the call's base URL.
// A nil body makes it a GET. A query that the base URL has stays in front of the given one.
func newRequest(ctx context.Context, call *Call, path, query string, body []byte) (*http.Request, error) {
	u, err := endpoint(call.BaseURL, path, query)
	if err != nil {
		return nil, err
	}
	method := http.MethodGet
	var reader io.Reader
	if body != nil {
		method = http.MethodPost
		// A *bytes.Reader lets net/http send the body again on a fresh connection when a kept-alive one was stale.
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "", reader)
	if err != nil {
		return nil, fmt.Errorf("building request to %s: %w", u.Host, err)
	}
	req.URL, req.Host = u, u.Host

	values := []string{UserAgent(), "application/json", "application/json", "text/event-stream", "identity"}
	h := req.Header
	h["User-Agent"], h["Accept"] = values[0:1:1], values[1:2:2]
	if body != nil {
		h["Content-Type"] = values[2:3:3]
	}
	bearer(req, call.Bearer)
	if call.Stream {
		// A compressed stream arrives in the compressor's blocks, not in the model's words.
		h["Accept"], h["Accept-Encoding"] = values[3:4:4], values[4:5:5]
	}
	return req, nil
}

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
	segments := strings.Split(model, "/")
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", ir.Invalid("model", "this model's name cannot stand in a URL")
		}
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/"), nil
}

// unsupported is the error for an operation that the upstream does not offer in this dialect.
func unsupported(platform string, call *Call) error {
	return fmt.Errorf("building request: %s offers no %s in dialect %q", platform, call.Op, call.Dialect)
}

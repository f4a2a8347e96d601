package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func zstded(s string) string {
	zw, _ := zstd.NewWriter(nil)
	return string(zw.EncodeAll([]byte(s), nil))
}

// noise is text that no compression makes shorter than half.
func noise(n int) string {
	b := make([]byte, n)
	random := rand.NewPCG(1, 2)
	for i := range b {
		b[i] = byte(random.Uint64())
	}
	return string(b)
}

// TestBody covers bodies that are read, and those that are refused.
func TestBody(t *testing.T) {
	const limit = 1 << 20
	ask := speeches[ir.Chat].ask
	padded := func(n int) string { return ask + strings.Repeat(" ", n-len(ask)) }
	bomb := strings.Repeat(" ", 8*limit)
	tests := map[string]struct {
		body, coding string
		status       int
		message      string
	}{
		"plain":               {ask, "", 200, ""},
		"identity":            {ask, "identity", 200, ""},
		"gzip":                {gzipped(ask), "gzip", 200, ""},
		"x-gzip":              {gzipped(ask), "x-gzip", 200, ""},
		"GZIP":                {gzipped(ask), "GZIP", 200, ""},
		"zstd":                {zstded(ask), "zstd", 200, ""},
		"at the limit":        {padded(limit), "", 200, ""},
		"gzip at the limit":   {gzipped(padded(limit)), "gzip", 200, ""},
		"over the limit":      {padded(limit + 1), "", 413, "larger than 1 MiB, the most"},
		"gzip over the limit": {gzipped(padded(limit + 1)), "gzip", 413, "larger than 1 MiB, the most"},
		"zstd over the limit": {zstded(padded(limit + 1)), "zstd", 413, "larger than 1 MiB, the most"},
		"gzip bomb":           {gzipped(bomb), "gzip", 413, "larger than 1 MiB, the most"},
		"zstd bomb":           {zstded(bomb), "zstd", 413, "larger than 1 MiB, the most"},
		"gzip that is long":   {gzipped(noise(2 * limit)), "gzip", 413, "larger than 1 MiB, the most"},
		"zstd that is long":   {zstded(noise(2 * limit)), "zstd", 413, "larger than 1 MiB, the most"},
		"br":                  {ask, "br", 415, "gzip, zstd or identity"},
		"deflate":             {ask, "deflate", 415, "gzip, zstd or identity"},
		"twice":               {gzipped(gzipped(ask)), "gzip, gzip", 415, "gzip, zstd or identity"},
		"not gzip":            {ask, "gzip", 400, "Failed to read request body: it is not complete and valid gzip, as its Content-Encoding says: gzip: invalid header"},
		"not zstd":            {ask, "zstd", 400, "Failed to read request body: it is not complete and valid zstd"},
		"half a gzip":         {gzipped(ask)[:40], "gzip", 400, "Failed to read request body: it is not complete and valid gzip"},
		"half a zstd":         {zstded(ask)[:40], "zstd", 400, "Failed to read request body: it is not complete and valid zstd"},
		"empty":               {"", "", 400, "Request body is empty"},
		"white space":         {" \r\n\t ", "", 400, "Request body is empty"},
		"empty gzip":          {gzipped(""), "gzip", 400, "Request body is empty"},
		"no JSON":             {"hello", "", 400, "Failed to parse request body"},
		"half a JSON":         {ask[:30], "", 400, "Failed to parse request body"},
		"an array":            {"[1]", "", 400, "Failed to parse request body"},
		"no model":            {`{"messages":[]}`, "", 400, "model is required"},
		"empty model":         {`{"model":"","messages":[]}`, "", 400, "model is required"},
	}
	f, up := one(t, ir.Chat, says(200, "application/json", speeches[ir.Chat].whole), nil)
	for name, test := range tests {
		before := len(up.requests())
		got := f.post("/v1/chat/completions", test.body, "Content-Encoding", test.coding)
		if got.status != test.status || !strings.Contains(errorOf(got.body), test.message) {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
		sent := up.requests()[before:]
		if (test.status == 200) != (len(sent) == 1) {
			t.Errorf("%s: the upstream was asked %d times", name, len(sent))
		}
		for _, r := range sent {
			if strings.TrimSpace(r.body) != ask || r.header.Get("Content-Encoding") != "" {
				t.Errorf("%s: the upstream got %q, coding %q", name, r.body[:min(len(r.body), 100)], r.header.Get("Content-Encoding"))
			}
		}
	}
}

// TestBodyInEachDialect reads the refusals in the dialect that asks.
func TestBodyInEachDialect(t *testing.T) {
	f := serve(t, gatewaySpec{})
	for _, d := range dialects {
		for body, status := range map[string]int{"": 400, "{": 400, strings.Repeat(" ", 1<<20+1): 413} {
			got := f.post(speeches[d].path, body)
			if got.status != status {
				t.Errorf("%s: got %d %s", d, got.status, got.body)
			}
			wantDialect(t, fmt.Sprintf("body of %d bytes", len(body)), d, got)
		}
	}
}

// TestChunkedBody has no length in front.
func TestChunkedBody(t *testing.T) {
	f, _ := one(t, ir.Chat, says(200, "application/json", speeches[ir.Chat].whole), nil)
	for body, status := range map[string]int{speeches[ir.Chat].ask: 200, strings.Repeat(" ", 2<<20): 413} {
		req, _ := http.NewRequest("POST", f.server.URL+"/v1/chat/completions", io.MultiReader(strings.NewReader(body)))
		req.Header.Set("Authorization", "Bearer "+clientSecret)
		resp, err := f.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("got %d, want %d", resp.StatusCode, status)
		}
	}
}

// TestCutBody: a client that hangs up in the middle of its body asks nobody, and
// is none that was told that its request is wrong.
func TestCutBody(t *testing.T) {
	ask := speeches[ir.Chat].ask
	head := "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + clientSecret + "\r\n"
	for name, begun := range map[string]string{
		"of known length": head + "Content-Length: 1000\r\n\r\n" + ask,
		"chunked":         head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + ask,
		"gzip":            head + "Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n" + gzipped(ask)[:40],
		"zstd":            head + "Content-Encoding: zstd\r\nContent-Length: 1000\r\n\r\n" + zstded(ask)[:40],
		"hardly begun":    head + "Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			heard := new(notebook)
			f, up := one(t, ir.Chat, says(200, "application/json", speeches[ir.Chat].whole), func(g *Gateway) { g.Observer = heard })
			conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, begun)
			_ = conn.(*net.TCPConn).CloseWrite()
			got, _ := io.ReadAll(conn) // which most clients do not
			if !strings.HasPrefix(string(got), "HTTP/1.1 499 ") || !strings.Contains(string(got), "the connection ended before the body did") {
				t.Errorf("got %s", got)
			}
			heard.wantGone(t)
			if n := len(up.requests()); n != 0 {
				t.Errorf("the upstream was asked %d times", n)
			}
		})
	}
}

// wantGone wants one request to have ended because its client had left.
func (n *notebook) wantGone(t *testing.T) {
	t.Helper()
	eventually(t, "the request has ended", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.events) > 0
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.events[0]; e.Status != StatusGone || e.Account != nil || len(n.attempts) != 0 {
		t.Errorf("got %+v after %d attempts", e, len(n.attempts))
	}
}

// TestCutBodyOnHTTP2 has a stream reset, and a connection closed, in the middle
// of a body.
func TestCutBodyOnHTTP2(t *testing.T) {
	for name, leave := range map[string]func(*fixture, context.CancelFunc){
		"reset":  func(_ *fixture, cancel context.CancelFunc) { cancel() },
		"closed": func(f *fixture, _ context.CancelFunc) { f.server.CloseClientConnections() },
	} {
		t.Run(name, func(t *testing.T) {
			heard := new(notebook)
			f := serve(t, gatewaySpec{http2: true, tweak: func(g *Gateway) { g.Observer, g.MaxBody = heard, 8<<20 }})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			reader, writer := io.Pipe()
			defer writer.Close()
			req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+"/v1/chat/completions", reader)
			req.Header.Set("Authorization", "Bearer "+clientSecret)
			var wg sync.WaitGroup
			wg.Go(func() {
				if resp, err := f.server.Client().Do(req); err == nil {
					_ = resp.Body.Close()
				}
			})
			_, _ = writer.Write(make([]byte, 4<<20)) // more than the connection takes before somebody reads
			leave(f, cancel)
			_ = writer.CloseWithError(context.Canceled)
			heard.wantGone(t)
			wg.Wait()
		})
	}
}

// TestSlowBody: a client that the server has lost patience with is still there.
func TestSlowBody(t *testing.T) {
	g, _ := newGateway(t, gatewaySpec{})
	r := prepareRequest("/v1/messages", io.MultiReader(strings.NewReader("{"), &failingReader{os.ErrDeadlineExceeded}))
	w := newRecorder()
	_ = g.ServeHTTP(w, prepare(w, r), nil)
	if w.status != 400 || !strings.Contains(w.body.String(), "Failed to read request body") {
		t.Errorf("got %d %s", w.status, w.body.String())
	}
}

// TestSiteLimit names the limit of the site's request_body when that is lower.
func TestSiteLimit(t *testing.T) {
	g, _ := newGateway(t, gatewaySpec{})
	tooLong := caddyhttp.Error(413, &http.MaxBytesError{Limit: 77})
	r := prepareRequest("/v1/messages", io.MultiReader(strings.NewReader("{"), &failingReader{tooLong}))
	w := newRecorder()
	_ = g.ServeHTTP(w, prepare(w, r), nil)
	if w.status != 413 || !strings.Contains(w.body.String(), "77 bytes") {
		t.Errorf("got %d %s", w.status, w.body.String())
	}
}

type failingReader struct{ err error }

func (r *failingReader) Read([]byte) (int, error) { return 0, r.err }

// prepareRequest is a POST with the client's key.
func prepareRequest(path string, body io.Reader) *http.Request {
	r, _ := http.NewRequest("POST", path, body)
	r.RequestURI, r.RemoteAddr = path, "192.0.2.1:1234"
	r.Header.Set("Authorization", "Bearer "+clientSecret)
	return r
}

// TestBodyKeepsNoSecondCopy grows the buffer once for a body of known length.
func TestBodyKeepsNoSecondCopy(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 1<<20)
	r := prepareRequest("/", bytes.NewReader(body))
	got, err := readBody(make([]byte, 0, bodySize(r, 2<<20)), newRecorder(), r, 2<<20)
	if err != nil || len(got) != len(body) || cap(got) > len(body)+64<<10 {
		t.Errorf("%d bytes in %d, %v", len(got), cap(got), err)
	}
}

// TestBombIsNotUnpacked stops at the limit, however much is behind it.
func TestBombIsNotUnpacked(t *testing.T) {
	bomb := gzipped(strings.Repeat(" ", 32<<20))
	r := prepareRequest("/", strings.NewReader(bomb))
	r.Header.Set("Content-Encoding", "gzip")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readBody(nil, newRecorder(), r, 64<<10)
	runtime.ReadMemStats(&after)
	if e := asError(err); e.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes were allocated for a limit of 64 KiB", n)
	}
}

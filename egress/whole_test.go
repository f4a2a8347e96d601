package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// counted is a connection that counts what is written at once.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// memory is a body that knows how much is left of it.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// TestBodyIsWrittenAtOnce sends bodies of every kind and counts the writes of those that lie in memory: the headers and
// what fits beside them, then all the rest.
func TestBodyIsWrittenAtOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	defer server.Close()
	long := strings.Repeat("0123456789abcdef", 16<<10)
	bodies := map[string]struct {
		body   io.Reader
		length int64
		most   int64
	}{
		"in memory":        {memory{bytes.NewReader([]byte(long))}, int64(len(long)), 2},
		"a stream":         {struct{ io.Reader }{strings.NewReader(long)}, int64(len(long)), 1 << 10},
		"of unknown size":  {struct{ io.Reader }{strings.NewReader(long)}, -1, 1 << 10},
		"short, in memory": {strings.NewReader("short"), 5, 1},
	}
	for name, tt := range bodies {
		t.Run(name, func(t *testing.T) {
			writes := new(atomic.Int64)
			dial := dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return counted{c, writes}, err
			})
			transport := &http.Transport{DialContext: dial.whole}
			defer transport.CloseIdleConnections()
			req, err := http.NewRequest(http.MethodPost, server.URL, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = tt.length
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			want := long
			if tt.length == 5 {
				want = "short"
			}
			if err != nil || string(got) != want {
				t.Errorf("%d bytes came back of %d, %v", len(got), len(want), err)
			}
			if n := writes.Load(); n > tt.most {
				t.Errorf("%d writes, of at most %d", n, tt.most)
			}
		})
	}
}

// TestLimitIsKept writes no more of a body than the reader allows.
func TestLimitIsKept(t *testing.T) {
	near, far := net.Pipe()
	got := make(chan string)
	go func() {
		b, _ := io.ReadAll(far)
		got <- string(b)
	}()
	n, err := wholeConn{near}.ReadFrom(io.LimitReader(strings.NewReader("too long"), 3))
	_ = near.Close()
	if text := <-got; n != 3 || err != nil || text != "too" {
		t.Errorf("%d, %v: %q", n, err, text)
	}
}

func TestFailedDialIsTold(t *testing.T) {
	broken := errors.New("broken")
	dial := dialer(func(context.Context, string, string) (net.Conn, error) { return nil, broken })
	if c, err := dial.whole(t.Context(), "tcp", "x"); c != nil || !errors.Is(err, broken) {
		t.Errorf("%v, %v", c, err)
	}
}

package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// poison writes over a buffer that has come back, so that whoever still reads
// it finds nonsense, and the race detector finds whoever does so at the time.
// Every gateway under test does this.
func poison(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}

func TestBuffersLendWhatIsAskedFor(t *testing.T) {
	var p buffers
	for _, n := range []int{0, 1, 4095, 4096, 4097, 8192, 8193, 1 << 20, 4 << 20, 4<<20 + 1, 9 << 20} {
		b := p.get(n)
		if len(b.b) != 0 || cap(b.b) < n {
			t.Errorf("get(%d) has length %d and room for %d", n, len(b.b), cap(b.b))
		}
		b.b = append(b.b[:cap(b.b)], "more"...) // as a holder does whose guess was too low
		p.put(b)
	}
	for range 100 {
		for _, n := range []int{1, 4097, 100_000, 5 << 20} {
			if b := p.get(n); len(b.b) != 0 || cap(b.b) < n {
				t.Fatalf("a used buffer for %d has length %d and room for %d", n, len(b.b), cap(b.b))
			}
		}
	}
}

func TestReadUpTo(t *testing.T) {
	text := strings.Repeat("abcdefghij", 1000)
	for _, limit := range []int{1, 511, 512, 9_999, 10_000, 10_001, 100_000} {
		got, err := readUpTo(make([]byte, 0, 512), strings.NewReader(text), limit)
		if want := text[:min(limit, len(text))]; err != nil || string(got) != want {
			t.Errorf("limit %d: %d bytes, %v; want %d", limit, len(got), err, len(want))
		}
	}
	broken := errors.New("broken")
	got, err := readUpTo(nil, io.MultiReader(strings.NewReader("begun"), &failing{broken}), 100)
	if string(got) != "begun" || !errors.Is(err, broken) {
		t.Errorf("a broken source: %q, %v", got, err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// marks is how often a request of these tests says its own mark.
const marks = 4000

// marked is the request with a long text that holds nothing but the mark.
func marked(ask, mark string) string {
	return strings.Replace(ask, prompt, strings.Repeat(mark+" ", marks), 1)
}

// markOf finds the mark of a request, which must be the only one and complete.
func markOf(body []byte) (string, error) {
	i := bytes.Index(body, []byte("mark-"))
	if i < 0 {
		return "", errors.New("there is no mark")
	}
	mark := string(body[i : i+len("mark-0000")])
	if n := bytes.Count(body, []byte(mark+" ")); n != marks {
		return mark, fmt.Errorf("%s stands there %d times of %d", mark, n, marks)
	}
	return mark, nil
}

// echo answers with the mark that the request holds.
func echo(t *testing.T, d ir.Dialect) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		mark, err := markOf(body)
		if err != nil {
			t.Errorf("the upstream was sent something else: %v", err)
		}
		said := strings.NewReplacer("hello there", mark, "hello ", mark, `"there"`, `" "`)
		if strings.Contains(r.URL.Path, "stream") || bytes.Contains(body, []byte(`"stream":true`)) {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, frame := range speeches[d].stream() {
				_, _ = said.WriteString(w, frame)
				_ = http.NewResponseController(w).Flush()
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = said.WriteString(w, speeches[d].whole)
	}
}

// TestBuffersAreNotShared has many clients at once, whose buffers are written
// over as soon as they are free. Some requests are refused before they have
// been sent to their end.
func TestBuffersAreNotShared(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, d := range dialects {
			for _, up := range []ir.Dialect{d, other(d)} {
				t.Run(fmt.Sprintf("%s-%s/http2=%t", d, up, http2), func(t *testing.T) {
					manyClients(t, d, up, http2)
				})
			}
		}
	}
}

func manyClients(t *testing.T, d, up ir.Dialect, http2 bool) {
	var turn atomic.Int64
	answer := echo(t, up)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if turn.Add(1)%5 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable) // without having read the body
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	f := serve(t, gatewaySpec{
		http2:    http2,
		accounts: []accountSpec{{name: "a", dialect: up, url: server.URL}, {name: "b", dialect: up, url: server.URL}},
		tweak: func(g *Gateway) {
			g.Attempts = 2
			g.Unsticky = true
		},
	})
	answered := atomic.Int64{}
	var wg sync.WaitGroup
	for client := range 6 {
		wg.Go(func() {
			for n := range 6 {
				mark := fmt.Sprintf("mark-%02d%02d", client, n)
				s := speeches[d]
				path, ask := s.path, s.ask
				if n%2 == 0 {
					path, ask = s.streamPath, s.askStream
				}
				got := f.post(path, marked(ask, mark))
				if got.status != http.StatusOK {
					continue // both accounts were in the mood, or are resting
				}
				answered.Add(1)
				if !strings.Contains(got.body, mark) || strings.Count(got.body, "mark-") != strings.Count(got.body, mark) {
					t.Errorf("the client of %s got %q", mark, got.body)
				}
			}
		})
	}
	wg.Wait()
	if answered.Load() == 0 {
		t.Error("nobody was answered")
	}
}

// lateReader is a transport that answers at once and reads the body later.
type lateReader struct {
	answer string
	read   chan struct{}
	wg     sync.WaitGroup

	mu     sync.Mutex
	bodies [][]byte
	late   []error // of reading after Close
}

func (l *lateReader) RoundTrip(req *http.Request) (*http.Response, error) {
	l.wg.Go(func() {
		again, err := req.GetBody()
		if err == nil {
			_ = again.Close() // a retry that never came about
		}
		<-l.read
		body, _ := io.ReadAll(req.Body)
		_ = req.Body.Close()
		_ = req.Body.Close()
		_, err = req.Body.Read(make([]byte, 1))
		l.mu.Lock()
		defer l.mu.Unlock()
		l.bodies, l.late = append(l.bodies, body), append(l.late, err)
	})
	return newAnswer(http.StatusOK, l.answer), nil
}

// TestBodyIsReadLate has a transport that reads the body when the client has
// its answer already: one that was written for it, and the client's own.
func TestBodyIsReadLate(t *testing.T) {
	for _, up := range []ir.Dialect{ir.Anthropic, ir.Chat} {
		t.Run(string(up), func(t *testing.T) { bodyIsReadLate(t, up) })
	}
}

func bodyIsReadLate(t *testing.T, up ir.Dialect) {
	late := &lateReader{answer: speeches[up].whole, read: make(chan struct{})}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: up, url: "http://upstream.invalid", transport: late}}})
	const n = 5
	for i := range n {
		if got := f.post("/v1/chat/completions", marked(speeches[ir.Chat].ask, fmt.Sprintf("mark-%04d", i))); got.status != http.StatusOK {
			t.Fatalf("status %d: %s", got.status, got.body)
		}
	}
	close(late.read)
	late.wg.Wait()
	seen := map[string]bool{}
	for i, body := range late.bodies {
		mark, err := markOf(body)
		if err != nil {
			t.Error(err)
		}
		seen[mark] = true
		if late.late[i] == nil {
			t.Error("a body could be read after Close")
		}
	}
	if len(seen) != n {
		t.Errorf("%d bodies were sent of %d", len(seen), n)
	}
}

// TestLoanGoesBackOnce counts how often a buffer goes back, by who holds it.
func TestLoanGoesBackOnce(t *testing.T) {
	back := 0
	p := &buffers{returned: func([]byte) { back++ }}
	l := newLoan(p, minLent)
	l.buffer.b = append(l.buffer.b, "the body"...)
	req := httptest.NewRequest(http.MethodPost, "http://upstream.invalid", nil)
	body := l.buffer.b
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, _ = req.GetBody()
	l.attach(req)
	again, err := req.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	_ = req.Body.Close()
	_ = req.Body.Close()
	l.leave()
	if back != 0 {
		t.Fatal("the buffer went back while a body was open")
	}
	if got, err := io.ReadAll(again); err != nil || string(got) != "the body" {
		t.Errorf("the second body is %q, %v", got, err)
	}
	_ = again.Close()
	if back != 1 {
		t.Errorf("the buffer went back %d times", back)
	}
	if _, err := req.GetBody(); !errors.Is(err, errReturned) {
		t.Errorf("a body of a buffer that went back: %v", err)
	}
}

// glance is an upstream that looks at something when it is asked, and again
// when its answer is read.
type glance struct {
	stream string
	look   func()
}

func (g *glance) RoundTrip(req *http.Request) (*http.Response, error) {
	g.look()
	_, err := io.Copy(io.Discard, req.Body)
	_ = req.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(io.MultiReader(readerFunc(func([]byte) (int, error) { g.look(); return 0, io.EOF }), strings.NewReader(g.stream))),
	}, err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestSentBodyGoesBackWhenTheAnswerBegins: a stream may take minutes, in which
// nobody sends its request again.
func TestSentBodyGoesBackWhenTheAnswerBegins(t *testing.T) {
	var back atomic.Int32
	var seen []int32
	up := &glance{stream: strings.Join(speeches[ir.Anthropic].stream(), ""), look: func() { seen = append(seen, back.Load()) }}
	g, _ := newGateway(t, gatewaySpec{
		accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: "http://upstream.invalid", transport: up}},
		tweak: func(g *Gateway) {
			g.buffers.returned = func(b []byte) {
				poison(b)
				if len(b) >= minLent {
					back.Add(1)
				}
			}
		},
	})
	body := strings.Replace(speeches[ir.Chat].askStream, prompt, strings.Repeat("long ", minLent), 1)
	r := httptest.NewRequest(http.MethodPost, speeches[ir.Chat].streamPath, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+clientSecret)
	w := httptest.NewRecorder()
	if err := g.ServeHTTP(w, prepare(w, r), nil); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d, %v: %s", w.Code, err, w.Body)
	}
	if len(seen) != 2 || seen[1] != seen[0]+1 {
		t.Errorf("%d long buffers were back before and after the upstream answered, want one more: that of its request", seen)
	}
}

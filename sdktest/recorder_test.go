package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// recorder is the transport of one test's client. It keeps a copy of every answer and has the grammar checker read it.
type recorder struct {
	t       testing.TB
	dialect grammar.Dialect
	relayed bool // the upstream speaks the same dialect
	base    http.RoundTripper

	mu      sync.Mutex
	answers []*answer
}

func newRecorder(t testing.TB, d grammar.Dialect) *recorder {
	return &recorder{t: t, dialect: d, base: transport}
}

// answer is one answer as the client got it.
type answer struct {
	request *http.Request
	sent    []byte
	status  int
	header  http.Header
	report  *grammar.Report // of a body that was read
	body    []byte
	done    chan struct{}
}

func (rec *recorder) client() *http.Client { return &http.Client{Transport: rec} }

// last is the latest answer, once its body was read.
func (rec *recorder) last() *answer {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.answers) == 0 {
		rec.t.Fatal("there was no answer")
	}
	a := rec.answers[len(rec.answers)-1]
	select {
	case <-a.done:
	case <-time.After(10 * time.Second):
		rec.t.Fatal("the answer's body was neither read to its end nor closed")
	}
	return a
}

// sent is the body of the latest request that was answered, for the messages of tests.
func (rec *recorder) sent() []byte {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.answers) == 0 {
		return nil
	}
	return rec.answers[len(rec.answers)-1].sent
}

// RoundTrip sends a request on and records the answer.
func (rec *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := rec.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a := &answer{request: r, sent: sent, status: resp.StatusCode, header: resp.Header.Clone(), done: make(chan struct{})}
	rec.mu.Lock()
	rec.answers = append(rec.answers, a)
	rec.mu.Unlock()
	resp.Body = &recordedBody{ReadCloser: resp.Body, rec: rec, answer: a, ctx: r.Context()}
	return resp, nil
}

// recordedBody copies what is read of a body.
type recordedBody struct {
	io.ReadCloser
	rec    *recorder
	answer *answer
	ctx    context.Context
	copied bytes.Buffer
	once   sync.Once
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.copied.Write(p[:n])
	if err == io.EOF {
		b.finish(false)
	} else if err != nil {
		b.finish(true)
	}
	return n, err
}

// Close reads what is left first, because some clients stop at the terminator, behind which nothing may follow. A
// client that has cancelled its request leaves a prefix.
func (b *recordedBody) Close() error {
	if b.ctx.Err() == nil {
		stop := time.AfterFunc(5*time.Second, func() { b.ReadCloser.Close() })
		_, _ = io.Copy(io.Discard, readerFunc(b.Read))
		stop.Stop()
	}
	b.finish(true)
	return b.ReadCloser.Close()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// finish has the answer checked.
func (b *recordedBody) finish(torn bool) {
	b.once.Do(func() {
		a := b.answer
		a.body = bytes.Clone(b.copied.Bytes())
		a.report = a.check(b.rec, torn)
		if err := a.report.Err(); err != nil {
			b.rec.t.Errorf("grammar: %s %s:\n%v\nrequest: %.2000s\nanswer: %.6000s", a.request.Method, a.request.URL, err, a.sent, a.body)
		}
		close(a.done)
	})
}

// check chooses the grammar by what was asked and what came.
func (a *answer) check(rec *recorder, torn bool) *grammar.Report {
	var asked struct {
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	_ = json.Unmarshal(a.sent, &asked)
	d, o := rec.dialect, grammar.Options{Usage: asked.StreamOptions.IncludeUsage, Prefix: torn, Relayed: rec.relayed}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	switch {
	case a.status >= 400:
		return grammar.Failure(d, a.status, a.body)
	case kind == "text/event-stream":
		return grammar.Stream(d, a.body, o)
	case d == grammar.Gemini && strings.Contains(a.request.URL.Path, ":streamGenerateContent"):
		o.Array = true
		return grammar.Stream(d, a.body, o)
	}
	return grammar.Whole(d, a.body)
}

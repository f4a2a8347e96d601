// Package mock is an LLM provider that speaks OpenAI Chat Completions, OpenAI
// Responses, Anthropic Messages and Gemini on one port, from precomputed bytes.
package mock

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/wire"
)

// plan is how answers are sent. It is replaced whole, never changed.
type plan struct {
	delay  time.Duration // before each write of text deltas
	ttft   time.Duration // before the first byte
	batch  int           // text deltas a write
	whole  map[wire.Dialect][]byte
	pieces map[wire.Dialect][][]byte // of a stream: opening, text, ..., closing
}

// Server is the provider. /stats counts requests; /set changes how answers are
// sent, without a restart.
type Server struct {
	chunks   int
	plan     atomic.Pointer[plan]
	requests atomic.Int64
	refused  atomic.Int64
}

// New is a mock upstream whose answers have the given number of text deltas,
// batch of them in one write, with a pause before each write and one before
// the first byte.
func New(chunks, batch int, delay, ttft time.Duration) *Server {
	s := &Server{chunks: chunks}
	s.use(plan{delay: delay, ttft: ttft, batch: batch})
	return s
}

// use puts the plan into force for the answers that start from now on.
func (s *Server) use(p plan) {
	p.batch = max(p.batch, 1)
	p.whole, p.pieces = map[wire.Dialect][]byte{}, map[wire.Dialect][][]byte{}
	for _, d := range wire.All {
		a := wire.NewAnswer(d, s.chunks)
		p.whole[d] = a.Whole
		last := len(a.Events) - 1
		pieces := [][]byte{a.Events[0]}
		for group := range slices.Chunk(a.Events[1:last], p.batch) {
			pieces = append(pieces, bytes.Join(group, nil))
		}
		p.pieces[d] = append(pieces, a.Events[last])
	}
	s.plan.Store(&p)
}

func (p *plan) String() string {
	return fmt.Sprintf("delay %s, ttft %s, batch %d", p.delay, p.ttft, p.batch)
}

// ServeHTTP answers a request in the dialect of its path. A large request that
// has lost something on its way is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/stats":
		fmt.Fprintf(w, "{\"requests\":%d,\"refused\":%d}\n", s.requests.Load(), s.refused.Load())
		return
	case "/set":
		p, err := s.plan.Load().with(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.use(p)
		fmt.Fprintln(w, s.plan.Load())
		return
	case "/v1/models", "/models":
		io.WriteString(w, `{"object":"list","data":[{"id":"mock-model","object":"model","created":1760000000,"owned_by":"mock"}]}`)
		return
	}
	d, stream, ok := wire.Of(r.URL.Path)
	if !ok {
		s.refuse(w, http.StatusNotFound, "no such path: "+r.URL.Path)
		return
	}
	body, err := readBody(r)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := wire.Complete(body); err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.requests.Add(1)
	p := s.plan.Load()
	if !pause(r, p.ttft) {
		return
	}
	if stream || wire.WantsStream(body) {
		p.stream(w, r, p.pieces[d])
		return
	}
	whole := p.whole[d]
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	w.Write(whole)
}

// with is the plan changed by the query's values.
func (p plan) with(q url.Values) (plan, error) {
	var err error
	for name, d := range map[string]*time.Duration{"delay": &p.delay, "ttft": &p.ttft} {
		if v := q.Get(name); v != "" && err == nil {
			*d, err = time.ParseDuration(v)
		}
	}
	if v := q.Get("batch"); v != "" && err == nil {
		p.batch, err = strconv.Atoi(v)
	}
	return p, err
}

// stream flushes each piece by itself, so that it is on the wire by itself.
func (p *plan) stream(w http.ResponseWriter, r *http.Request, pieces [][]byte) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	flusher := http.NewResponseController(w)
	for i, e := range pieces {
		if i > 0 && i < len(pieces)-1 && !pause(r, p.delay) {
			return
		}
		if len(e) == 0 {
			continue
		}
		if _, err := w.Write(e); err != nil {
			return
		}
		if err := flusher.Flush(); err != nil {
			return
		}
	}
}

func (s *Server) refuse(w http.ResponseWriter, status int, why string) {
	if s.refused.Add(1) <= 10 {
		log.Printf("refused: %s", why)
	}
	http.Error(w, `{"error":{"type":"invalid_request_error","message":`+strconv.Quote(why)+`}}`, status)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength <= 0 {
		return io.ReadAll(r.Body)
	}
	b := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, b)
	return b, err
}

// pause waits, and reports false when the client left meanwhile.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

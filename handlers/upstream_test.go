package handlers

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// upstream is a server that plays its steps one after the other, the last one
// for ever.
type upstream struct {
	*httptest.Server
	steps []http.HandlerFunc

	mu   sync.Mutex
	seen []seenRequest
}

type seenRequest struct {
	method, uri string
	header      http.Header
	body        string
}

func newUpstream(t testing.TB, steps ...http.HandlerFunc) *upstream {
	u := &upstream{steps: steps}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	step := u.steps[min(len(u.seen), len(u.steps)-1)]
	u.seen = append(u.seen, seenRequest{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
	u.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	step(w, r)
}

func (u *upstream) requests() []seenRequest {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]seenRequest(nil), u.seen...)
}

// says answers with a status, a content type and a body.
func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		if contentType == "" {
			w.Header()["Content-Type"] = nil
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// fails answers with a status and a JSON body, and headers name, value, ….
func fails(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		says(status, "application/json", body)(w, r)
	}
}

// streams sends frames, each flushed, and then does what end says.
func streams(frames []string, end func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		for _, frame := range frames {
			_, _ = io.WriteString(w, frame)
			_ = http.NewResponseController(w).Flush()
		}
		if end != nil {
			end(w, r)
		}
	}
}

// What a stream may end with.
func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
func cuts(http.ResponseWriter, *http.Request)      { panic(http.ErrAbortHandler) }

package handlers

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// recorder is a ResponseWriter that notes when what was written. Like a real
// one it is not safe for concurrent use; tests look at it under the sink's
// lock.
type recorder struct {
	guard   *sync.Mutex
	header  http.Header
	status  int
	body    bytes.Buffer
	writes  []time.Time
	flushes int
	err     error         // of every write
	slow    time.Duration // that a write takes
}

func newRecorder() *recorder { return &recorder{guard: new(sync.Mutex), header: http.Header{}} }

// got returns what the client has so far.
func (w *recorder) got() (status int, header http.Header, body string) {
	w.guard.Lock()
	defer w.guard.Unlock()
	return w.status, w.header.Clone(), w.body.String()
}

// counts returns how often was written and flushed.
func (w *recorder) counts() (writes []time.Time, flushes int) {
	w.guard.Lock()
	defer w.guard.Unlock()
	return slices.Clone(w.writes), w.flushes
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status != 0 {
		panic("the status is written twice")
	}
	w.status = status
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.slow > 0 {
		time.Sleep(w.slow)
	}
	if w.err != nil {
		return 0, w.err
	}
	w.writes = append(w.writes, time.Now())
	return w.body.Write(b)
}

func (w *recorder) FlushError() error {
	w.flushes++
	return nil
}

// script is an answer whose frames say what happens: "content …", "error",
// "done", or anything else, which is held back. Each is handed on as it is.
type script struct{ seen ir.Seen }

func (a *script) Frame(dst []byte, ev sse.Event) []byte {
	a.seen.Events++
	switch word, _, _ := strings.Cut(string(ev.Data), " "); word {
	case "content":
		a.seen.Content = true
	case "error":
		a.seen.Err = &ir.Error{Kind: ir.ErrUpstream, Status: 500, Upstream: ir.Chat}
	case "done":
		a.seen.Done = true
	}
	return append(append(dst, ev.Data...), '|')
}

func (a *script) Close(dst []byte) []byte             { return append(dst, "close|"...) }
func (a *script) Body(dst, body []byte) []byte        { return append(dst, body...) }
func (a *script) Fail(dst []byte, e *ir.Error) []byte { return append(dst, "fail|"...) }
func (a *script) Seen() *ir.Seen                      { return &a.seen }
func frameOf(text string) sse.Event                   { return sse.Event{Data: []byte(text), Raw: []byte(text)} }
func (w *recorder) wrote(t *testing.T, want string) {
	t.Helper()
	if _, _, body := w.got(); body != want {
		t.Errorf("the client has %q, want %q", body, want)
	}
}

var sinkTimes = Stream{
	Ping: 15 * time.Second, FirstByte: 5 * time.Minute, Idle: 2 * time.Minute,
	HoldEvents: 4, HoldSize: 100, HoldDuration: 40 * time.Second,
}

// watched is a sink with a running attempt, inside a bubble of fake time.
func watched(t *testing.T, limits Stream, test func(t *testing.T, w *recorder, s *sink, ctx context.Context)) {
	synctest.Test(t, func(t *testing.T) {
		w := newRecorder()
		s := newSink(w, limits)
		w.guard = &s.mu
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		s.begin("text/event-stream", []byte("ping|"))
		s.watch(cancel)
		test(t, w, s, ctx)
		s.unwatch()
		s.close()
		synctest.Wait()
	})
}

// quiet are limits under which no keep-alive is sent.
func quiet(s Stream) Stream {
	s.Ping = 0
	return s
}

func TestHold(t *testing.T) {
	long := strings.Repeat("x", 99)
	tests := map[string]struct {
		frames []string
		held   int // how many frames are held back in the end
	}{
		"content opens":               {[]string{"a", "b", "content 1"}, 0},
		"content at once":             {[]string{"content 1"}, 0},
		"nothing but preamble":        {[]string{"a", "b", "c"}, 3},
		"too many events":             {[]string{"a", "b", "c", "d"}, 0},
		"too many bytes":              {[]string{long}, 0},
		"an end without content":      {[]string{"a", "done"}, 0},
		"an error before content":     {[]string{"a", "b", "error"}, 3},
		"an error at once":            {[]string{"error"}, 1},
		"an error after content":      {[]string{"a", "content 1", "error"}, 0},
		"an error after a full hold":  {[]string{"a", "b", "c", "d", "error"}, 0},
		"everything goes out in turn": {[]string{"a", "content 1", "b", "content 2", "c", "done"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
				a := &script{}
				for _, f := range test.frames {
					if err := s.frame(a, frameOf(f), false); err != nil {
						t.Fatal(err)
					}
				}
				want := ""
				if test.held == 0 {
					want = strings.Join(test.frames, "|") + "|"
				}
				w.wrote(t, want)
				if status, _, _ := w.got(); (status != 0) != (test.held == 0) {
					t.Errorf("the status is %d", status)
				}
				if fixed := !s.abandon(); fixed != (test.held == 0) {
					t.Errorf("fixed: %v", fixed)
				}
			})
		})
	}
}

// TestFramesAtHand go out in one write.
func TestFramesAtHand(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		a := &script{}
		for i, f := range []string{"a", "content 1", "content 2", "content 3"} {
			if err := s.frame(a, frameOf(f), i < 3); err != nil {
				t.Fatal(err)
			}
		}
		w.wrote(t, "a|content 1|content 2|content 3|")
		if writes, flushes := w.counts(); len(writes) != 1 || flushes != 1 {
			t.Errorf("%d writes and %d flushes, want one", len(writes), flushes)
		}
	})
}

// TestFramesOfARead go out in one write, and so do those of the next; what ends
// the answer is left to finish.
func TestFramesOfARead(t *testing.T) {
	tests := map[string]struct {
		reads  []string
		want   []string // what the client has after each read
		end    string   // and at last
		writes int
		weight weight
	}{
		"content":  {[]string{"a", "b;c;dd", "e"}, []string{"content|a|", "content|a|b|c|dd|", "content|a|b|c|dd|e|"}, "content|a|b|c|dd|e|close|", 5, weight{5, 6, 1}},
		"the end":  {[]string{"a;b", "cc;done;d"}, []string{"content|a|b|", "content|a|b|"}, "content|a|b|cc|done|close|", 3, weight{4, 8, 1}},
		"an error": {[]string{"a", "error;b"}, []string{"content|a|", "content|a|"}, "content|a|error|close|", 3, weight{2, 6, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
				s.buffers = &buffers{returned: func(b []byte) { copy(b, strings.Repeat("!", len(b))) }}
				a, got := &script{}, weight{}
				if err := s.frame(a, frameOf("content"), false); err != nil {
					t.Fatal(err)
				}
				for i, read := range test.reads {
					src := sse.NewReader(strings.NewReader("data: " + strings.ReplaceAll(read, ";", "\n\ndata: ") + "\n\n"))
					if !src.Next() {
						t.Fatal(src.Err())
					}
					if err := s.frames(a, src, &got); err != nil {
						t.Fatal(err)
					}
					w.wrote(t, test.want[i])
				}
				if err := s.finish(a); err != nil {
					t.Fatal(err)
				}
				w.wrote(t, test.end)
				if writes, flushes := w.counts(); len(writes) != test.writes || flushes != test.writes {
					t.Errorf("%d writes, %d flushes, want %d", len(writes), flushes, test.writes)
				}
				if got != test.weight {
					t.Errorf("the events weigh %+v, want %+v", got, test.weight)
				}
			})
		})
	}
}

// TestRest waits for the first content: what came before is kept, in no more memory than it takes.
func TestRest(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, ctx context.Context) {
		s.buffers = &buffers{returned: func(b []byte) { copy(b, strings.Repeat("!", len(b))) }}
		a := &script{}
		for i, more := range []bool{true, true, false} {
			if err := s.frame(a, frameOf("start"), more); err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			size := cap(s.held)
			s.mu.Unlock()
			if !more && size > smallestBuffer {
				t.Errorf("frame %d: %d bytes are held in %d", i, len(s.held), size)
			}
		}
		if err := s.frame(a, frameOf("content"), false); err != nil {
			t.Fatal(err)
		}
		w.wrote(t, "start|start|start|content|")
	})
}

// TestSecondAttempt starts from nothing: what the first one brought is gone.
func TestSecondAttempt(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		for _, f := range []string{"a", "b", "c"} {
			_ = s.frame(&script{}, frameOf(f), false)
		}
		if !s.abandon() {
			t.Fatal("the account is fixed")
		}
		s.unwatch()
		s.watch(func(error) {})
		time.Sleep(30 * time.Second)
		a := &script{}
		_ = s.frame(a, frameOf("d"), false)
		time.Sleep(20 * time.Second) // 50s after the first attempt's first frame
		w.wrote(t, "")
		_ = s.frame(a, frameOf("content"), false)
		w.wrote(t, "d|content|")
	})
}

// TestAbandonEndsTheHold: once an attempt is given up, its frames never go out,
// however late the next account is.
func TestAbandonEndsTheHold(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		_ = s.frame(&script{}, frameOf("a"), false)
		if !s.abandon() {
			t.Fatal("the account is fixed")
		}
		time.Sleep(time.Minute)
		w.wrote(t, "")
		if !s.abandon() {
			t.Error("the end of the hold has fixed an account that was given up")
		}
	})
}

// TestHoldRunsOut sends what was held and fixes the account, from then on for
// good.
func TestHoldRunsOut(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		a := &script{}
		time.Sleep(20 * time.Second) // the hold counts from the first frame
		_ = s.frame(a, frameOf("a"), false)
		time.Sleep(30 * time.Second)
		_ = s.frame(a, frameOf("b"), false)
		w.wrote(t, "")
		time.Sleep(10*time.Second + time.Millisecond)
		w.wrote(t, "a|b|")
		if s.abandon() {
			t.Error("the account is not fixed")
		}
		_ = s.frame(a, frameOf("error"), false)
		w.wrote(t, "a|b|error|")
	})
}

func TestFinish(t *testing.T) {
	tests := map[string]struct {
		frames []string
		want   string
	}{
		"whole":          {[]string{"a", "content 1"}, "a|content 1|close|"},
		"without frames": {nil, "close|"},
		"held":           {[]string{"a"}, "a|close|"},
		"failed":         {[]string{"a", "error"}, ""},
		"failed late":    {[]string{"content 1", "error"}, "content 1|error|close|"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, _ context.Context) {
				a := &script{}
				for _, f := range test.frames {
					_ = s.frame(a, frameOf(f), false)
				}
				if err := s.finish(a); err != nil {
					t.Fatal(err)
				}
				w.wrote(t, test.want)
			})
		})
	}
}

// TestWriteError stays: nothing more is written to a client that has gone.
func TestWriteError(t *testing.T) {
	gone := errors.New("gone")
	watched(t, sinkTimes, func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		w.err = gone
		a := &script{}
		if err := s.frame(a, frameOf("content 1"), false); !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
		w.err = nil
		if err := s.frame(a, frameOf("content 2"), false); !errors.Is(err, gone) {
			t.Errorf("the error is forgotten: %v", err)
		}
		if err := s.finish(a); !errors.Is(err, gone) {
			t.Errorf("finish: %v", err)
		}
		time.Sleep(time.Minute) // no pings either
		w.wrote(t, "")
	})
}

// TestWhole writes an answer once, with its length.
func TestWhole(t *testing.T) {
	w := newRecorder()
	s := newSink(w, sinkTimes)
	if err := s.whole(http.StatusTeapot, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if w.status != http.StatusTeapot || w.header.Get("Content-Length") != "7" || w.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %v", w.status, w.header)
	}
	s.close()
	w.wrote(t, `{"a":1}`)
}

// TestFailBeforeAndAfterOpening tells an error exactly once: by status while
// nothing was sent, else by the stream's frames.
func TestFailBeforeAndAfterOpening(t *testing.T) {
	set := func(h http.Header) { h.Set("Retry-After", "7") }
	frames := func() []byte { return []byte("frame|") }
	watched(t, sinkTimes, func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		_ = s.frame(&script{}, frameOf("held"), false)
		s.fail(http.StatusTooManyRequests, set, []byte("{}"), frames)
		if status, header, _ := w.got(); status != http.StatusTooManyRequests || header.Get("Retry-After") != "7" {
			t.Errorf("got %d %v", status, header)
		}
		time.Sleep(time.Minute) // and no ping behind it
		w.wrote(t, "{}")
	})
	watched(t, sinkTimes, func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		time.Sleep(16 * time.Second)
		_ = s.frame(&script{}, frameOf("held"), false)
		s.fail(http.StatusTooManyRequests, set, []byte("{}"), frames)
		if status, header, _ := w.got(); status != http.StatusOK || header.Get("Retry-After") != "" {
			t.Errorf("got %d %v", status, header)
		}
		w.wrote(t, "ping|frame|")
	})
}

// TestFailWhileOpening lets the first ping come while an error is being told.
// The race detector watches the headers; the error is told once in any case.
func TestFailWhileOpening(t *testing.T) {
	limits := sinkTimes
	limits.Ping = time.Millisecond // the least that the timer is set to
	opened := 0
	for range 300 {
		w := newRecorder()
		s := newSink(w, limits)
		s.begin("text/event-stream", []byte("ping|"))
		meet := time.Now().Add(800*time.Microsecond + time.Duration(rand.IntN(600))*time.Microsecond)
		for time.Now().Before(meet) {
			s.describe(func(h http.Header) { h.Set("X-Described", "1") })
		}
		s.fail(http.StatusBadGateway, func(h http.Header) { h.Set("Retry-After", "1") }, []byte("{}"), func() []byte { return []byte("frame|") })
		s.close()
		switch body := strings.ReplaceAll(w.body.String(), "ping|", ""); {
		case w.status == http.StatusBadGateway && body == "{}":
		case w.status == http.StatusOK && body == "frame|":
			opened++
		default:
			t.Fatalf("the client has %d %q", w.status, w.body.String())
		}
	}
	t.Logf("in %d of 300 cases the ping came first", opened)
}

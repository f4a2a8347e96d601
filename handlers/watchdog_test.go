package handlers

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPing sends a keep-alive after each period of silence towards the client,
// and none while there is something to say.
func TestPing(t *testing.T) {
	watched(t, sinkTimes, func(t *testing.T, w *recorder, s *sink, _ context.Context) {
		start := time.Now()
		time.Sleep(46 * time.Second)
		w.wrote(t, "ping|ping|ping|")
		writes, _ := w.counts()
		for i, at := range writes {
			if got, want := at.Sub(start), time.Duration(i+1)*15*time.Second; got < want || got > want+10*time.Millisecond {
				t.Errorf("ping %d comes after %v", i, got)
			}
		}
		status, header, _ := w.got()
		if header.Get("Content-Type") != "text/event-stream" || status != 200 {
			t.Errorf("got %d %v", status, header)
		}
		a := &script{}
		for range 20 { // 200 seconds with something to say every ten
			time.Sleep(10 * time.Second)
			_ = s.frame(a, frameOf("content"), false)
		}
		w.wrote(t, "ping|ping|ping|"+strings.Repeat("content|", 20))
		time.Sleep(16 * time.Second)
		w.wrote(t, "ping|ping|ping|"+strings.Repeat("content|", 20)+"ping|")
	})
}

// TestPingWithoutBytes opens the stream for clients that take no keep-alive.
func TestPingWithoutBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRecorder()
		s := newSink(w, sinkTimes)
		w.guard = &s.mu
		s.begin("text/event-stream", nil)
		time.Sleep(50 * time.Second)
		status, _, body := w.got()
		if _, flushes := w.counts(); status != 200 || body != "" || flushes < 3 {
			t.Errorf("status %d, body %q, %d flushes", status, body, flushes)
		}
		s.close()
	})
}

// TestNoPing: a client that reads no stream gets none, and none comes when
// keep-alives are off or the handler has returned.
func TestNoPing(t *testing.T) {
	tests := map[string]func(s *sink){
		"not a stream": func(*sink) {},
		"off": func(s *sink) {
			s.limits.Ping = 0
			s.begin("text/event-stream", []byte("ping|"))
		},
		"returned": func(s *sink) {
			s.begin("text/event-stream", []byte("ping|"))
			s.close()
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRecorder()
				s := newSink(w, sinkTimes)
				w.guard = &s.mu
				prepare(s)
				s.watch(func(error) {})
				time.Sleep(time.Minute)
				if status, _, body := w.got(); status != 0 || body != "" {
					t.Errorf("status %d, body %q", status, body)
				}
				s.close()
			})
		})
	}
}

// TestLifeline covers when an upstream is given up, and why.
func TestLifeline(t *testing.T) {
	second := time.Second
	tests := map[string]struct {
		bytes []time.Duration // when the upstream sends something
		ends  time.Duration
		cause error
	}{
		"never":                 {nil, 300 * second, errFirstByte},
		"once":                  {[]time.Duration{10 * second}, 130 * second, errIdle},
		"late":                  {[]time.Duration{290 * second}, 410 * second, errIdle},
		"several":               {[]time.Duration{10 * second, 100 * second, 200 * second}, 320 * second, errIdle},
		"again after the limit": {[]time.Duration{10 * second, 140 * second}, 130 * second, errIdle},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			watched(t, sinkTimes, func(t *testing.T, _ *recorder, s *sink, ctx context.Context) {
				start := time.Now()
				body := alert{&timedReader{start, test.bytes}, s}
				go func() {
					for range test.bytes {
						_, _ = body.Read(make([]byte, 8))
					}
				}()
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour):
					t.Fatal("the upstream is never given up")
				}
				if took := time.Since(start); took < test.ends || took > test.ends+10*time.Millisecond {
					t.Errorf("given up after %v, want %v", took, test.ends)
				}
				if !errors.Is(context.Cause(ctx), test.cause) {
					t.Errorf("the cause is %v", context.Cause(ctx))
				}
				synctest.Wait()
				time.Sleep(time.Minute)
			})
		})
	}
}

// timedReader yields one byte at each of the given times.
type timedReader struct {
	start time.Time
	at    []time.Duration
}

func (r *timedReader) Read(p []byte) (int, error) {
	if len(r.at) == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Until(r.start.Add(r.at[0])))
	r.at = r.at[1:]
	return copy(p, "x"), nil
}

// TestLifelineOfNextAttempt begins anew with each attempt, and stops with it.
func TestLifelineOfNextAttempt(t *testing.T) {
	watched(t, sinkTimes, func(t *testing.T, _ *recorder, s *sink, first context.Context) {
		time.Sleep(4 * time.Minute)
		s.unwatch()
		time.Sleep(10 * time.Minute) // between attempts nothing is due
		if first.Err() != nil {
			t.Error("an attempt that is over was cancelled")
		}
		second, cancel := context.WithCancelCause(context.Background())
		s.watch(cancel)
		time.Sleep(4 * time.Minute)
		if second.Err() != nil {
			t.Errorf("the second attempt was cancelled early: %v", context.Cause(second))
		}
		time.Sleep(time.Minute + time.Second)
		if !errors.Is(context.Cause(second), errFirstByte) {
			t.Errorf("the cause is %v", context.Cause(second))
		}
	})
}

// TestSlowClient is no silence of the upstream: however long a write takes, the
// upstream has its whole time afterwards.
func TestSlowClient(t *testing.T) {
	watched(t, quiet(sinkTimes), func(t *testing.T, w *recorder, s *sink, ctx context.Context) {
		s.alive()
		w.slow = sinkTimes.Idle - time.Second
		if err := s.frame(&script{}, frameOf("content 1"), false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(sinkTimes.Idle - time.Second)
		if ctx.Err() != nil {
			t.Errorf("the upstream was given up: %v", context.Cause(ctx))
		}
		time.Sleep(time.Minute + 2*time.Second) // the timer was set to the first byte's limit
		if !errors.Is(context.Cause(ctx), errIdle) {
			t.Errorf("the cause is %v", context.Cause(ctx))
		}
	})
}

// TestClose leaves no timer behind and flushes once more, which arms the
// server's deadline for the end of the answer.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRecorder()
		s := newSink(w, sinkTimes)
		w.guard = &s.mu
		s.begin("text/event-stream", []byte("ping|"))
		s.watch(func(error) { t.Error("cancelled after the end") })
		_ = s.frame(&script{}, frameOf("content"), false)
		_, before := w.counts()
		s.close()
		if _, after := w.counts(); after != before+1 {
			t.Error("no last flush")
		}
		time.Sleep(time.Hour)
		w.wrote(t, "content|")
		_ = s.write([]byte("late"))
		w.wrote(t, "content|")
	})
}

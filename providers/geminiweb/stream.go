package geminiweb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// frames reads the frames of an answer.
type frames struct {
	body io.ReadCloser
	cut  geminiweb.Frames
	buf  [16 << 10]byte
}

// next returns the next frame; io.EOF at the end. It is good until the next call.
func (f *frames) next() ([]byte, error) {
	for {
		if frame, ok := f.cut.Next(); ok {
			return frame, nil
		}
		if f.cut.TooLong() {
			return nil, errors.New("reading the web app's answer: a frame does not end")
		}
		n, err := f.body.Read(f.buf[:])
		f.cut.Write(f.buf[:n])
		if err == io.EOF {
			f.cut.Close()
			if frame, ok := f.cut.Next(); ok {
				return frame, nil
			}
			return nil, io.EOF
		}
		if err != nil {
			return nil, errors.New("reading the web app's answer: the connection broke")
		}
	}
}

// stream is an answer as server-sent events: the app's frames, and the pictures that they name. It reads what it is
// asked for and does nothing by itself.
type stream struct {
	session  *Session
	ctx      context.Context
	header   http.Header
	draft    *draft
	question *question
	page     page
	silence  *patience
	done     func()

	in    *frames
	queue [][]byte // frames that have been looked at already
	out   []byte
	at    int
	held  []byte // the newest frame of an answer that is shown when it is complete
	last  geminiweb.Body
	shown bool // the pictures have been fetched
	ended bool
	once  sync.Once
}

// Read implements io.Reader.
func (t *stream) Read(p []byte) (int, error) {
	for t.at == len(t.out) {
		t.out, t.at = t.out[:0], 0
		if t.ended {
			return 0, io.EOF
		}
		if err := t.fill(); err != nil {
			if cause := context.Cause(t.ctx); cause != nil {
				return 0, cause
			}
			return 0, err
		}
	}
	n := copy(p, t.out[t.at:])
	t.at += n
	return n, nil
}

// Close implements io.Closer.
func (t *stream) Close() error {
	t.once.Do(func() {
		t.stop()
		if t.done != nil {
			t.done()
		}
	})
	return nil
}

func (t *stream) stop() {
	_ = t.in.body.Close()
	t.silence.end()
}

// fill writes the next frame into out.
func (t *stream) fill() error {
	var frame []byte
	if len(t.queue) > 0 {
		frame, t.queue = t.queue[0], t.queue[1:]
	} else {
		var err error
		frame, err = t.in.next()
		if err == io.EOF {
			t.ended = true
			t.release()
			t.pictures()
			return nil
		}
		if err != nil {
			return err
		}
		t.patient(frame)
	}
	t.take(frame)
	return nil
}

// take hands a frame on and looks at what it says.
func (t *stream) take(frame []byte) {
	bodies, end := false, false
	geminiweb.Parts(frame, func(kind string, part gjson.Result) {
		end = end || kind == "e"
		if code, _ := geminiweb.Failure(part); code != 0 {
			t.session.failure(code, t.draft.model)
			end = true
		}
		if b, ok := geminiweb.ReadBody(part); ok {
			bodies = true
			t.body(&b)
		}
	})
	switch {
	case t.session.Whole && bodies && !end:
		t.held = append(t.held[:0], frame...)
		if t.last.Done {
			t.release()
		}
	case bodies:
		t.event("", frame)
	default:
		if end {
			t.release()
			t.pictures()
		}
		t.event("", frame)
	}
}

// release shows the frame that was held back.
func (t *stream) release() {
	if len(t.held) > 0 {
		t.event(geminiweb.EventFinal, t.held)
		t.held = t.held[:0]
	}
}

// body notes what an answer says of itself.
func (t *stream) body(b *geminiweb.Body) {
	s := t.session
	if b.Model != "" && !geminiweb.SameModel(b.Model, t.draft.model) {
		s.state.mu.Lock()
		told := s.state.rerouted[t.draft.model]
		if len(s.state.rerouted) < 1000 {
			s.state.rerouted[t.draft.model] = true
		}
		s.state.mu.Unlock()
		if !told {
			s.Logger.Warn("web app: another model answers", zap.String("account", s.Account), zap.String("model", t.draft.model),
				zap.String("answers", clip(b.Model)))
		}
	}
	if b.Choice != "" {
		t.last = *b
	}
	if b.Choice != "" && b.Done || b.Context != "" {
		s.remember(t, b)
		s.Egress.open()
		s.state.mu.Lock()
		delete(s.state.limits, t.draft.model)
		s.state.mu.Unlock()
	}
}

// event writes a server-sent event. JSON holds line feeds only between its tokens.
func (t *stream) event(name string, data []byte) {
	if name != "" {
		t.out = append(append(append(t.out, "event: "...), name...), '\n')
	}
	t.out = append(t.out, "data: "...)
	if bytes.ContainsAny(data, "\r\n") {
		data = bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, data)
	}
	t.out = append(append(t.out, data...), "\n\n"...)
}

// patient decides how long the next part may take: as long as the whole answer while the app is at work.
func (t *stream) patient(frame []byte) {
	wait := t.session.Between
	geminiweb.Parts(frame, func(_ string, part gjson.Result) {
		b, ok := geminiweb.ReadBody(part)
		if _, status := geminiweb.Failure(part); ok && b.Busy || status != 0 {
			wait = t.session.Longest
		}
	})
	t.silence.wait(wait)
}

// patience ends a request when nothing has come for a time.
type patience struct {
	mu     sync.Mutex
	timer  *time.Timer
	cancel context.CancelCauseFunc
	over   bool
}

var errSilent = errors.New("the web app fell silent")

func (p *patience) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.over:
	case p.timer == nil:
		p.timer = time.AfterFunc(d, func() {
			defer guard.Catch("ending a silent stream")
			p.cancel(errSilent)
		})
	default:
		p.timer.Reset(d)
	}
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.cancel(nil)
}

func digits(n int) string { return strconv.Itoa(n) }

func clip(s string) string { return s[:min(len(s), 60)] }

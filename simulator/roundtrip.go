package simulator

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
)

// RoundTrip answers a request inside of the process, as [http.RoundTripper] says: the simulator can stand wherever a
// transport to a vendor does. The body of the answer streams: every write waits for its reader. Closing it, or the end
// of the request's context, ends the answer, and no goroutine stays behind. A connection that the simulator cuts is an
// error before the headers, and io.ErrUnexpectedEOF in the body after them.
func (s *Simulator) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	inner := r.Clone(ctx)
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	if inner.URL != nil {
		inner.RequestURI = inner.URL.RequestURI()
	}
	reader, writer := io.Pipe()
	c := &pipeWriter{ctx: ctx, pipe: writer, header: http.Header{}, started: make(chan struct{})}
	release := context.AfterFunc(ctx, func() { writer.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer release()
		defer inner.Body.Close()
		err := s.serve(c, inner)
		c.finish(cmp.Or(err, context.Cause(ctx)))
	}()
	select {
	case <-c.started:
	case <-ctx.Done():
		cancel()
		return nil, context.Cause(ctx)
	}
	if err := cmp.Or(c.failed, context.Cause(r.Context())); err != nil {
		cancel()
		return nil, err
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", c.status, http.StatusText(c.status)),
		StatusCode: c.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.sent, ContentLength: -1, Request: r,
		Body: &pipeBody{PipeReader: reader, cancel: cancel},
	}, nil
}

// serve runs the handler; what it panics with becomes the error of the connection.
func (s *Simulator) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
		default:
			err = fmt.Errorf("answering %s: %v\n%s", r.URL.Path, v, debug.Stack())
		}
	}()
	s.ServeHTTP(w, r)
	return nil
}

// pipeBody is the body of an answer; closing it ends the handler.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *pipeBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// Read also ends the handler's context once there is nothing more to read.
func (b *pipeBody) Read(p []byte) (int, error) {
	n, err := b.PipeReader.Read(p)
	if err != nil {
		b.cancel()
	}
	return n, err
}

// pipeWriter is the handler's side. Like a server's writer it collects small writes until a flush, but no more than
// bufferSize.
type pipeWriter struct {
	ctx    context.Context
	pipe   *io.PipeWriter
	header http.Header
	buffer bytes.Buffer

	once    sync.Once
	started chan struct{} // closed when the fields below are set
	status  int
	sent    http.Header
	failed  error
}

const bufferSize = 4096

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	})
}

func (w *pipeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.buffer.Write(p)
	if w.buffer.Len() < bufferSize {
		return len(p), nil
	}
	return len(p), w.FlushError()
}

// FlushError sends what was written to the reader and waits until it was read.
func (w *pipeWriter) FlushError() error {
	w.WriteHeader(http.StatusOK)
	if w.buffer.Len() == 0 {
		return w.ctx.Err()
	}
	_, err := w.pipe.Write(w.buffer.Bytes())
	w.buffer.Reset()
	return err
}

// finish ends the answer, with an error if the handler cut it.
func (w *pipeWriter) finish(err error) {
	if err == nil {
		_ = w.FlushError()
		w.pipe.Close()
		return
	}
	w.once.Do(func() {
		w.failed = err
		close(w.started)
	})
	w.buffer.Reset()
	w.pipe.CloseWithError(err)
}

package handlers

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// tape is what the answer's stream is recorded on; nil when the client does not
// want a stream.
func (c *call) tape() *stored.Tape {
	if !c.env.Stream {
		return nil
	}
	return stored.NewTape()
}

// recording is what an answer is written to that is made in the background.
type recording struct {
	tape   *stored.Tape // nil keeps nothing
	header http.Header
}

// Header implements http.ResponseWriter.
func (r *recording) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recording) WriteHeader(int) {}

// Write implements http.ResponseWriter. It never fails.
func (r *recording) Write(b []byte) (int, error) {
	if r.tape == nil {
		return len(b), nil
	}
	return r.tape.Write(b)
}

func (r *run) endTape() {
	if r.tape != nil {
		r.tape.End()
	}
}

// watch streams what is on the tape from a place on, behind the event that is
// numbered after, -1 for all of it, up to its end. A client that leaves does
// not stop the answer, nor does one that is too slow.
func (c *call) watch(t *stored.Tape, read int, after int64) error {
	c.sink.begin(eventStreamType, translate.Ping(c.route.dialect))
	last := after
	for {
		frames, ended, changed := t.From(read)
		if changed == nil {
			e := notKept()
			c.log.status = e.Status
			_ = c.sink.write(lostEvent(e, last+1))
			return errDelivered
		}
		read += len(frames)
		frames = c.behind(frames, &after)
		switch {
		case len(frames) > 0:
			if c.sink.write(frames) != nil {
				return errDelivered
			}
			last = lastNumber(frames)
			continue
		case ended:
			_ = c.sink.write(nil) // the headers at least, to a client that has seen everything
			return nil
		}
		select {
		case <-changed:
		case <-c.r.Context().Done():
			return errDelivered
		}
	}
}

// place returns where on a tape to begin with what is behind the event that is
// numbered after. It fails when that is not there any more.
func (c *call) place(t *stored.Tape, after int64) (int, error) {
	start := t.Start()
	if start == 0 {
		return 0, nil
	}
	frames, _, _ := t.From(start)
	if first, _, ok := bytes.Cut(frames, frameEnd); after >= 0 && ok && number(first) <= after+1 {
		return start, nil
	}
	return 0, notKept()
}

// notKept is the error for a client that asks for a part of a stream that is
// not kept any more, or has read more slowly than the answer is made.
func notKept() *ir.Error {
	e := ir.Invalid("stream", "The stream of this response is too long to be kept, and this part of it is gone. The response itself goes on: "+
		"ask for it without stream.")
	e.Code = "stream_not_kept"
	return e
}

// lostEvent is the event that ends the client's stream, but not the response.
func lostEvent(e *ir.Error, number int64) []byte {
	dst := ir.AppendQuoted([]byte("event: error\ndata: {\"type\":\"error\",\"code\":"), e.Code)
	dst = ir.AppendQuoted(append(dst, `,"message":`...), e.Message)
	dst = strconv.AppendInt(append(dst, `,"param":null,"sequence_number":`...), number, 10)
	return append(dst, "}\n\n"...)
}

const eventStreamType = "text/event-stream"

var frameEnd = []byte("\n\n")

// behind cuts off the frames that the client has seen. Writes to the tape end
// with a frame.
func (c *call) behind(frames []byte, after *int64) []byte {
	for *after >= 0 && len(frames) > 0 {
		frame, rest, _ := bytes.Cut(frames, frameEnd)
		if number(frame) > *after {
			*after = -1
			return frames
		}
		frames = rest
	}
	return frames
}

// number returns the sequence number of an event, -1 for a frame without one.
func number(frame []byte) int64 {
	_, data, _ := bytes.Cut(frame, []byte("data: "))
	if n := gjson.GetBytes(data, "sequence_number"); n.Exists() {
		return n.Int()
	}
	return -1
}

// lastNumber returns that of the last event of several.
func lastNumber(frames []byte) int64 {
	frames = bytes.TrimSuffix(frames, frameEnd)
	if i := bytes.LastIndex(frames, frameEnd); i >= 0 {
		frames = frames[i+len(frameEnd):]
	}
	return number(frames)
}

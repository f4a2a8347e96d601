package handlers

import (
	"bytes"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
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

// watch streams what is on the tape behind the event that is numbered after, -1
// for all of it, up to its end. A client that leaves does not stop the answer.
func (c *call) watch(t *stored.Tape, after int64) error {
	c.sink.begin(eventStreamType, translate.Ping(c.route.dialect))
	for read := 0; ; {
		frames, ended, changed := t.From(read)
		read += len(frames)
		frames = c.behind(frames, &after)
		switch {
		case len(frames) > 0:
			if c.sink.write(frames) != nil {
				return errDelivered
			}
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

const eventStreamType = "text/event-stream"

var frameEnd = []byte("\n\n")

// behind cuts off the frames that the client has seen. Writes to the tape end
// with a frame.
func (c *call) behind(frames []byte, after *int64) []byte {
	for *after >= 0 && len(frames) > 0 {
		frame, rest, _ := bytes.Cut(frames, frameEnd)
		_, data, _ := bytes.Cut(frame, []byte("data: "))
		if n := gjson.GetBytes(data, "sequence_number"); n.Exists() && n.Int() > *after {
			*after = -1
			return frames
		}
		frames = rest
	}
	return frames
}

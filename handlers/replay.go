package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// streams reports whether a stored response itself is asked for as a stream.
func (c *call) streams() bool {
	return c.route.action == "" && c.r.Method == http.MethodGet && c.r.URL.Query().Get("stream") == "true"
}

// replay streams a response that the gateway keeps: from its tape while there
// is one, which it has while it is made and for some minutes then, else as it
// is stored.
func (c *call) replay(r *stored.Response) error {
	after := int64(-1)
	if s := c.r.URL.Query().Get("starting_after"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return ir.Invalid("starting_after", "starting_after must be the sequence_number of an event")
		}
		after = n
	}
	if tape := c.g.Runs.Tape(c.owner(), r.ID); tape != nil {
		from, err := c.place(tape, after)
		if err == nil {
			return c.watch(tape, from, after)
		}
		if r.Pending {
			return err
		}
	}
	if r.Pending {
		return ir.Invalid("stream", "Response with id '%s' is still in progress and was not created with stream=true; ask for it without stream.", r.ID)
	}
	c.sink.begin(eventStreamType, nil)
	_ = c.sink.fix(translate.Replay(nil, r.Body, after)) // an error says that the client has gone
	return nil
}

// forwardStream hands the stream of a response on that an account has, with
// the client's name of the model in it.
func (c *call) forwardStream(ctx context.Context, r *stored.Response, resp *http.Response) error {
	env := &ir.Envelope{Op: ir.Generate, Dialect: ir.Responses, Stream: true}
	pipe := translate.CodecOf(ir.Responses).NewRelay(env, r.Model, true)
	c.sink.begin(eventStreamType, translate.Ping(ir.Responses))
	src := sse.NewReader(alert{plainBody(resp), c.sink})
	var frames []byte
	for src.Next() {
		ev := src.Event()
		frames = pipe.Frame(frames[:0], ev.Name, ev.Data, ev.Raw)
		if c.sink.write(frames) != nil {
			return errDelivered
		}
	}
	if err := src.Err(); err != nil {
		_ = c.sink.write(pipe.Fail(nil, translate.ClientError(asError(networkError(ctx, err)), true)))
		return nil
	}
	_ = c.sink.write(pipe.Close(nil))
	return nil
}

package translate

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// relay hands bytes on between a client and an upstream of the same dialect: to
// the upstream, and through the straight pipe back.
type relay struct {
	call    *Call
	target  *ir.Target
	model   string
	created int64
	pipe    ir.Relay // nil before the answer has begun
}

func (r *relay) Relayed() bool { return true }

func (r *relay) Request(dst []byte) ([]byte, error) {
	return r.call.client.RelayRequest(dst, r.call.body, r.call.env, r.target)
}

func (r *relay) Header() http.Header { return nil }

// Answer relays when the upstream answers in the way that the client asked
// for. When it does not, the answer is decoded and written again.
func (r *relay) Answer(streamed bool) (Answer, error) {
	env := r.call.env
	if env.Op == ir.Generate && env.Stream != streamed {
		trip, err := r.call.trip(r.target, r.model, r.created)
		if err != nil {
			return nil, err
		}
		if said := env.Stored; env.Dialect == ir.Responses {
			trip.Keeping = &ir.Keeping{ // the upstream's doing
				Store: said.Store.Or(true), Background: said.Background, Previous: said.Previous, Conversation: said.Conversation,
			}
		}
		r.target.Names = ir.NewNames(nil, r.call.client.NameRule()) // names are the client's already
		return newAnswer(r.call.client, r.call.client, trip, env, streamed, nil), nil
	}
	r.pipe = r.call.client.NewRelay(env, r.model, r.model != r.target.Model)
	return r, nil
}

// Frame hands a frame on. An error inside the stream is told in the gateway's
// words, since the upstream's may hold what is not for the client.
func (r *relay) Frame(dst []byte, ev sse.Event) []byte {
	seen := r.pipe.Seen()
	seen.Events++
	before := seen.Err
	dst = r.pipe.Frame(dst, ev.Name, ev.Data, ev.Raw)
	if err := seen.Err; err != nil && before == nil {
		dst = r.pipe.Fail(dst, ClientError(err, true))
		seen.Err = err
	}
	return dst
}

func (r *relay) Close(dst []byte) []byte { return r.pipe.Close(dst) }

// Body hands a whole answer on. A counting endpoint's holds nothing but the
// count, so that it is read to see whether it is one.
func (r *relay) Body(dst, body []byte) []byte {
	if r.call.env.Op != ir.CountTokens {
		return r.pipe.Body(dst, body)
	}
	if _, err := r.call.client.DecodeCount(body); err != nil {
		r.pipe.Seen().Err = asError(err)
		return dst
	}
	return append(dst, body...)
}

func (r *relay) Fail(dst []byte, e *ir.Error) []byte { return r.pipe.Fail(dst, e) }
func (r *relay) Seen() *ir.Seen                      { return r.pipe.Seen() }

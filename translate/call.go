package translate

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// Call is a client's request, as it may be tried with several accounts. It
// decodes the body at most once, and only when an account of another dialect is
// asked. It belongs to one goroutine.
type Call struct {
	env    *ir.Envelope
	body   []byte
	client Codec
	req    *ir.Request

	memory Memory // see Remember
	owner  string
	bare   bool // the request is sent without signatures

	fetching bool              // see Fetching
	supplied map[string]supply // by URL; see Supply

	straight relay // the first exchange that relays; there is seldom another
	around   hub   // the first that translates

	keeping  *ir.Keeping // see Keep
	expanded bool        // see Continue
}

// NewCall takes a client's body. env holds what the route told; what the body
// tells is read into it. The body must not change as long as the call is used;
// then it may: what logs, pools and stores keep of env is a copy.
func NewCall(env *ir.Envelope, body []byte) (*Call, error) {
	c := &Call{env: env, body: body, client: codecs[env.Dialect]}
	if err := c.client.ReadEnvelope(body, env); err != nil {
		return nil, err
	}
	for _, s := range [...]*string{&env.Model, &env.Stored.Previous, &env.Stored.Conversation, &env.Thread.Previous} {
		*s = strings.Clone(*s)
	}
	return c, nil
}

// Size is how many bytes the request's body has.
func (c *Call) Size() int { return len(c.body) }

// Is reports whether b is the call's body itself and no copy of it.
func (c *Call) Is(b []byte) bool { return len(b) > 0 && len(c.body) > 0 && &b[0] == &c.body[0] }

// maxTools is how many tools a request may have: far more than any vendor
// takes, and few enough that comparing each with each costs nothing.
const maxTools = 4096

// request decodes the body on the first use.
func (c *Call) request() (*ir.Request, error) {
	if c.req != nil {
		return c.req, nil
	}
	req, err := c.client.DecodeRequest(c.body, c.env)
	if err != nil {
		return nil, err
	}
	req.Op = c.env.Op
	if len(req.Tools) > maxTools || len(req.ToolChoice.Names) > maxTools {
		return nil, ir.Invalid("tools", "tools: at most %d tools can be offered or allowed in one request", maxTools)
	}
	c.req = req
	return req, nil
}

// Exchange is one request's way to one account and its answer's way back. It
// is used once, by one goroutine.
type Exchange interface {
	// Request appends the body for the upstream. With an empty dst, one that is
	// the client's to the last byte is returned as it lies there.
	Request(dst []byte) ([]byte, error)
	// Header returns headers that the upstream needs for this body.
	Header() http.Header
	// Answer begins the way back. streamed tells whether the upstream answers
	// with a stream; the client gets what it asked for in either case.
	Answer(streamed bool) (Answer, error)
	// Media returns what the upstream needs as data and the client names by URL.
	// It fails as Request does when the body cannot be read.
	Media() ([]Medium, error)
	// Relayed reports whether client and upstream speak the same dialect, so
	// that bytes are handed on as they are.
	Relayed() bool
}

// Answer turns what the upstream answers into what the client reads. A
// streamed answer is fed frame by frame and closed; a whole one is given to
// Body.
type Answer interface {
	// Frame takes one frame of the upstream's stream.
	Frame(dst []byte, ev sse.Event) []byte
	// Close is called once at the end of the upstream's stream.
	Close(dst []byte) []byte
	// Body takes a whole answer. When it is none, Seen().Err says so and dst is
	// returned as it was.
	Body(dst, body []byte) []byte
	// Fail ends an answer that has begun with an error in the client's dialect.
	Fail(dst []byte, e *ir.Error) []byte
	// Seen returns what the answer has told so far.
	Seen() *ir.Seen
}

// For joins the call with an account. model is the name that the answer
// carries, created the time that dates it in unix seconds.
func (c *Call) For(t *ir.Target, model string, created int64) Exchange {
	if c.relays(t) {
		r := &c.straight
		if r.call != nil {
			r = new(relay)
		}
		*r = relay{call: c, target: t, model: model, created: created}
		return r
	}
	h := &c.around
	if h.call != nil {
		h = new(hub)
	}
	*h = hub{call: c, target: t, upstream: UpstreamOf(t.Dialect), model: model, created: created}
	return h
}

// Ping returns the keep-alive of a dialect's streams, nil where its clients
// cannot take one.
func Ping(d ir.Dialect) []byte { return pings()[d] }

// pings are the keep-alives of all dialects, which nobody may change.
var pings = sync.OnceValue(func() map[ir.Dialect][]byte {
	all := make(map[ir.Dialect][]byte, len(codecs))
	for d, codec := range codecs {
		all[d] = codec.NewEncoder(bareTrip(&ir.Envelope{Dialect: d})).Ping(nil)
	}
	return all
})

// FailStream returns the frames of a client's stream that holds nothing but an
// error, for a stream that was opened by a keep-alive.
func FailStream(env *ir.Envelope, e *ir.Error) []byte {
	enc := codecs[env.Dialect].NewEncoder(bareTrip(env))
	return enc.Append(nil, &ir.Event{Kind: ir.EventError, Err: e})
}

// bareTrip is the trip of an answer that no account has given.
func bareTrip(env *ir.Envelope) *ir.Trip {
	return &ir.Trip{
		Request: &ir.Request{Op: env.Op, Dialect: env.Dialect, Model: env.Model, Stream: true},
		Target:  &ir.Target{Names: ir.NewNames(nil, ir.NameRule{Max: 64}), Notes: &ir.Notes{}},
		Model:   env.Model, Created: time.Now().Unix(), NewID: NewID, Array: env.Array,
	}
}

// trip prepares what the answer's translation must know.
func (c *Call) trip(t *ir.Target, model string, created int64) (*ir.Trip, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	return &ir.Trip{
		Request: req, Target: t, Model: model, Created: created, NewID: NewID,
		Array: c.env.Array, Betas: betas(c.env),
	}, nil
}

// betas returns the features that an Anthropic client has opted into.
func betas(env *ir.Envelope) []string {
	var list []string
	for _, line := range env.Header["Anthropic-Beta"] {
		for b := range bytes.SplitSeq([]byte(line), []byte(",")) {
			list = append(list, string(bytes.TrimSpace(b)))
		}
	}
	return list
}

// newIDs is NewID for many ids: each is the one before plus one.
func newIDs() func(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return func(prefix string) string {
		for i := len(b) - 1; i >= 0; i-- {
			if b[i]++; b[i] != 0 {
				break
			}
		}
		return idOf(prefix, &b)
	}
}

// NewID returns the prefix and 24 random hex digits.
func NewID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return idOf(prefix, &b)
}

func idOf(prefix string, b *[12]byte) string {
	dst := make([]byte, 0, 40)
	return string(hex.AppendEncode(append(dst, prefix...), b[:]))
}

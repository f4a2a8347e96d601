// Package translate turns requests and answers of one dialect into those of
// another: through the intermediate representation of package ir when client
// and upstream differ, by a straight pipe when they speak the same.
//
// Each dialect is a package of its own that knows nothing of the others. This
// package joins them: For answers with an Exchange, and callers never ask
// which way it takes.
package translate

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/anthropic"
	"github.com/caddy-ai-gateway/ai-gateway/translate/chat"
	"github.com/caddy-ai-gateway/ai-gateway/translate/gemini"
	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/responses"
)

// Upstream is the half of a dialect that speaks to upstreams. It has no state:
// it may be shared by any number of goroutines.
type Upstream interface {
	// NameRule tells which tool names the dialect's upstreams accept.
	NameRule() ir.NameRule
	// AppendRequest appends the body for an upstream. What the target cannot
	// express is noted at t or fails with a 400 *ir.Error. It does not change
	// req but for what Normalize repairs; another target may be tried with the
	// same request. For ir.CountTokens it writes the body of the dialect's
	// counting endpoint.
	AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error)
	// NeedsData reports whether an upstream reads a medium, which the client
	// names by URL, only as data. It is false for one that it fetches itself,
	// and for one that it cannot read at all.
	NeedsData(p *ir.Part, req *ir.Request, t *ir.Target) bool
	// Header returns the headers that the upstream request needs besides its
	// credentials, such as betas; nil when there are none.
	Header(req *ir.Request, t *ir.Target) http.Header

	// DecodeResponse reads an upstream's whole answer; a body that is no answer
	// fails with a 502 *ir.Error.
	DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error)
	// NewDecoder reads an upstream's stream.
	NewDecoder(trip *ir.Trip) ir.Decoder
	// DecodeCount reads the answer of the dialect's counting endpoint.
	DecodeCount(body []byte) (int64, error)
	// DecodeError reads an upstream's error answer. It never fails: a body that
	// cannot be read gives an error by the status alone.
	DecodeError(status int, header http.Header, body []byte) *ir.Error
}

// Codec is one dialect in both directions. Codecs have no state: they may be
// shared by any number of goroutines.
type Codec interface {
	Upstream

	// ReadEnvelope scans a client's body once at its top level and fills the
	// members of env that the body determines. It fails with a 400 *ir.Error
	// whose message is `Failed to parse request body` and the offset.
	ReadEnvelope(body []byte, env *ir.Envelope) error
	// DecodeRequest reads a client's body. It fails with a 400 *ir.Error. The
	// request aliases body.
	DecodeRequest(body []byte, env *ir.Envelope) (*ir.Request, error)

	// AppendResponse appends the whole answer for a client.
	AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte
	// NewEncoder writes a client's stream.
	NewEncoder(trip *ir.Trip) ir.Encoder
	// AppendCount appends the answer of the dialect's counting endpoint.
	AppendCount(dst []byte, tokens int64) []byte
	// AppendError appends an error body for a client. The request id is shown
	// where the dialect has a place for it.
	AppendError(dst []byte, e *ir.Error, requestID string) []byte

	// RelayRequest appends a client's body for an upstream of the same dialect:
	// byte for byte but for the model's name and what the gateway must add. With
	// an empty dst, a body that needs no change is returned itself.
	RelayRequest(dst, body []byte, env *ir.Envelope, t *ir.Target) ([]byte, error)
	// NewRelay pipes the answer of an upstream of the same dialect. renamed
	// tells whether the model's name in it must be restored to model.
	NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay
}

// codecs is the whole list of dialects: a new one is a folder and a line here.
var codecs = map[ir.Dialect]Codec{
	ir.Chat:      chat.Codec{},
	ir.Responses: responses.Codec{},
	ir.Anthropic: anthropic.Codec{},
	ir.Gemini:    gemini.Codec{},
}

// upstreams are the dialects that no client speaks.
var upstreams = map[ir.Dialect]Upstream{
	ir.GeminiWeb: geminiweb.Codec{},
}

// CodecOf returns the dialect's codec, nil for a dialect that is not known or
// that no client speaks.
func CodecOf(d ir.Dialect) Codec { return codecs[d] }

// UpstreamOf returns what speaks a dialect to upstreams, nil for a dialect that
// is not known.
func UpstreamOf(d ir.Dialect) Upstream {
	if c := codecs[d]; c != nil {
		return c
	}
	return upstreams[d]
}

package translate

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// Preview shows what the gateway makes of one body, without any account and
// without sending anything.
type Preview struct {
	From, To ir.Dialect // whose body is read, and whose is written
	Provider string     // the account's kind; empty means that of the upstream dialect's own vendor
	Model    string     // the upstream's name of the model; empty means as in the body
	Strict   bool       // refuse what cannot be sent as it is
	Streamed bool       // a Gemini client asks for a stream, which its body does not tell
	Header   http.Header
}

// Sent is what an upstream would be sent.
type Sent struct {
	Body   []byte
	Header http.Header // what the upstream needs for this body besides its credentials
	Notes  []ir.Note
}

// vendors are the kinds of account by whose models a dialect is best known.
var vendors = map[ir.Dialect]string{ir.Chat: "openai", ir.Responses: "openai", ir.Anthropic: "anthropic", ir.Gemini: "gemini", ir.GeminiWeb: "gemini_web"}

// Request returns what an upstream that speaks To would be sent for a client's
// body in From. It fails with the *ir.Error that the client would be told; the
// notes up to there are returned all the same.
func (p *Preview) Request(body []byte) (Sent, error) {
	env := &ir.Envelope{Op: ir.Generate, Dialect: p.From, Header: p.Header, Stream: p.Streamed}
	if p.From == ir.Gemini {
		env.Model = p.Model
	}
	call, err := NewCall(env, body)
	if err != nil {
		return Sent{}, err
	}
	target := p.target(p.To, env.Model)
	exchange := call.For(target, env.Model, time.Now().Unix())
	out, err := exchange.Request(nil)
	if err != nil {
		return Sent{Notes: target.Notes.List()}, err
	}
	return Sent{Body: out, Header: exchange.Header(), Notes: target.Notes.List()}, nil
}

// Response returns what a client that speaks To would read for an upstream's
// whole answer in From, with what of it the client's dialect has no place for.
// It fails when the body is no answer.
func (p *Preview) Response(body []byte) ([]byte, []ir.Note, error) {
	answer, target, err := p.answer(false)
	if err != nil {
		return nil, nil, err
	}
	out := answer.Body(nil, body)
	if err := answer.Seen().Err; err != nil {
		return nil, nil, err
	}
	return out, target.Notes.List(), nil
}

// Stream writes what a client that speaks To would read for an upstream's
// stream in From, as the stream comes, and returns the notes about it. It fails
// when the stream cannot be read; an error that the upstream tells inside its
// stream is written for the client and returned.
func (p *Preview) Stream(w io.Writer, r io.Reader) ([]ir.Note, error) {
	answer, target, err := p.answer(true)
	if err != nil {
		return nil, err
	}
	err = p.copy(w, r, answer)
	return target.Notes.List(), err
}

// copy feeds a stream to the answer and writes what becomes of it.
func (p *Preview) copy(w io.Writer, r io.Reader, answer Answer) error {
	frames := frames(bufio.NewReader(r), p.From)
	var out []byte
	for frames.Next() {
		out = answer.Frame(out[:0], frames.Event())
		if _, err := w.Write(out); err != nil {
			return fmt.Errorf("writing the translated stream: %w", err)
		}
	}
	if err := frames.Err(); err != nil {
		return fmt.Errorf("reading the stream: %w", err)
	}
	if _, err := w.Write(answer.Close(out[:0])); err != nil {
		return fmt.Errorf("writing the translated stream: %w", err)
	}
	if err := answer.Seen().Err; err != nil {
		return err
	}
	return nil
}

// frames reads a stream in either of the forms that Gemini has for it.
func frames(r *bufio.Reader, d ir.Dialect) sse.Source {
	if first, err := r.Peek(1); d == ir.Gemini && err == nil && first[0] == '[' {
		return sse.NewArrayReader(r)
	}
	return sse.NewReader(r)
}

// answer is the way back to a client that asked for nothing in particular.
func (p *Preview) answer(stream bool) (Answer, *ir.Target, error) {
	model := p.Model
	if model == "" {
		model = "model"
	}
	env := &ir.Envelope{Op: ir.Generate, Dialect: p.To, Header: p.Header, Model: model, Stream: stream}
	call := &Call{env: env, client: codecs[p.To], req: &ir.Request{Op: env.Op, Dialect: p.To, Model: model, Stream: stream}}
	call.req.StreamOpts.Usage = ir.Some(true)
	env.Usage = ir.Some(true)
	target := p.target(p.From, model)
	answer, err := call.For(target, model, time.Now().Unix()).Answer(stream)
	return answer, target, err
}

func (p *Preview) target(d ir.Dialect, asked string) *ir.Target {
	provider, model := p.Provider, p.Model
	if provider == "" {
		provider = vendors[d]
	}
	if model == "" {
		model = asked
	}
	return &ir.Target{
		Dialect: d, Provider: provider, Model: model, Caps: caps.Of(provider, d, model), Strict: p.Strict, Notes: &ir.Notes{},
	}
}

package embed

import (
	"net/http"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Take reads the answer to the batch of that number; the answers come in order.
// It fails with a 502 *ir.Error when the body is no answer to it.
func (x *Exchange) Take(n int, body []byte) error {
	if x.Relayed() {
		return x.takeRelayed(body)
	}
	var vectors [][]byte
	var tokens int64
	var err error
	switch {
	case x.vertex:
		vectors, tokens, err = takeVertex(body)
	case x.upstream == ir.Gemini:
		vectors, tokens, err = takeGemini(body)
	default:
		vectors, tokens, err = takeOpenAI(body, x.Batches[n].size)
	}
	if err != nil {
		return x.bad("the upstream's answer cannot be read")
	}
	if len(vectors) != x.Batches[n].size {
		return x.bad("the upstream embedded another number of texts than it was sent")
	}
	for _, v := range vectors {
		if len(v) == 0 || v[0] == 'n' {
			return x.bad("the upstream's answer lacks an embedding")
		}
	}
	x.vectors = append(x.vectors, vectors...)
	if tokens >= 0 {
		x.tokens = max(x.tokens, 0) + tokens
	}
	return nil
}

// takeRelayed keeps an answer that is in the client's dialect already.
func (x *Exchange) takeRelayed(body []byte) error {
	if !jsonx.IsObject(body) {
		return x.bad("the upstream's answer cannot be read")
	}
	var err error
	if x.upstream == ir.Gemini {
		_, x.tokens, err = takeGemini(body)
	} else {
		_, x.tokens, err = takeOpenAI(body, 0)
	}
	if err != nil {
		return x.bad("the upstream's answer cannot be read")
	}
	x.relayed = body
	return nil
}

func (x *Exchange) bad(message string) *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: message, Upstream: x.upstream}
}

// Append appends the answer for the client. model is the name that it asked
// for. It fails with a 502 *ir.Error when a vector cannot be written as the
// client wants it.
func (x *Exchange) Append(dst []byte, model string) ([]byte, error) {
	out, err := x.append(dst, model)
	if err != nil {
		return dst, x.bad(err.Error())
	}
	return out, nil
}

func (x *Exchange) append(dst []byte, model string) ([]byte, error) {
	switch {
	case x.relayed != nil && x.call.dialect == ir.Gemini:
		return append(dst, x.relayed...), nil
	case x.relayed != nil:
		return x.mend(dst, model)
	case x.call.dialect == ir.Gemini:
		return appendGemini(dst, x.vectors, x.call.single)
	}
	tokens, _ := x.Tokens()
	return appendOpenAI(dst, x.vectors, x.call.wantsBase64(), model, tokens)
}

// mend appends an OpenAI answer with the client's name of the model, and with
// base64 where a server that knows only numbers was asked for it. Everything
// else stays as it is.
func (x *Exchange) mend(dst []byte, model string) ([]byte, error) {
	packed := x.call.wantsBase64()
	var r jsonx.Reader
	r.Reset(x.relayed)
	from := 0
	put := func(end int, with []byte) {
		start := r.Offset() - end
		dst = append(append(dst, x.relayed[from:start]...), with...)
		from = r.Offset()
	}
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "model":
			if raw := r.Raw(); len(raw) > 0 && raw[0] == '"' {
				put(len(raw), ir.AppendQuoted(nil, model))
			}
		case "data":
			for open := packed && r.Array(); open && r.Element(); {
				for open := r.Object(); open && r.Member(); {
					if r.Key() != "embedding" || r.Kind() != jsonx.Array {
						continue
					}
					raw := r.Raw()
					with, err := pack(nil, raw)
					if err != nil {
						return nil, err
					}
					put(len(raw), with)
				}
			}
		}
	}
	return append(dst, x.relayed[from:]...), nil
}

// wantsBase64 reads the one member of a relayed request that matters for its
// answer.
func (c *Call) wantsBase64() bool {
	var r jsonx.Reader
	r.Reset(c.body)
	wanted := false
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "encoding_format" {
			wanted = r.TextIfAny() == "base64"
		}
	}
	return wanted
}

// Relayed reports whether client and upstream speak the same dialect.
func (x *Exchange) Relayed() bool { return x.upstream == x.call.dialect && !x.vertex }

// Tokens returns what the texts cost: as the upstream says, else an estimate.
func (x *Exchange) Tokens() (n int64, estimated bool) {
	if x.tokens >= 0 {
		return x.tokens, false
	}
	req, err := x.call.request()
	if err != nil { // an upstream of the same dialect understood it
		return 0, true
	}
	for i := range req.inputs {
		n += estimate(req.inputs[i].text.String())
	}
	return n, true
}

// estimate counts four ASCII bytes to a token, and somewhat more than one token
// to any other character.
func estimate(text string) int64 {
	ascii, other := int64(0), int64(0)
	for _, r := range text {
		if r < utf8.RuneSelf {
			ascii++
		} else {
			other++
		}
	}
	return (ascii+3)/4 + (other*11+9)/10
}

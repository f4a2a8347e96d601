// Package embed translates requests for embeddings, and their answers, between
// the two dialects that have them: OpenAI's /v1/embeddings and Gemini's
// embedContent and batchEmbedContents.
//
// It is a package of its own since nothing of a conversation occurs in them:
// texts go in, vectors come out. Numbers are moved as they are written; only
// where one side wants base64 and the other has numbers are they read.
//
// Sources: OpenAI's reference of /v1/embeddings, Google's of models.embedContent
// and models.batchEmbedContents.
package embed

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	maxBatch  = 100  // most texts that Gemini embeds at once
	maxInputs = 2048 // most texts that OpenAI embeds at once
)

// Call is a client's request, as it may be tried with several accounts. It
// belongs to one goroutine and aliases the body.
type Call struct {
	dialect ir.Dialect // the client's
	body    []byte
	single  bool // embedContent: one text, and one vector without a list
	req     *request
}

// request is what a client asks to embed, in no dialect.
type request struct {
	inputs []input
	losses []string // places of members that the other dialect has no place for
}

// input is one thing to embed.
type input struct {
	text   ir.Text
	tokens bool // it is a list of token numbers, which text does not hold
	media  bool // it holds something else than text
	size   ir.Opt[int]
	task   ir.Text // what the vector is for, and
	title  ir.Text // what the text is called: Google's alone
	at     string  // its place in the client's request
}

// New takes a client's body: of the dialect chat, or of Gemini. single tells
// that Gemini's path asks for embedContent.
func New(dialect ir.Dialect, body []byte, single bool) *Call {
	return &Call{dialect: dialect, body: body, single: single}
}

// request decodes the body on the first use.
func (c *Call) request() (*request, error) {
	if c.req != nil {
		return c.req, nil
	}
	decode := decodeOpenAI
	if c.dialect == ir.Gemini {
		decode = decodeGemini
	}
	req, err := decode(c.body, c.single)
	if err != nil {
		return nil, err
	}
	c.req = req
	return req, nil
}

// Batch is one request to the upstream.
type Batch struct {
	Action string // the last word of a Gemini path; empty for OpenAI
	Body   []byte
	size   int // how many vectors must come back
}

// Exchange is a call's way to one account and back: its batches are asked for
// one after the other, each answer is given to Take, and Append writes the
// whole. It is used once, by one goroutine.
type Exchange struct {
	Batches []Batch

	call     *Call
	upstream ir.Dialect
	vertex   bool   // the upstream is Vertex AI
	relayed  []byte // the answer of an upstream that speaks the client's dialect
	vectors  [][]byte
	tokens   int64 // -1 while unknown
}

// Relay joins the call with an account of the same dialect, which is sent body:
// the client's own with the account's name of the model.
func (c *Call) Relay(body []byte) *Exchange {
	return &Exchange{call: c, upstream: c.dialect, tokens: -1, Batches: []Batch{{Action: c.action(), Body: body}}}
}

func (c *Call) action() string {
	switch {
	case c.dialect != ir.Gemini:
		return ""
	case c.single:
		return "embedContent"
	default:
		return "batchEmbedContents"
	}
}

// For joins the call with an account of another dialect. It fails with a 400
// *ir.Error for what cannot be embedded there.
func (c *Call) For(t *ir.Target) (*Exchange, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	for _, at := range req.losses {
		if forVertex(t) && knownToVertex(at) {
			continue
		}
		if err := t.Lose(ir.Hint, ir.CodeDrop, at, ""); err != nil {
			return nil, err
		}
	}
	for i := range req.inputs {
		in := &req.inputs[i]
		switch {
		case in.tokens:
			err = t.Lose(ir.Required, ir.CodeDrop, in.at, "it takes texts, not token numbers")
		case in.media:
			err = t.Lose(ir.Required, ir.CodeDrop, in.at, "it embeds nothing but text")
		}
		if err != nil {
			return nil, err
		}
	}
	x := &Exchange{call: c, upstream: t.Dialect, vertex: forVertex(t), tokens: -1}
	for rest := req.inputs; len(rest) > 0; {
		n := batchSize(rest, t)
		x.Batches = append(x.Batches, encode(rest[:n], t, c.single))
		rest = rest[n:]
	}
	return x, nil
}

// batchSize returns how many of the inputs the next request may hold. OpenAI's
// and Vertex AI have one size for all vectors.
func batchSize(inputs []input, t *ir.Target) int {
	most := maxInputs
	switch {
	case forVertex(t):
		most = instancesOf(t.Model)
	case t.Dialect == ir.Gemini:
		return min(len(inputs), maxBatch)
	}
	n := 1
	for n < min(len(inputs), most) && inputs[n].size == inputs[0].size {
		n++
	}
	return n
}

func encode(inputs []input, t *ir.Target, single bool) Batch {
	if forVertex(t) {
		return encodeVertex(inputs)
	}
	if t.Dialect == ir.Gemini {
		return encodeGemini(inputs, t.Model)
	}
	return encodeOpenAI(inputs, t.Model, single)
}

package gemini

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// chunk is a GenerateContentResponse: a whole answer or a piece of a streamed
// one. It aliases the bytes that it was read from and is reused.
type chunk struct {
	id, model, created string
	modelAt            ir.Span // the value of modelVersion
	cands              []wireCandidate
	usage              ir.Usage
	hasUsage           bool
	counts             counts // what usage was made of
	usages             int    // number of members that tell it
	tier               string
	block              string // promptFeedback.blockReason
	failure            []byte // error, raw

	marks []mark // what changes from chunk to chunk, in order
	like  likeness
	alike bool // it is the learned one with another text and other counts
}

type wireCandidate struct {
	index     int
	parts     []wirePart
	finish    string
	message   ir.Text
	grounding []byte
	citations []byte
	logprobs  []byte
}

// read reads the chunk that is next.
func (c *chunk) read(r *jsonx.Reader) error {
	*c = chunk{cands: c.cands[:0], marks: c.marks[:0], like: c.like}
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "candidates":
			for in := r.Array(); in && r.Element(); {
				c.candidate(r)
			}
		case "usageMetadata", "usage_metadata":
			c.readUsage(r)
		case "modelVersion", "model_version":
			c.modelAt.Start = r.Offset()
			c.model = r.String()
			c.modelAt.End = r.Offset()
			c.marks = append(c.marks, mark{at: c.modelAt, kind: markModel})
		case "responseId", "response_id":
			c.id = r.String()
		case "createTime", "create_time":
			c.created = r.String()
		case "promptFeedback", "prompt_feedback":
			for in := r.Object(); in && r.Member(); {
				if k := r.Key(); k == "blockReason" || k == "block_reason" {
					c.block = r.String()
				}
			}
		case "error":
			c.failure = r.RawIfAny()
		}
	}
	return r.Err()
}

// candidate reads one candidate into the next place, whose parts are reused.
func (c *chunk) candidate(r *jsonx.Reader) {
	n := len(c.cands)
	if n < cap(c.cands) {
		c.cands = c.cands[:n+1]
	} else {
		c.cands = append(c.cands, wireCandidate{})
	}
	w := &c.cands[n]
	*w = wireCandidate{parts: w.parts[:0]}
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "content":
			for in := r.Object(); in && r.Member(); {
				if r.Key() == "parts" {
					c.readParts(r, w)
				}
			}
		case "index":
			w.index = int(r.Int())
		case "finishReason", "finish_reason":
			w.finish = r.String()
		case "finishMessage", "finish_message":
			w.message = r.Text()
		case "groundingMetadata", "grounding_metadata":
			w.grounding = r.RawIfAny()
		case "citationMetadata", "citation_metadata":
			w.citations = r.RawIfAny()
		case "logprobsResult", "logprobs_result":
			w.logprobs = r.RawIfAny()
		}
	}
}

func (c *chunk) readParts(r *jsonx.Reader, w *wireCandidate) {
	for in := r.Array(); in && r.Element(); {
		n := len(w.parts)
		if n < cap(w.parts) {
			w.parts = w.parts[:n+1]
		} else {
			w.parts = append(w.parts, wirePart{})
		}
		p := &w.parts[n]
		readPart(r, p)
		if p.textAt.Len() > 0 {
			c.marks = append(c.marks, mark{at: p.textAt, kind: markText})
		}
	}
}

// eachChunk calls do for the chunk in data, or for each when data is an array
// of them, as some proxies wrap errors and whole streams. It fails for what is
// no JSON.
func eachChunk(data []byte, c *chunk, do func()) error {
	if c.match(data) {
		do()
		return nil
	}
	var r jsonx.Reader
	r.Reset(data)
	if r.Kind() != jsonx.Array {
		if err := c.read(&r); err != nil {
			return err
		}
		if err := r.End(); err != nil {
			return err
		}
		c.learn(data)
		do()
		return nil
	}
	for in := r.Array(); in && r.Element(); {
		if c.read(&r) == nil {
			do()
		}
	}
	return r.End()
}

// finished reports whether the candidate says why it ended.
func (w *wireCandidate) finished() bool {
	return w.finish != "" && w.finish != "FINISH_REASON_UNSPECIFIED"
}

// hasContent reports whether the chunk holds anything that a client would show
// or act upon.
func (c *chunk) hasContent() bool {
	for i := range c.cands {
		for j := range c.cands[i].parts {
			p := &c.cands[i].parts[j]
			if p.text != "" || p.name != "" || p.media != nil || p.server != nil {
				return true
			}
		}
	}
	return false
}

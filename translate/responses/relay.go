package responses

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// relay is the straight pipe of one answer.
type relay struct {
	op      ir.Op
	model   string
	renamed bool
	id      string // of the answer, for an error frame
	created int64
	frames  int64
	seen    ir.Seen
}

// NewRelay pipes the answer of an upstream that speaks Responses itself.
func (Codec) NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay {
	return &relay{op: env.Op, model: model, renamed: renamed, seen: ir.Seen{Usage: ir.NoUsage()}}
}

// Seen implements ir.Relay.
func (p *relay) Seen() *ir.Seen { return &p.seen }

// Frame implements ir.Relay. Most frames are deltas, of which nothing needs to
// be known once content has come.
func (p *relay) Frame(dst []byte, name string, data, raw []byte) []byte {
	if len(data) == 0 || string(data) == "[DONE]" { // which some servers send though OpenAI does not
		return append(dst, raw...)
	}
	if data[0] != '{' || data[len(data)-1] != '}' { // torn, as far as one look tells
		p.seen.Err = badAnswer("the upstream's stream cannot be read")
		return dst
	}
	p.frames++
	if strings.HasSuffix(name, ".delta") {
		if !p.seen.Content && !bytes.Contains(data, emptyDelta) && !bytes.Contains(data, emptySpaced) {
			p.seen.Content = true
		}
		return append(dst, raw...)
	}
	if name == "" {
		name = typeOf(data)
	}
	switch name {
	case "response.created", "response.in_progress", "response.queued":
		return p.renameIn(dst, name, data, raw, p.opened(data))
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		object := p.finished(name, data)
		if p.seen.Err != nil {
			p.frames--
			return dst
		}
		return p.renameIn(dst, name, data, raw, object)
	case "response.output_item.added", "response.output_item.done":
		if !p.seen.Content {
			p.seen.Content = itemIsContent(data, name == "response.output_item.done")
		}
	case "error", "":
		if name == "error" || bytes.Contains(data, []byte(`"error"`)) {
			p.frames--
			p.failed(readFault(data))
			return dst
		}
	default:
		if !p.seen.Content && strings.HasSuffix(name, ".delta") {
			p.seen.Content = !bytes.Contains(data, emptyDelta)
		}
	}
	return append(dst, raw...)
}

var (
	emptyDelta  = []byte(`"delta":""`)
	emptySpaced = []byte(`"delta": ""`)
)

// typeOf returns the type that an unnamed frame's data holds, as one of the
// names that matter.
func typeOf(data []byte) string {
	const front = `{"type":"`
	if len(data) > len(front) && string(data[:len(front)]) == front {
		rest := data[len(front):]
		if i := bytes.IndexByte(rest, '"'); i >= 0 {
			return alias(rest[:i])
		}
	}
	var r jsonx.Reader
	r.Reset(data)
	typ := ""
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		if r.Key() == "type" {
			typ = optional(&r)
		}
	}
	return typ
}

// responseIn returns the response object inside a frame.
func responseIn(data []byte) []byte {
	var r jsonx.Reader
	r.Reset(data)
	var found []byte
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		if r.Key() == "response" {
			found = r.Raw()
		}
	}
	return found
}

// opened takes the answer's id from its first frame and returns the response
// object when its model must be restored.
func (p *relay) opened(data []byte) []byte {
	if p.id != "" && !p.renamed {
		return nil
	}
	object := responseIn(data)
	if p.id == "" {
		var r jsonx.Reader
		r.Reset(object)
		a := readResponse(&r)
		p.id, p.created = strings.Clone(a.id), a.created
	}
	return object
}

// finished reads what a terminal frame tells.
func (p *relay) finished(name string, data []byte) []byte {
	object := responseIn(data)
	var r jsonx.Reader
	r.Reset(object)
	a := readResponse(&r)
	if a.status == "" {
		a.status = strings.TrimPrefix(name, "response.")
	}
	p.take(&a)
	return object
}

// take takes over usage and stop, or the failure, of a response object.
func (p *relay) take(a *response) {
	p.seen.Usage.Merge(&a.usage)
	if a.status == "failed" {
		p.failed(readFault(a.failure))
		return
	}
	p.seen.Done = true
	called, refused := scanOutput(a.output)
	p.seen.Stop = stopOf(strings.Clone(a.status), strings.Clone(a.reason), called, refused)
	p.seen.Content = p.seen.Content || len(a.output) > 2
}

func (p *relay) failed(f fault) { p.seen.Err = streamError(&f) }

// scanOutput tells whether the output holds calls of the client's tools, and
// whether it is a refusal.
func scanOutput(output []byte) (called, refused bool) {
	var r jsonx.Reader
	r.Reset(output)
	for open := r.Kind() == jsonx.Array && r.Array(); open && r.Element(); {
		if r.Kind() != jsonx.Object {
			continue
		}
		for open := r.Object(); open && r.Member(); {
			switch r.Key() {
			case "type":
				called = called || itemTypes[optional(&r)].kind == kindCall
			case "content":
				refused = refused || bytes.Contains(r.Raw(), []byte(`"type":"refusal"`))
			}
		}
	}
	return called, refused
}

// itemIsContent reports whether an item is part of the answer already: a call
// when it is announced, anything but reasoning when it is done.
func itemIsContent(data []byte, done bool) bool {
	var r jsonx.Reader
	r.Reset(data)
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		if r.Key() != "item" || r.Kind() != jsonx.Object {
			continue
		}
		for open := r.Object(); open && r.Member(); {
			if r.Key() == "type" {
				kind := itemTypes[optional(&r)].kind
				return kind == kindCall || done && kind != kindReasoning
			}
		}
	}
	return false
}

// renameIn appends a frame with the client's name of the model in its response
// object, or the frame as it is.
func (p *relay) renameIn(dst []byte, name string, data, raw, object []byte) []byte {
	at := modelIn(object)
	if !p.renamed || at == nil {
		return append(dst, raw...)
	}
	start := offset(data, at)
	if from := bytes.Index(raw, data); from >= 0 {
		return jsonx.Splice(dst, raw, from+start, from+start+len(at), ir.AppendQuoted(nil, p.model))
	}
	// The data came on several lines: it is written on one.
	edited := jsonx.Splice(nil, data, start, start+len(at), ir.AppendQuoted(nil, p.model))
	dst = append(append(dst, "event: "...), name...)
	dst = append(dst, "\ndata: "...)
	return append(jsonx.AppendCompact(dst, edited), "\n\n"...)
}

// modelIn returns the value of a response object's model, nil when there is
// none.
func modelIn(object []byte) []byte {
	var r jsonx.Reader
	r.Reset(object)
	var found []byte
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		if r.Key() == "model" && r.Kind() == jsonx.String {
			found = r.Raw()
		}
	}
	return found
}

// offset is where piece, a slice of whole, begins.
func offset(whole, piece []byte) int { return cap(whole) - cap(piece) }

// Close implements ir.Relay.
func (p *relay) Close(dst []byte) []byte {
	if p.seen.Done {
		return dst
	}
	if p.seen.Err != nil {
		return p.Fail(dst, p.seen.Err)
	}
	err := truncated()
	err.Upstream = ir.Responses
	return p.Fail(dst, err)
}

// Fail implements ir.Relay: the answer fails as OpenAI's own would, which is
// what Codex looks for.
func (p *relay) Fail(dst []byte, e *ir.Error) []byte {
	if p.seen.Err == nil {
		p.seen.Err = e
	}
	p.seen.Done = true
	enc := encoder{
		trip: &ir.Trip{Request: &ir.Request{}, Model: p.model}, begun: true, id: p.id, created: p.created,
		usage: ir.NoUsage(), seq: p.frames,
	}
	if enc.id == "" {
		enc.id = "resp_0"
	}
	return enc.fail(dst, e)
}

// Body implements ir.Relay.
func (p *relay) Body(dst, body []byte) []byte {
	var r jsonx.Reader
	r.Reset(body)
	if r.Kind() != jsonx.Object || !jsonx.Valid(body) {
		p.seen.Err = badAnswer("the upstream's answer cannot be read")
		return dst
	}
	a := readResponse(&r)
	switch {
	case len(a.failure) > 0 && a.status == "":
		a.status = "failed"
	case a.status == "" && len(a.output) == 0 && p.op != ir.CountTokens:
		p.seen.Err = badAnswer("the upstream's answer is no response")
		return dst
	}
	if p.take(&a); p.seen.Err != nil {
		return dst
	}
	at := modelIn(body)
	if !p.renamed || at == nil {
		return append(dst, body...)
	}
	start := offset(body, at)
	return jsonx.Splice(dst, body, start, start+len(at), ir.AppendQuoted(nil, p.model))
}

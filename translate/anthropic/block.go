package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// block is one content block as it is read: the members of all types side by
// side, since a block's type may come after its content.
type block struct {
	typ       string
	text      ir.Text // text, thinking
	hasText   bool
	signature string
	data      string // redacted_thinking
	id        string
	name      string
	callID    string // tool_use_id
	input     []byte // raw value
	content   []byte // raw value unless it is a string
	words     ir.Text
	hasWords  bool    // content is the string words
	source    []byte  // raw object
	sourceURL ir.Text // search_result: source is a string
	isError   bool
	cache     *ir.CacheHint
	citations []byte // raw: an array on text, an object on documents
	title     ir.Text
	context   ir.Text
	ext       []ir.Field
	raw       []byte // the whole block
}

// read reads the object that is next in r. doc is the document that r's
// offsets count in. Unknown members are kept in ext, null ones are absent.
func (b *block) read(r *jsonx.Reader, doc []byte) {
	*b = block{}
	start := r.Offset()
	if r.Kind() == jsonx.String { // a bare string where a block should be
		b.typ, b.text, b.hasText = "text", r.Text(), true
		return
	}
	r.Object()
	for r.Member() {
		if r.Null() {
			continue
		}
		b.member(r)
	}
	if r.Err() == nil {
		b.raw = doc[start:r.Offset():r.Offset()]
	}
}

func (b *block) member(r *jsonx.Reader) {
	switch r.Key() {
	case "type":
		b.typ = r.String()
	case "text", "thinking":
		b.text, b.hasText = r.Text(), true
	case "signature":
		b.signature = r.String()
	case "data":
		b.data = r.String()
	case "id":
		b.id = r.String()
	case "name":
		b.name = r.String()
	case "tool_use_id":
		b.callID = r.String()
	case "input":
		b.input = r.Raw()
	case "content":
		if b.hasWords = r.Kind() == jsonx.String; b.hasWords {
			b.words = r.Text()
			return
		}
		b.content = r.Raw()
	case "source":
		if r.Kind() == jsonx.String {
			b.sourceURL = r.Text()
			return
		}
		b.source = r.Raw()
	case "is_error":
		b.isError = r.Bool()
	case "cache_control":
		b.cache = readCache(r)
	case "citations":
		b.citations = r.Raw()
	case "title":
		b.title = r.Text()
	case "context":
		b.context = r.Text()
	default:
		b.ext = append(b.ext, keep(r))
	}
}

// keep takes the current member over verbatim.
func keep(r *jsonx.Reader) ir.Field { return keepAs(r, r.Key()) }

func keepAs(r *jsonx.Reader, name string) ir.Field { return ir.Field{Name: name, Raw: r.Raw()} }

// readCache reads a cache_control object.
func readCache(r *jsonx.Reader) *ir.CacheHint {
	if !r.Object() {
		return nil
	}
	h := &ir.CacheHint{}
	for r.Member() {
		if r.Key() == "ttl" {
			h.TTL = r.String()
		}
	}
	return h
}

// args returns the input as arguments: an object raw, a string as the text
// that it holds.
func (b *block) args() ir.Args {
	if len(b.input) > 1 && b.input[0] == '"' {
		var r jsonx.Reader
		r.Reset(b.input)
		return ir.Args{Text: r.Text()}
	}
	return ir.Args{JSON: b.input}
}

package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// piece is what one element of a content list says.
type piece struct {
	typ            string
	text           ir.Text // text or refusal
	hasText        bool
	url, data      ir.Text // image_url or file_url; file_data or the audio's data
	fileID, name   string
	detail, format string
	cache          *ir.CacheHint
	citations      []ir.Citation
	logprobs       []ir.TokenLogprob
	ext            []ir.Field
}

// content reads a string or a list of parts and appends them to d.parts.
func (d *itemReader) content(r *jsonx.Reader) {
	switch r.Kind() {
	case jsonx.String:
		d.parts = append(d.parts, ir.Part{Kind: ir.PartText, Text: r.Text(), At: ir.Loc{Msg: d.msg, Part: -1}})
	case jsonx.Array:
		r.Array()
		for d.part = -1; r.Element(); {
			d.part++
			d.contentPart(r)
		}
	case jsonx.Null:
		r.Null()
	default:
		r.Fail("expected string or array, found %s", r.Kind())
	}
}

func (d *itemReader) contentPart(r *jsonx.Reader) {
	at := ir.Loc{Msg: d.msg, Part: d.part}
	if r.Kind() == jsonx.String {
		d.parts = append(d.parts, ir.Part{Kind: ir.PartText, Text: r.Text(), At: at})
		return
	}
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
		return
	}
	start := r.Offset()
	var p piece
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "type":
			p.typ = r.String()
		case "text", "refusal":
			p.text, p.hasText = r.Text(), true
		default:
			d.pieceMember(r, &p)
		}
	}
	if r.Err() != nil {
		return
	}
	part := p.part(d.body[start:r.Offset():r.Offset()])
	part.At, part.Cache, part.Citations, part.Logprobs, part.Ext = at, p.cache, p.citations, p.logprobs, p.ext
	d.parts = append(d.parts, part)
}

// pieceMember reads the members besides type and text.
func (d *itemReader) pieceMember(r *jsonx.Reader, p *piece) {
	switch key := r.Key(); key {
	case "image_url":
		p.readURL(r)
	case "file_url":
		p.url = r.Text()
	case "file_id":
		p.fileID = r.String()
	case "file_data":
		p.data = r.Text()
	case "filename":
		p.name = r.String()
	case "detail":
		p.detail = r.String()
	case "input_audio":
		p.readAudio(r)
	case "file":
		p.readFile(r)
	case "prompt_cache_breakpoint":
		p.cache = readBreakpoint(r)
	case "annotations":
		if d.answer {
			p.citations = readCitations(r)
			return
		}
		p.ext = d.mem.AddField(p.ext, "annotations", r.Raw())
	case "logprobs":
		if d.answer {
			p.logprobs = readLogprobs(r)
			return
		}
		p.ext = d.mem.AddField(p.ext, "logprobs", r.Raw())
	default:
		if raw := rawOrNil(r); raw != nil {
			p.ext = d.mem.AddField(p.ext, key, raw)
		}
	}
}

// readURL reads an image's URL, also in the form of Chat Completions.
func (p *piece) readURL(r *jsonx.Reader) {
	if r.Kind() != jsonx.Object {
		p.url = r.Text()
		return
	}
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "url":
			p.url = r.Text()
		case "detail":
			p.detail = r.String()
		}
	}
}

func (p *piece) readAudio(r *jsonx.Reader) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "data":
			p.data = r.Text()
		case "format":
			p.format = r.String()
		}
	}
}

// readFile reads a file in the form of Chat Completions.
func (p *piece) readFile(r *jsonx.Reader) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "file_data":
			p.data = r.Text()
		case "file_id":
			p.fileID = r.String()
		case "filename":
			p.name = r.String()
		}
	}
}

func readBreakpoint(r *jsonx.Reader) *ir.CacheHint {
	if r.Null() {
		return nil
	}
	hint := &ir.CacheHint{}
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "ttl" {
			hint.TTL = r.String()
		}
	}
	return hint
}

// part returns the part that the piece stands for. What no other dialect knows
// stays as it is.
func (p *piece) part(raw []byte) ir.Part {
	switch p.typ {
	case "input_text", "output_text", "text", "summary_text", "reasoning_text":
		return ir.Part{Kind: ir.PartText, Text: p.text}
	case "refusal":
		return ir.Part{Kind: ir.PartRefusal, Text: p.text}
	case "input_image", "image_url", "image":
		return ir.Part{Kind: ir.PartImage, Media: p.image()}
	case "input_file", "file":
		return ir.Part{Kind: ir.PartFile, Media: p.file()}
	case "input_audio":
		return ir.Part{Kind: ir.PartAudio, Media: &ir.Media{
			Source: ir.SourceBase64, MIME: audioMIME(p.format), Data: p.data,
		}}
	case "":
		if p.hasText {
			return ir.Part{Kind: ir.PartText, Text: p.text}
		}
	}
	return ir.Part{Kind: ir.PartOpaque, Opaque: &ir.Opaque{Dialect: ir.Responses, Type: p.typ, Raw: raw}}
}

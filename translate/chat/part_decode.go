package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// content reads a message's content into decoder.scratch: a string, a list of
// parts, or one part in the place of a list.
func (d *decoder) content() {
	r := &d.r
	switch r.Kind() {
	case jsonx.String:
		if text := r.Text(); text != "" {
			d.scratch = append(d.scratch, ir.Part{Kind: ir.PartText, Text: text, At: d.whole()})
		}
	case jsonx.Array:
		r.Array()
		for r.Element() {
			d.part++
			d.contentPart()
		}
	case jsonx.Object:
		d.part = 0
		d.contentPart()
	case jsonx.Null:
		r.Null()
	default:
		r.Fail("expected string or array, found %s", r.Kind())
	}
}

// partFields are the members of a content part, whichever type it has. The
// type may come last.
type partFields struct {
	typ      ir.Text
	text     ir.Text
	url      ir.Text // image_url, video_url, source
	detail   string
	data     ir.Text // base64, or a data URL
	format   string  // of audio
	mime     string
	name     string // of a file or a tool
	id       string // file_id, or a tool call's id
	callID   string // tool_use_id
	sig      string
	isError  bool
	input    []byte
	content  []byte
	thinking ir.Text
	cache    *ir.CacheHint
	ext      []ir.Field
}

// contentPart reads one part of a content list.
func (d *decoder) contentPart() {
	r := &d.r
	at := ir.Loc{Msg: d.msg, Part: d.part}
	if r.Kind() == jsonx.String {
		if text := r.Text(); text != "" {
			d.scratch = append(d.scratch, ir.Part{Kind: ir.PartText, Text: text, At: at})
		}
		return
	}
	start := r.Offset()
	if !r.Object() {
		return
	}
	var f partFields
	for r.Member() {
		switch r.Key() {
		case "type":
			f.typ = r.Text()
		case "text":
			f.text = r.Text()
		default:
			d.partMember(&f)
		}
	}
	if r.Err() != nil {
		return
	}
	p := ir.Part{Kind: ir.PartText, Text: f.text, Cache: f.cache, At: at, Ext: f.ext}
	if f.typ != "text" && !d.typedPart(&p, &f) {
		raw := d.body[start:r.Offset()]
		p = ir.Part{Kind: ir.PartOpaque, At: at, Opaque: &ir.Opaque{Dialect: ir.Chat, Type: f.typ.String(), Raw: raw}}
	}
	if p.Kind != ir.PartText || p.Text != "" {
		d.scratch = append(d.scratch, p)
	}
}

// partMember reads a member that text parts lack.
func (d *decoder) partMember(f *partFields) {
	r := &d.r
	switch key := r.Key(); key {
	case "image_url", "video_url":
		d.urlMember(f)
	case "input_audio", "file", "source":
		if !r.Object() {
			return
		}
		for r.Member() {
			d.mediaMember(f)
		}
	case "prompt_cache_breakpoint", "cache_control":
		f.cache = d.cacheHint()
	case "refusal":
		f.text = r.Text()
	case "thinking":
		f.thinking = r.Text()
	case "signature", "data":
		f.sig = r.String()
	case "id":
		f.id = r.String()
	case "name":
		f.name = r.String()
	case "input":
		f.input = r.RawIfAny()
	case "tool_use_id":
		f.callID = r.String()
	case "is_error":
		f.isError = r.Bool()
	case "content":
		f.content = r.RawIfAny()
	case "detail":
		f.detail = r.String()
	default:
		if !r.Null() {
			f.ext = d.mem.AddField(f.ext, key, r.Raw())
		}
	}
}

// urlMember reads image_url and video_url: an object, or the URL itself.
func (d *decoder) urlMember(f *partFields) {
	r := &d.r
	if r.Kind() == jsonx.String {
		f.url = r.Text()
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "url":
			f.url = r.Text()
		case "detail":
			f.detail = r.String()
		}
	}
}

// mediaMember reads a member of input_audio, of file, or of Anthropic's source.
func (d *decoder) mediaMember(f *partFields) {
	r := &d.r
	switch r.Key() {
	case "data", "file_data":
		f.data = r.Text()
	case "format":
		f.format = r.String()
	case "file_id":
		f.id = r.String()
	case "filename":
		f.name = r.String()
	case "url", "file_url":
		f.url = r.Text()
	case "media_type", "mime_type":
		f.mime = r.String()
	}
}

// cacheHint reads OpenAI's prompt_cache_breakpoint or Anthropic's
// cache_control; both have a ttl.
func (d *decoder) cacheHint() *ir.CacheHint {
	r := &d.r
	if !r.Object() {
		return nil
	}
	var h ir.CacheHint
	for r.Member() {
		if r.Key() == "ttl" {
			h.TTL = r.String()
		}
	}
	return &h
}

// typedPart makes p the part that its type says. It reports false for types
// that the decoder does not know.
func (d *decoder) typedPart(p *ir.Part, f *partFields) bool {
	switch f.typ {
	case "", "input_text", "output_text":
		return f.typ != "" || f.text != ""
	case "refusal":
		p.Kind = ir.PartRefusal
		return true
	case "image_url", "input_image", "image":
		d.media(p, ir.PartImage, f)
	case "video_url":
		d.media(p, ir.PartVideo, f)
	case "input_audio":
		d.media(p, ir.PartAudio, f)
	case "file", "input_file", "document":
		d.media(p, ir.PartFile, f)
	default:
		return d.foreignPart(p, f)
	}
	return true
}

// foreignPart reads the blocks of Anthropic's Messages that some clients put
// into Chat messages.
func (d *decoder) foreignPart(p *ir.Part, f *partFields) bool {
	switch f.typ {
	case "tool_use":
		call := d.mem.Call()
		*call = ir.ToolCall{ID: ir.CleanID(f.id), Name: f.name, Args: ir.Args{JSON: f.input}, Type: ir.TypeFunction}
		p.Kind, p.Call = ir.PartToolCall, call
	case "tool_result":
		res := d.mem.Result()
		*res = ir.ToolResult{CallID: ir.CleanID(f.callID), IsError: f.isError, Type: ir.TypeFunction, Parts: d.nested(f.content, p.At)}
		p.Kind, p.Result = ir.PartToolResult, res
	case "thinking":
		p.Kind, p.Text, p.Think = ir.PartThinking, f.thinking, &ir.Thinking{Sig: anthropicSig(f.sig)}
	case "redacted_thinking":
		p.Kind, p.Think = ir.PartThinking, &ir.Thinking{Redacted: true, Sig: anthropicSig(f.sig)}
	default:
		return false
	}
	return true
}

// nested reads a content that stands inside a part.
func (d *decoder) nested(raw []byte, at ir.Loc) []ir.Part {
	if len(raw) == 0 {
		return nil
	}
	outer, scratch, part := d.r, d.scratch, d.part
	d.r = outer.Sub(raw)
	d.scratch, d.part = nil, -1
	d.content()
	parts := d.scratch
	for i := range parts {
		parts[i].At = at
	}
	if err := d.r.End(); err != nil {
		d.refuse("%s", err.Error())
	}
	d.r, d.scratch, d.part = outer, scratch, part
	return parts
}

// anthropicSig reads a signature from a block of Anthropic's form.
func anthropicSig(value string) *ir.Sig {
	s := ir.ParseSig(value, ir.SignsThink, "")
	if s != nil && s.Family == ir.SigUnknown {
		s.Family = ir.SigAnthropic
	}
	return s
}

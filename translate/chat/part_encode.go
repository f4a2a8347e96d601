package chat

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// cached reports whether a cache hint is written.
func (e *encoder) cached(h *ir.CacheHint) bool { return h != nil && e.caps.CacheBreakpoints }

// item begins an element of a list.
func item(dst []byte) []byte {
	if dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	return dst
}

// textPart appends a text part to the list that dst ends in.
func (e *encoder) textPart(dst []byte, text ir.Text, hint *ir.CacheHint) []byte {
	dst = append(item(dst), `{"type":"text","text":`...)
	dst = e.cacheHint(text.AppendJSON(dst), hint)
	return append(dst, '}')
}

func (e *encoder) cacheHint(dst []byte, hint *ir.CacheHint) []byte {
	if !e.cached(hint) {
		return dst
	}
	dst = append(dst, `,"prompt_cache_breakpoint":{"mode":"explicit"`...)
	if hint.TTL != "" {
		dst = appendString(dst, "ttl", openAITTL(hint.TTL))
	}
	return append(dst, '}')
}

// part appends a part of a user's message to the list that dst ends in, or
// nothing when the target has no form for it.
func (e *encoder) part(dst []byte, p *ir.Part) []byte {
	start := len(dst)
	switch {
	case p.Kind == ir.PartText:
		dst = e.textPart(dst, p.Text, p.Cache)
		if e.same && len(p.Ext) > 0 {
			dst = append(appendFields(dst[:len(dst)-1], p.Ext), '}')
		}
		return dst
	case isText(p):
		dst = append(item(dst), `{"type":"text","text":"`...)
		return append(e.cacheHint(append(appendAsText(dst, p), '"'), p.Cache), '}')
	case p.Kind == ir.PartOpaque && p.Opaque.Dialect == ir.Chat:
		return append(item(dst), p.Opaque.Raw...)
	case p.Kind == ir.PartCompaction:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "")
		return dst
	case !p.Kind.IsMedia():
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
		return dst
	}
	dst = append(item(dst), '{')
	ok := false
	switch p.Kind {
	case ir.PartImage:
		dst, ok = e.image(dst, p)
	case ir.PartAudio:
		dst, ok = e.audio(dst, p)
	case ir.PartVideo:
		dst, ok = e.video(dst, p)
	case ir.PartFile:
		dst, ok = e.file(dst, p)
	}
	if !ok {
		return dst[:start]
	}
	return append(e.cacheHint(dst, p.Cache), '}')
}

// appendAsText appends a text part or a text document as the inside of a JSON
// string.
func appendAsText(dst []byte, p *ir.Part) []byte {
	if p.Kind == ir.PartText {
		return append(dst, p.Text...)
	}
	m := p.Media
	dst = append(dst, "<document"...)
	if title := orElse(m.Title, m.Name); title != "" {
		dst = append(dst, ` title=\"`...)
		dst = ir.AppendEscaped(dst, []byte(title))
		dst = append(dst, `\"`...)
	}
	dst = append(dst, `>\n`...)
	dst = append(dst, m.Data...)
	return append(dst, `\n</document>`...)
}

// refuse ends the request because the target cannot take a medium.
func (e *encoder) refuse(p *ir.Part, why string) {
	e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), why)
}

// unfetched ends the request because nobody would fetch the URL.
func (e *encoder) unfetched(p *ir.Part) {
	if e.err != nil {
		return
	}
	e.err = ir.Unfetched(e.req.PathOfURL(p.At, p.Kind), e.t.Model)
}

func (e *encoder) image(dst []byte, p *ir.Part) ([]byte, bool) {
	m := p.Media
	switch {
	case m.Source == ir.SourceBase64:
	case m.Source == ir.SourceURL && e.caps.URLImages:
	case m.Source == ir.SourceURL:
		e.unfetched(p)
		return dst, false
	default:
		e.refuse(p, "the image is stored where the model cannot read it")
		return dst, false
	}
	dst = append(dst, `"type":"image_url","image_url":{"url":`...)
	dst = appendLocator(dst, m)
	switch m.Detail {
	case "":
	case "medium":
		dst = appendString(dst, "detail", "auto")
	default:
		dst = appendString(dst, "detail", m.Detail)
	}
	return append(dst, '}'), true
}

// appendLocator appends a medium's URL, or a data URL with the medium itself.
func appendLocator(dst []byte, m *ir.Media) []byte {
	if m.Source != ir.SourceBase64 {
		return ir.AppendQuoted(dst, m.URL)
	}
	dst = append(dst, `"data:`...)
	dst = ir.AppendEscaped(dst, []byte(m.MIME))
	dst = append(dst, ";base64,"...)
	return append(append(dst, m.Data...), '"')
}

func (e *encoder) audio(dst []byte, p *ir.Part) ([]byte, bool) {
	format := ""
	switch p.Media.MIME {
	case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave":
		format = "wav"
	case "audio/mpeg", "audio/mp3":
		format = "mp3"
	}
	if e.same && format == "" {
		format = strings.TrimPrefix(p.Media.MIME, "audio/")
	}
	if p.Media.Source != ir.SourceBase64 || format == "" {
		e.refuse(p, "only wav and mp3 data can be sent")
		return dst, false
	}
	dst = append(dst, `"type":"input_audio","input_audio":{"data":"`...)
	dst = append(append(dst, p.Media.Data...), '"')
	return append(appendString(dst, "format", format), '}'), true
}

func (e *encoder) video(dst []byte, p *ir.Part) ([]byte, bool) {
	source := p.Media.Source
	if !e.caps.VideoURL || source != ir.SourceBase64 && source != ir.SourceURL && source != ir.SourceYouTube {
		e.refuse(p, "the model takes no video")
		return dst, false
	}
	dst = append(dst, `"type":"video_url","video_url":{"url":`...)
	return append(appendLocator(dst, p.Media), '}'), true
}

func (e *encoder) file(dst []byte, p *ir.Part) ([]byte, bool) {
	m := p.Media
	switch m.Source {
	case ir.SourceBase64:
		dst = append(dst, `"type":"file","file":{`...)
		dst = appendString(dst, "filename", fileName(m))
		return append(appendLocator(appendKey(dst, "file_data"), m), '}'), true
	case ir.SourceFileID:
		if m.FileFamily != ir.Chat && m.FileFamily != ir.Responses || e.t.Provider != "openai" && !e.same {
			break
		}
		dst = append(dst, `"type":"file","file":{`...)
		return append(appendString(dst, "file_id", m.FileID), '}'), true
	case ir.SourceURL:
		e.unfetched(p)
		return dst, false
	}
	e.refuse(p, "the file is stored where the model cannot read it")
	return dst, false
}

// fileName is the name that a file is sent by; OpenAI wants one with an
// extension.
func fileName(m *ir.Media) string {
	name := orElse(m.Name, m.Title)
	ext := orElse(extensionOf(m.MIME), ".pdf")
	switch {
	case name == "":
		return "document" + ext
	case strings.Contains(name, "."):
		return name
	default:
		return name + ext
	}
}

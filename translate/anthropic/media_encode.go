package anthropic

import (
	"encoding/base64"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// mediaPart writes an image or a document into a user's message. Assistants'
// messages cannot hold any.
func (e *encoder) mediaPart(p *ir.Part, role ir.Role) {
	if p.Media == nil {
		return
	}
	if role == ir.RoleAssistant {
		e.lose(p.Class(), ir.CodeDrop, e.req.PathOf(p.At), "assistant messages hold no media")
		return
	}
	start, before := len(e.dst), e.role
	e.begin(role)
	if !e.media(p) {
		e.dst, e.role = e.dst[:start], before
	}
}

// media writes an image or document block. It reports false when there is no
// form for it, which is an error then.
func (e *encoder) media(p *ir.Part) bool {
	m := p.Media
	start := len(e.dst)
	var ok bool
	switch p.Kind {
	case ir.PartImage:
		e.dst = append(e.dst, `{"type":"image"`...)
		ok = e.imageSource(p)
	case ir.PartFile:
		e.dst = append(e.dst, `{"type":"document"`...)
		if title := documentTitle(m); title != "" {
			e.name("title")
			e.dst = ir.AppendQuoted(e.dst, title)
		}
		if m.Context != "" {
			e.name("context")
			e.dst = ir.AppendQuoted(e.dst, m.Context)
		}
		ok = e.fileSource(p)
		if m.Citations.Set {
			e.dst = append(e.dst, `,"citations":{"enabled":`...)
			e.dst = append(appendBool(e.dst, m.Citations.V), '}')
		}
	default:
		e.noForm(p, "Claude takes no "+p.Kind.String())
	}
	if !ok {
		e.dst = e.dst[:start]
		return false
	}
	e.end(p)
	return true
}

func documentTitle(m *ir.Media) string {
	if m.Title != "" {
		return m.Title
	}
	return m.Name
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

func (e *encoder) noForm(p *ir.Part, why string) {
	e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), why)
}

func (e *encoder) imageSource(p *ir.Part) bool {
	m := p.Media
	if m.Source == ir.SourceBase64 {
		mime := imageType(m.MIME, m.Data)
		if mime == "" {
			e.noForm(p, "images must be JPEG, PNG, GIF or WebP")
			return false
		}
		e.base64(mime, m.Data)
		return true
	}
	return e.remote(p, e.t.Caps.URLImages)
}

func (e *encoder) fileSource(p *ir.Part) bool {
	m := p.Media
	for i := range m.Ext {
		if e.native && m.Ext[i].Name == "source" {
			e.name("source")
			e.raw(m.Ext[i].Raw)
			return true
		}
	}
	mime, _, _ := strings.Cut(strings.ToLower(m.MIME), ";")
	switch {
	case m.Source == ir.SourceText:
		e.plainText(m.Data)
	case m.Source != ir.SourceBase64:
		return e.remote(p, e.t.Caps.URLFiles)
	case mime == "application/pdf" || mime == "" && strings.HasPrefix(string(m.Data), "JVBERi0"):
		e.base64("application/pdf", m.Data)
	case strings.HasPrefix(mime, "text/") || mime == "application/json" || mime == "application/xml":
		data, err := base64.StdEncoding.DecodeString(m.Data.String())
		if err != nil {
			e.noForm(p, "the document is no valid base64")
			return false
		}
		e.plainText(ir.Text(ir.AppendEscaped(nil, data)))
	default:
		e.noForm(p, "documents must be PDF or text")
		return false
	}
	return true
}

func (e *encoder) base64(mime string, data ir.Text) {
	e.dst = append(append(append(e.dst, `,"source":{"type":"base64","media_type":"`...), mime...), `","data":`...)
	e.text(data)
	e.dst = append(e.dst, '}')
}

func (e *encoder) plainText(text ir.Text) {
	e.dst = append(e.dst, `,"source":{"type":"text","media_type":"text/plain","data":`...)
	e.text(text)
	e.dst = append(e.dst, '}')
}

// remote writes a source that the API fetches itself.
func (e *encoder) remote(p *ir.Part, urls bool) bool {
	m := p.Media
	switch {
	case m.Source == ir.SourceFileID && m.FileFamily == ir.Anthropic && e.t.Provider != "vertex":
		e.dst = append(e.dst, `,"source":{"type":"file","file_id":`...)
		e.dst = append(ir.AppendQuoted(e.dst, m.FileID), '}')
	case m.Source == ir.SourceURL && fetches(m, urls):
		e.dst = append(e.dst, `,"source":{"type":"url","url":`...)
		e.dst = append(ir.AppendQuoted(e.dst, m.URL), '}')
	case m.Source == ir.SourceURL:
		if e.err == nil {
			e.err = ir.Unfetched(e.req.PathOfURL(p.At, p.Kind), e.t.Model)
		}
		return false
	default:
		e.noForm(p, "the file is not at Anthropic")
		return false
	}
	return true
}

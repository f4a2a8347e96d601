package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// source is what an image's or document's source object says.
type source struct {
	typ, mime, url, file string
	data                 ir.Text
	content              []byte
	words                ir.Text
}

func (s *source) read(r *jsonx.Reader) {
	r.Object()
	for r.Member() {
		if r.Null() {
			continue
		}
		switch r.Key() {
		case "type":
			s.typ = r.String()
		case "media_type":
			s.mime = r.String()
		case "data":
			s.data = r.Text()
		case "url":
			s.url = r.String()
		case "file_id":
			s.file = r.String()
		case "content":
			if r.Kind() == jsonx.String {
				s.words = r.Text()
			} else {
				s.content = r.Raw()
			}
		}
	}
}

// media fills in an image or a document.
func (d *decoder) media(p *ir.Part, b *block) bool {
	if b.source == nil {
		d.r.Fail("%s without source", b.typ)
		return false
	}
	var s source
	sub := d.r.Sub(b.source)
	s.read(&sub)
	d.fail(sub.End())
	m := &ir.Media{MIME: s.mime, Title: b.title.String(), Context: b.context.String()}
	p.Media = m
	switch s.typ {
	case "base64":
		m.Source, m.Data = ir.SourceBase64, s.data
	case "url":
		m.Source, m.URL = ir.SourceURL, s.url
	case "file":
		m.Source, m.FileID, m.FileFamily = ir.SourceFileID, s.file, ir.Anthropic
	case "text":
		m.Source, m.Data = ir.SourceText, s.data
	case "content":
		// Chunks that can be cited one by one: their text for everyone, the
		// chunks themselves for Anthropic.
		m.Source, m.Data = ir.SourceText, s.words+d.joined(s.content)
		m.Ext = []ir.Field{{Name: "source", Raw: b.source}}
	default:
		opaquePart(p, b)
		p.Media = nil
		return true
	}
	if p.Kind == ir.PartFile && m.MIME == "" && m.Source != ir.SourceFileID {
		m.MIME = "application/pdf"
		if m.Source == ir.SourceText {
			m.MIME = "text/plain"
		}
	}
	if b.citations != nil {
		sub := d.r.Sub(b.citations)
		if sub.Kind() == jsonx.Object {
			m.Citations = readEnabled(&sub)
		}
		d.fail(sub.Err())
	}
	return true
}

func readEnabled(r *jsonx.Reader) (on ir.Opt[bool]) {
	r.Object()
	for r.Member() {
		if r.Key() == "enabled" && r.Kind() == jsonx.Bool {
			on = ir.Some(r.Bool())
		}
	}
	return on
}

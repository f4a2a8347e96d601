package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// media writes an image, a sound or a file of the user's.
func (w *writer) media(p *ir.Part) {
	m := p.Media
	switch {
	case m.Source == ir.SourceText:
		w.document(p)
	case p.Kind == ir.PartImage:
		w.image(p)
	case p.Kind == ir.PartFile:
		w.file(p)
	case p.Kind == ir.PartAudio && m.Source == ir.SourceBase64 && audioFormat(m.MIME) != "":
		w.raw(`{"type":"input_audio","input_audio":{"data":"`)
		w.dst = append(w.dst, m.Data...)
		w.raw(`","format":"` + audioFormat(m.MIME) + `"}`)
		w.partExt(p)
		w.raw(`}`)
	default:
		w.lose(ir.Required, ir.CodeDrop, w.req.PathOf(p.At), "there is no form for "+p.Kind.String()+" of this type")
	}
}

func (w *writer) image(p *ir.Part) {
	m := p.Media
	from := len(w.dst)
	w.raw(`{"type":"input_image"`)
	switch {
	case m.Source == ir.SourceBase64:
		w.raw(`,"image_url":"`)
		w.dataURL(m)
	case m.Source == ir.SourceURL && m.URL != "":
		w.quoted("image_url", m.URL)
	case !w.fileID(p):
		w.dst = w.dst[:from]
		return
	}
	detail := m.Detail
	if detail == "" && !w.own {
		detail = "auto"
	}
	if detail != "" {
		w.quoted("detail", detail)
	}
	w.hint(p)
	w.partExt(p)
	w.raw(`}`)
}

func (w *writer) file(p *ir.Part) {
	m := p.Media
	from := len(w.dst)
	w.raw(`{"type":"input_file"`)
	switch {
	case m.Source == ir.SourceBase64:
		w.quoted("filename", fileName(m))
		w.raw(`,"file_data":"`)
		w.dataURL(m)
	case m.Source == ir.SourceURL && m.URL != "":
		w.quoted("file_url", m.URL)
	case !w.fileID(p):
		w.dst = w.dst[:from]
		return
	}
	if m.Detail != "" {
		w.quoted("detail", m.Detail)
	}
	w.hint(p)
	w.partExt(p)
	w.raw(`}`)
}

// fileID writes the id of a file that OpenAI keeps. Other vendors' files are
// out of reach.
func (w *writer) fileID(p *ir.Part) bool {
	m := p.Media
	if m.Source == ir.SourceFileID && (m.FileFamily == ir.Responses || m.FileFamily == ir.Chat) {
		w.quoted("file_id", m.FileID)
		return true
	}
	w.lose(ir.Required, ir.CodeDrop, w.req.PathOf(p.At), "the file is kept by another vendor")
	return false
}

// dataURL writes base64 data as the rest of a string that is open.
func (w *writer) dataURL(m *ir.Media) {
	mime := m.MIME
	if mime == "" {
		mime = "application/octet-stream"
	}
	w.raw(`data:`)
	w.dst = append(w.dst, ir.Plain(mime)...)
	w.raw(`;base64,`)
	w.dst = append(w.dst, m.Data...)
	w.raw(`"`)
}

// fileName returns the name that OpenAI wants for every file, with an
// extension that tells its type.
func fileName(m *ir.Media) string {
	name := m.Name
	if name == "" {
		name = m.Title
	}
	if name == "" {
		name = "document"
	}
	if m.MIME == "application/pdf" && !strings.Contains(name, ".") {
		name += ".pdf"
	}
	return name
}

// document writes a plain text document as text.
func (w *writer) document(p *ir.Part) {
	m := p.Media
	title := m.Title
	if title == "" {
		title = m.Name
	}
	w.raw(`{"type":"input_text","text":"<document`)
	if title != "" {
		w.raw(` title=\"`)
		w.dst = append(w.dst, ir.Plain(title)...)
		w.raw(`\"`)
	}
	w.raw(`>\n`)
	w.dst = append(w.dst, m.Data...)
	w.raw(`\n</document>"`)
	w.hint(p)
	w.raw(`}`)
}

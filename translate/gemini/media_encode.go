package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// mediaPart writes an image, a sound, a video or a file as a part.
func (e *encoder) mediaPart(role string, p *ir.Part) {
	m := p.Media
	switch {
	case m.Source == ir.SourceText:
		e.text(role, documentText(m), nil)
		return
	case m.Source == 0 && m.Transcript != "": // a sound that only its maker has
		e.lose(ir.Semantic, ir.CodeApprox, e.req.PathOf(p.At), "its transcript")
		e.text(role, m.Transcript, nil)
		return
	}
	e.begin(role, false)
	e.dst = append(e.dst, '{')
	e.media(p)
	if role == model {
		e.signature(e.accepted(p.Sig))
	}
	e.dst = append(e.dst, '}')
	e.extend(p)
}

// documentText is a plain text document as a part of the conversation.
func documentText(m *ir.Media) ir.Text {
	title := m.Title
	if title == "" {
		title = m.Name
	}
	return ir.Plain(`<document title="`+title+`">`+"\n") + m.Data + `\n</document>`
}

// media writes the members of a part that hold media.
func (e *encoder) media(p *ir.Part) {
	m := p.Media
	if m.Detail != "" && m.Detail != "auto" {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "detail")
	}
	switch m.Source {
	case ir.SourceBase64:
		e.dst = append(appendKey(e.dst, "inlineData"), '{')
		e.dst = appendString(e.dst, "mimeType", mimeType(p))
		e.dst = appendText(e.dst, "data", m.Data)
		if m.Name != "" && e.native {
			e.dst = appendString(e.dst, "displayName", m.Name)
		}
	case ir.SourceURL:
		if !e.native && !fetches(p.Kind, e.t) {
			e.fail(ir.Unfetched(e.req.PathOfURL(p.At, p.Kind), e.t.Model))
			return
		}
		e.file(p, m.URL)
	case ir.SourceGCS, ir.SourceYouTube:
		e.file(p, m.URL)
	case ir.SourceFileID:
		if m.FileFamily != ir.Gemini && m.FileFamily != ir.CodeAssist {
			e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "the file was uploaded to another vendor")
			return
		}
		e.file(p, m.FileID)
	default:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "there is neither data nor an address")
		return
	}
	if e.native {
		e.dst = appendFields(e.dst, m.Ext)
	}
	e.dst = append(e.dst, '}')
	e.video(m)
}

func (e *encoder) file(p *ir.Part, uri string) {
	e.dst = append(appendKey(e.dst, "fileData"), '{')
	e.dst = appendString(e.dst, "mimeType", mimeType(p))
	e.dst = appendString(e.dst, "fileUri", uri)
	if p.Media.Name != "" && e.native {
		e.dst = appendString(e.dst, "displayName", p.Media.Name)
	}
}

// fetches reports whether the model reads such media from the web itself.
func fetches(kind ir.PartKind, t *ir.Target) bool {
	if kind == ir.PartImage {
		return t.Caps.URLImages
	}
	return t.Caps.URLFiles
}

func (e *encoder) video(m *ir.Media) {
	if m.StartS == "" && m.EndS == "" && m.FPS == "" {
		return
	}
	e.dst = append(appendKey(e.dst, "videoMetadata"), '{')
	if m.StartS != "" {
		e.dst = appendString(e.dst, "startOffset", m.StartS)
	}
	if m.EndS != "" {
		e.dst = appendString(e.dst, "endOffset", m.EndS)
	}
	if m.FPS != "" {
		e.dst = appendRaw(e.dst, "fps", []byte(m.FPS))
	}
	e.dst = append(e.dst, '}')
}

// magic tells the type of base64 data by its beginning.
var magic = [...]struct{ prefix, mime string }{
	{"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
	{"JVBERi", "application/pdf"}, {"SUQz", "audio/mpeg"}, {"T2dnUw", "audio/ogg"}, {"ZkxhQw", "audio/flac"},
}

// defaults are the types of media that nothing tells the type of.
var defaults = map[ir.PartKind]string{
	ir.PartImage: "image/jpeg", ir.PartAudio: "audio/wav", ir.PartVideo: "video/mp4", ir.PartFile: "application/pdf",
}

// mimeType returns the type of media, which Gemini always wants to know.
func mimeType(p *ir.Part) string {
	m := p.Media
	if m.MIME == "image/jpg" {
		return "image/jpeg"
	}
	if m.MIME != "" {
		return m.MIME
	}
	for _, url := range [...]string{m.URL, m.Name, m.FileID} {
		if mime := guessMIME(url); mime != "" {
			return mime
		}
	}
	for _, t := range magic {
		if strings.HasPrefix(string(m.Data), t.prefix) && (p.Kind != ir.PartAudio || strings.HasPrefix(t.mime, "audio")) {
			return t.mime
		}
	}
	return defaults[p.Kind]
}

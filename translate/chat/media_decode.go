package chat

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// media makes p a part of the kind from what its members said.
func (d *decoder) media(p *ir.Part, kind ir.PartKind, f *partFields) {
	m := &ir.Media{MIME: f.mime, Name: f.name, Detail: f.detail}
	p.Kind, p.Text, p.Media = kind, "", m
	switch {
	case f.url != "":
		d.fromURL(m, kind, f.url)
	case f.data != "":
		d.fromData(m, kind, f)
	case f.id != "":
		m.Source, m.FileID, m.FileFamily = ir.SourceFileID, f.id, ir.Chat
	default:
		d.refuse("the part holds neither data nor a URL nor a file id")
	}
	if m.MIME == "image/jpg" {
		m.MIME = "image/jpeg"
	}
}

func (d *decoder) fromURL(m *ir.Media, kind ir.PartKind, u ir.Text) {
	if mime, data, ok := splitDataURL(u); ok {
		d.inline(m, kind, mime, data)
		return
	}
	m.URL = u.String()
	switch {
	case strings.HasPrefix(m.URL, "gs://"):
		m.Source = ir.SourceGCS
	case kind == ir.PartVideo && isYouTube(m.URL):
		m.Source = ir.SourceYouTube
	default:
		m.Source = ir.SourceURL
	}
}

func isYouTube(u string) bool {
	for _, p := range [...]string{"https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/"} {
		if strings.HasPrefix(u, p) {
			return true
		}
	}
	return false
}

func (d *decoder) fromData(m *ir.Media, kind ir.PartKind, f *partFields) {
	mime, data, ok := splitDataURL(f.data)
	if !ok {
		mime, data = f.mime, stripSpace(f.data)
	}
	if mime == "" && f.format != "" {
		mime = audioMIME(f.format)
	}
	if mime == "" && kind == ir.PartFile {
		if mime = mimeByName(f.name); mime == "" {
			mime = sniff(data)
		}
		if mime == "" {
			d.refuse("the file's type is unknown: give file_data as a data URL, or a filename with an extension")
			return
		}
	}
	d.inline(m, kind, mime, data)
}

func (d *decoder) inline(m *ir.Media, kind ir.PartKind, mime string, data ir.Text) {
	if mime == "" {
		mime = sniff(data)
	}
	if mime == "" && kind == ir.PartImage {
		mime = "image/png"
	}
	m.Source, m.MIME, m.Data = ir.SourceBase64, mime, data
}

// splitDataURL takes a data URL apart. The data is base64, whichever encoding
// the URL had. It reports false for what is no data URL.
func splitDataURL(u ir.Text) (mime string, data ir.Text, ok bool) {
	if !u.HasPrefix("data:") {
		return "", "", false
	}
	head, rest, found := strings.Cut(string(u), ",")
	if !found {
		return "", "", false
	}
	head = ir.Text(head).String()[len("data:"):]
	mime, params, _ := strings.Cut(head, ";")
	mime = strings.ToLower(strings.TrimSpace(mime))
	if strings.HasSuffix(params, "base64") {
		return mime, stripSpace(ir.Text(rest)), true
	}
	plain, err := url.PathUnescape(ir.Text(rest).String())
	if err != nil {
		return "", "", false
	}
	return mime, ir.Text(base64.StdEncoding.EncodeToString([]byte(plain))), true
}

// stripSpace removes white space from base64 text, which vendors refuse.
func stripSpace(data ir.Text) ir.Text {
	if strings.IndexByte(string(data), ' ') < 0 && strings.IndexByte(string(data), '\\') < 0 {
		return data
	}
	clean := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, data.String())
	return ir.Plain(clean)
}

// magic are the first characters of base64 data by which its type is known.
var magic = [...]struct{ prefix, mime string }{
	{"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
	{"JVBERi0", "application/pdf"}, {"SUQz", "audio/mpeg"}, {"T2dnUw", "audio/ogg"}, {"ZkxhQ", "audio/flac"},
}

func sniff(data ir.Text) string {
	for _, m := range magic {
		if data.HasPrefix(m.prefix) {
			return m.mime
		}
	}
	return ""
}

// audioFormats are the formats that input_audio and audio answers name.
var audioFormats = [...]struct{ format, mime string }{
	{"wav", "audio/wav"}, {"mp3", "audio/mpeg"}, {"flac", "audio/flac"}, {"opus", "audio/opus"}, {"aac", "audio/aac"},
	{"pcm16", "audio/pcm"}, {"ogg", "audio/ogg"}, {"m4a", "audio/mp4"},
}

func audioMIME(format string) string {
	for _, a := range audioFormats {
		if a.format == format {
			return a.mime
		}
	}
	return "audio/" + format
}

// extensions are the types of files that have no data URL to tell theirs.
var extensions = [...]struct{ ext, mime string }{
	{".pdf", "application/pdf"}, {".txt", "text/plain"}, {".md", "text/markdown"}, {".csv", "text/csv"},
	{".json", "application/json"}, {".html", "text/html"}, {".xml", "text/xml"}, {".png", "image/png"},
	{".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".webp", "image/webp"},
	{".mp3", "audio/mpeg"}, {".wav", "audio/wav"}, {".mp4", "video/mp4"},
	{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
}

func mimeByName(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	ext := strings.ToLower(name[i:])
	for _, e := range extensions {
		if e.ext == ext {
			return e.mime
		}
	}
	return ""
}

func extensionOf(mime string) string {
	for _, e := range extensions {
		if e.mime == mime {
			return e.ext
		}
	}
	return ""
}

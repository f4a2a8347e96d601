package responses

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func (p *piece) image() *ir.Media {
	m := &ir.Media{Detail: p.detail}
	switch {
	case p.fileID != "" && p.url == "":
		m.Source, m.FileID, m.FileFamily = ir.SourceFileID, p.fileID, ir.Responses
	case p.url.HasPrefix("data:"):
		readDataURL(m, p.url)
	default:
		m.Source, m.URL = ir.SourceURL, p.url.String()
	}
	if m.Source == ir.SourceBase64 && m.MIME == "" {
		m.MIME = "image/png"
	}
	return m
}

func (p *piece) file() *ir.Media {
	m := &ir.Media{Name: p.name, Detail: p.detail}
	switch {
	case p.data.HasPrefix("data:"):
		readDataURL(m, p.data)
	case p.data != "":
		m.Source, m.Data = ir.SourceBase64, p.data
	case p.fileID != "":
		m.Source, m.FileID, m.FileFamily = ir.SourceFileID, p.fileID, ir.Responses
	default:
		m.Source, m.URL = ir.SourceURL, p.url.String()
	}
	if m.MIME == "" || m.MIME == "application/octet-stream" {
		m.MIME = fileMIME(m)
	}
	return m
}

// readDataURL reads data:[mime][;params][;base64],… into m. Percent-encoded
// data becomes base64.
func readDataURL(m *ir.Media, text ir.Text) {
	head, data, ok := strings.Cut(string(text), ",")
	m.Source = ir.SourceBase64
	if !ok {
		return
	}
	head = strings.TrimPrefix(ir.Text(head).String(), "data:")
	mime, params, _ := strings.Cut(head, ";")
	m.MIME = strings.ToLower(strings.TrimSpace(mime))
	if m.MIME == "image/jpg" {
		m.MIME = "image/jpeg"
	}
	if !strings.HasSuffix(";"+params, ";base64") {
		plain, err := url.PathUnescape(ir.Text(data).String())
		if err != nil {
			plain = data
		}
		data = base64.StdEncoding.EncodeToString([]byte(plain))
	}
	m.Data = ir.Text(data)
	if strings.ContainsAny(data, " \\") {
		m.Data = ir.Plain(strings.Map(dropSpace, ir.Text(data).String()))
	}
	if m.MIME == "" {
		m.MIME = sniff(m.Data)
	}
}

func dropSpace(r rune) rune {
	if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
		return -1
	}
	return r
}

// sniff tells the kind of base64 data by its first bytes, "" when it cannot.
func sniff(data ir.Text) string {
	head := string(data[:min(len(data), 684)/4*4])
	raw, err := base64.StdEncoding.DecodeString(head)
	if err != nil || len(raw) == 0 {
		return ""
	}
	mime, _, _ := strings.Cut(http.DetectContentType(raw), ";")
	if mime == "application/octet-stream" {
		return ""
	}
	return mime
}

var extensions = map[string]string{
	"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html",
	"json": "application/json", "xml": "application/xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
	"gif": "image/gif", "webp": "image/webp",
}

// fileMIME tells a file's type by its name, its URL or its first bytes; it is
// taken for a PDF when nothing tells.
func fileMIME(m *ir.Media) string {
	for _, name := range [...]string{m.Name, m.URL} {
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			if mime := extensions[strings.ToLower(name[i+1:])]; mime != "" {
				return mime
			}
		}
	}
	if mime := sniff(m.Data); mime != "" {
		return mime
	}
	return "application/pdf"
}

var audioTypes = map[string]string{"wav": "audio/wav", "mp3": "audio/mpeg"}

func audioMIME(format string) string {
	if mime := audioTypes[format]; mime != "" {
		return mime
	}
	return "audio/" + format
}

// audioFormat returns the dialect's name of an audio type, "" when it takes no
// such audio.
func audioFormat(mime string) string {
	switch mime {
	case "audio/wav", "audio/x-wav", "audio/wave":
		return "wav"
	case "audio/mpeg", "audio/mp3":
		return "mp3"
	default:
		return ""
	}
}

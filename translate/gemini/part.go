package gemini

import (
	"encoding/base64"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// wirePart is one element of a content's parts as it stands in requests and in
// answers. Everything in it aliases the body.
type wirePart struct {
	text    ir.Text
	textAt  ir.Span // the string in the body; empty for a part that is a string itself
	hasText bool
	thought bool
	sig     string

	media *ir.Media // inlineData or fileData

	call         bool
	id, name     string // of functionCall
	args         []byte // nil when absent
	partial      []byte // partialArgs, raw
	willContinue bool
	callExt      []ir.Field

	result *wireResult // functionResponse
	spare  *wireResult // to be used for the next result

	serverKey string // executableCode, codeExecutionResult, toolCall, toolResponse
	server    []byte

	ext []ir.Field
}

// readPart reads the part that is next. Protobuf takes one kind of data in a
// part; of several the users of wirePart choose one.
func readPart(r *jsonx.Reader, p *wirePart) {
	*p = wirePart{spare: p.spare}
	if r.Kind() == jsonx.String {
		p.text, p.hasText = r.Text(), true
		return
	}
	var video []byte
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "text":
			p.hasText = r.Kind() != jsonx.Null
			start := r.Offset()
			p.text = r.Text()
			p.textAt = ir.Span{Start: start, End: r.Offset()}
		case "thought":
			p.thought = r.Bool()
		case "thoughtSignature", "thought_signature":
			p.sig = r.String()
		case "functionCall", "function_call":
			p.readCall(r)
		case "functionResponse", "function_response":
			p.readResult(r)
		case "inlineData", "inline_data", "fileData", "file_data":
			p.readMedia(r)
		case "videoMetadata", "video_metadata":
			video = r.RawIfAny()
		case "executableCode", "executable_code", "codeExecutionResult", "code_execution_result",
			"toolCall", "tool_call", "toolResponse", "tool_response":
			if p.server = r.RawIfAny(); p.server != nil {
				p.serverKey = camel(key)
			}
		default:
			if !r.Null() {
				p.ext = append(p.ext, ir.Field{Name: key, Raw: r.Raw()})
			}
		}
	}
	if video == nil || r.Err() != nil {
		return
	}
	if p.media == nil {
		p.ext = append(p.ext, ir.Field{Name: "videoMetadata", Raw: video})
		return
	}
	sub := r.Sub(video)
	readVideo(&sub, p.media)
}

func (p *wirePart) readCall(r *jsonx.Reader) {
	if r.Null() {
		return
	}
	p.call = true
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "id":
			p.id = r.String()
		case "name":
			p.name = r.String()
		case "args":
			p.args = r.RawIfAny()
		case "partialArgs", "partial_args":
			p.partial = r.RawIfAny()
		case "willContinue", "will_continue":
			p.willContinue = r.Bool()
		default:
			if !r.Null() {
				p.callExt = append(p.callExt, ir.Field{Name: key, Raw: r.Raw()})
			}
		}
	}
}

// readMedia reads an inlineData or fileData.
func (p *wirePart) readMedia(r *jsonx.Reader) {
	if r.Null() {
		return
	}
	m := &ir.Media{}
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "mimeType", "mime_type":
			m.MIME = r.String()
		case "data":
			m.Source, m.Data = ir.SourceBase64, standardBase64(r.Text())
		case "fileUri", "file_uri":
			uri := r.String()
			m.Source = uriSource(uri)
			m.URL = uri
			if m.Source == ir.SourceFileID {
				m.URL, m.FileID, m.FileFamily = "", uri, ir.Gemini
			}
		case "displayName", "display_name":
			m.Name = r.String()
		default:
			if !r.Null() {
				m.Ext = append(m.Ext, ir.Field{Name: key, Raw: r.Raw()})
			}
		}
	}
	if m.MIME == "" && m.Source != ir.SourceBase64 {
		m.MIME = guessMIME(m.URL)
	}
	if m.Source != 0 && p.media == nil {
		p.media = m
	}
}

// readVideo reads a videoMetadata into the media it belongs to.
func readVideo(r *jsonx.Reader, m *ir.Media) {
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "startOffset":
			m.StartS = r.String()
		case "endOffset":
			m.EndS = r.String()
		case "fps":
			m.FPS = string(r.Number())
		}
	}
}

// uriSource tells what a fileUri points to.
func uriSource(uri string) ir.SourceKind {
	rest, https := strings.CutPrefix(uri, "https://")
	switch {
	case strings.HasPrefix(uri, "gs://"):
		return ir.SourceGCS
	case !https && strings.HasPrefix(uri, "files/"),
		strings.HasPrefix(rest, "generativelanguage.googleapis.com/"):
		return ir.SourceFileID
	case strings.HasPrefix(rest, "www.youtube.com/"), strings.HasPrefix(rest, "youtube.com/"),
		strings.HasPrefix(rest, "m.youtube.com/"), strings.HasPrefix(rest, "youtu.be/"):
		return ir.SourceYouTube
	}
	return ir.SourceURL
}

// mediaKind tells which kind of part a media is.
func mediaKind(m *ir.Media) ir.PartKind {
	if m.Source == ir.SourceYouTube {
		return ir.PartVideo
	}
	kind, _, _ := strings.Cut(m.MIME, "/")
	switch strings.ToLower(kind) {
	case "image":
		return ir.PartImage
	case "audio":
		return ir.PartAudio
	case "video":
		return ir.PartVideo
	}
	return ir.PartFile
}

// extensions are the types that are guessed from the end of a file's name.
var extensions = map[string]string{
	"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
	"heic": "image/heic", "heif": "image/heif", "bmp": "image/bmp", "pdf": "application/pdf", "txt": "text/plain",
	"md": "text/markdown", "csv": "text/csv", "html": "text/html", "json": "application/json",
	"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "flac": "audio/flac", "aac": "audio/aac", "m4a": "audio/mp4",
	"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "mpeg": "video/mpeg",
}

// guessMIME returns the type that the end of a URL's path tells, or "".
func guessMIME(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	i := strings.LastIndexByte(url, '.')
	if i < 0 {
		return ""
	}
	return extensions[strings.ToLower(url[i+1:])]
}

// standardBase64 is data in the standard alphabet with padding, as other
// vendors want it. Protobuf takes the URL alphabet and no padding as well.
func standardBase64(data ir.Text) ir.Text {
	s := string(data)
	if len(s)%4 == 0 && strings.IndexByte(s, '-') < 0 && strings.IndexByte(s, '_') < 0 && strings.IndexByte(s, '\\') < 0 {
		return data
	}
	plain := strings.TrimRight(data.String(), "=")
	plain = urlAlphabet.Replace(plain)
	if pad := -len(plain) & 3; pad < 3 {
		plain += "==="[:pad]
	}
	if _, err := base64.StdEncoding.DecodeString(plain); err != nil {
		return data
	}
	return ir.Plain(plain)
}

var urlAlphabet = strings.NewReplacer("-", "+", "_", "/")

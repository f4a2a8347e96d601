package geminiweb

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func (e *encoder) say(t ir.Text) {
	if t != "" {
		e.said = append(e.said, t)
	}
}

// parts makes text and files of a turn.
func (e *encoder) parts(list []ir.Part) {
	for i := range list {
		p := &list[i]
		switch p.Kind {
		case ir.PartText, ir.PartRefusal:
			e.say(p.Text)
		case ir.PartThinking:
			e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "thoughts of before")
		case ir.PartToolCall:
			e.lose(ir.Semantic, ir.CodeApprox, e.req.PathOf(p.At), "as text")
			args := ir.Text(p.Call.Args.AppendString(nil))
			e.say("[Called the tool " + ir.Plain(p.Call.Name) + " with: " + args + "]")
		case ir.PartToolResult:
			e.result(p)
		case ir.PartServerCall, ir.PartServerResult:
			e.server(p)
		case ir.PartCompaction, ir.PartOpaque:
			e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
		default:
			e.media(p)
		}
	}
}

func (e *encoder) result(p *ir.Part) {
	e.lose(ir.Semantic, ir.CodeApprox, e.req.PathOf(p.At), "as text")
	word := ir.Text(" answered: ")
	if p.Result.IsError {
		word = " failed: "
	}
	before := e.said
	e.said = nil
	e.parts(p.Result.Parts)
	inner := joined(e.said)
	e.said = before
	e.say("[The tool " + ir.Plain(p.Result.Name) + word + inner + "]")
}

// server keeps what an upstream's own tool has said.
func (e *encoder) server(p *ir.Part) {
	code := ir.CodeDrop
	if p.Server != nil && len(p.Server.Parts) > 0 {
		code = ir.CodeApprox
		e.parts(p.Server.Parts)
	}
	e.lose(ir.Semantic, code, e.req.PathOf(p.At), "")
}

// media takes a file along, to be uploaded.
func (e *encoder) media(p *ir.Part) {
	m := p.Media
	switch {
	case m == nil:
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
		return
	case m.Source == ir.SourceText:
		e.say(ir.Plain(m.Title))
		e.say(m.Data)
		return
	case m.Source == ir.SourceBase64:
	case m.Source == ir.SourceFileID:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "the file is another vendor's")
		return
	default:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOfURL(p.At, p.Kind), "the web app fetches nothing; send the file itself")
		return
	}
	if m.Detail != "" && m.Detail != "auto" {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At)+detailPath(e.req.Dialect), "")
	}
	if m.Title != "" {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At)+".title", "")
	}
	if p.Kind != ir.PartImage {
		e.lose(ir.Hint, ir.CodeApprox, e.req.PathOf(p.At), "an upload, which not every account may do")
	}
	if len(e.files) >= maxFiles {
		e.lose(ir.Semantic, ir.CodeTruncate, e.req.PathOf(p.At), "too many files")
		return
	}
	mime := strings.ToLower(m.MIME)
	if mime == "" {
		mime = "application/octet-stream"
	}
	e.files = append(e.files, file{fileName(m.Name, mime, len(e.files)+1), mime, m.Data, e.turn})
	if e.req.Turns[e.turn].Role == ir.RoleAssistant {
		e.say("[A file of mine: " + ir.Plain(e.files[len(e.files)-1].name) + "]")
	}
}

func detailPath(d ir.Dialect) string {
	if d == ir.Chat {
		return ".image_url.detail"
	}
	return ".detail"
}

// maxFiles is how many files one prompt takes along.
const maxFiles = 32

// extensions are those by which the app knows what a file is.
var extensions = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/webp": ".webp", "image/gif": ".gif", "image/heic": ".heic",
	"application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv", "text/markdown": ".md", "text/html": ".html",
	"application/json": ".json", "audio/mpeg": ".mp3", "audio/mp3": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav",
	"audio/ogg": ".ogg", "audio/flac": ".flac", "audio/mp4": ".m4a", "video/mp4": ".mp4", "video/webm": ".webm",
	"video/quicktime": ".mov", "video/mpeg": ".mpg",
}

// fileName gives a file a name with the right extension, without what could lead elsewhere.
func fileName(name, mime string, n int) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\"`, r) {
			return '_'
		}
		return r
	}, name)
	if name == "" {
		name = "file-" + strconv.Itoa(n)
	}
	if ext := extensions[mime]; ext != "" && !strings.Contains(name, ".") {
		name += ext
	}
	return name
}

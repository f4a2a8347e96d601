package gemini

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// wireResult is a functionResponse as it stands in a request.
type wireResult struct {
	id, name string
	from, to int     // the response in the body
	text     ir.Text // what the response says
	asJSON   bool    // its JSON says it
	isError  bool
	parts    []wirePart // media beside it
	ext      []ir.Field
}

func (p *wirePart) readResult(r *jsonx.Reader) {
	if r.Null() {
		return
	}
	if p.spare == nil {
		p.spare = &wireResult{}
	}
	w := p.spare
	*w = wireResult{parts: w.parts[:0]}
	p.result = w
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "id":
			w.id = r.String()
		case "name":
			w.name = r.String()
		case "response":
			w.readResponse(r)
		case "parts":
			for in := r.Array(); in && r.Element(); {
				w.parts = append(w.parts, wirePart{})
				readPart(r, &w.parts[len(w.parts)-1])
			}
		default:
			if !r.Null() {
				w.ext = append(w.ext, ir.Field{Name: key, Raw: r.Raw()})
			}
		}
	}
}

// readResponse reads what a function answered. Programs put it under output,
// result, content or error; when they add something besides, the whole object
// is what they say.
func (w *wireResult) readResponse(r *jsonx.Reader) {
	if r.Null() {
		return
	}
	w.from = r.Offset()
	switch r.Kind() {
	case jsonx.String:
		w.text = r.Text()
	case jsonx.Object:
		w.readMembers(r)
	default:
		w.asJSON = true
		r.Skip()
	}
	w.to = r.Offset()
}

func (w *wireResult) readMembers(r *jsonx.Reader) {
	said := 0 // members that say something
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "output", "result", "content":
			said++
			if r.Kind() != jsonx.String {
				w.asJSON = true
				continue
			}
			w.text = r.Text()
		case "error":
			switch r.Kind() {
			case jsonx.Null:
				continue
			case jsonx.String:
				w.text = r.Text()
			default:
				w.text = jsonText(r.Raw())
			}
			said++
			w.isError = true
		case "name": // the AI SDK repeats the function's name
		default:
			w.asJSON = true
		}
	}
	w.asJSON = w.asJSON || said != 1
}

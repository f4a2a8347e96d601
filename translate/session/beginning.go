package session

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// beginning is what the key of a conversation is made of that nobody has named.
type beginning struct {
	said []saying
	user ir.Text // the person behind the client, as the client names them

	started bool // somebody else than the system has spoken
}

// saying is a text, or a medium.
type saying struct {
	by     speaker
	text   ir.Text
	marked bool // for the prompt cache
	rough  bool // the text was not looked at for invalid UTF-8
	media  *ir.Media
}

type speaker uint8

const (
	system speaker = iota
	user
)

// ofRequest is the beginning of a decoded request.
func ofRequest(req *ir.Request) (b beginning) {
	if b.user = ir.Plain(req.Meta.EndUser); b.user == "" {
		b.user = ir.Plain(req.Meta.ClientUserID)
	}
	for i := range req.System {
		p := &req.System[i]
		b.said = append(b.said, saying{by: system, text: p.Text, marked: p.Cache != nil})
	}
	for i := range req.Turns {
		turn := &req.Turns[i]
		if turn.Role == ir.RoleAssistant {
			break
		}
		for j := 0; j < len(turn.Parts) && turn.Role == ir.RoleUser; j++ {
			switch p := &turn.Parts[j]; {
			case p.Kind == ir.PartText:
				b.said = append(b.said, saying{by: user, text: p.Text})
			case p.Kind.IsMedia() && p.Media != nil:
				b.said = append(b.said, saying{by: user, media: p.Media})
			}
		}
	}
	return b
}

// form is how a dialect writes what is said, as far as nearly all clients write
// nothing else.
type form struct {
	content string // the member of a message that holds what is said
	parts   string // the member of the system's words that does; empty if they have none
	types   []string
	marks   []string // members of a part that mark it for the prompt cache
	others  []string // members of a message that say nothing here; they hold strings
	leading bool     // the system's words may be messages, the first ones
	bare    bool     // the conversation may be a single text
	silent  bool     // a message without a role is the user's
}

var forms = map[ir.Dialect]*form{
	ir.Chat: {
		content: "content", types: []string{"text"}, marks: []string{"prompt_cache_breakpoint", "cache_control"},
		others: []string{"name"}, leading: true,
	},
	ir.Responses: {
		content: "content", types: []string{"input_text", "text"}, marks: []string{"prompt_cache_breakpoint"},
		others: []string{"id", "status"}, leading: true, bare: true,
	},
	ir.Anthropic: {content: "content", types: []string{"text"}, marks: []string{"cache_control"}},
	ir.Gemini:    {content: "parts", parts: "parts", silent: true},
}

// read reads the beginning of a conversation from its opening, without decoding
// the request: a decoder builds turns and parts, which takes 2 µs and 3 KB of a
// short request. It is false for what is not written as usual, which is left to
// the decoder: whatever it takes for the beginning is the same as the decoder's.
func (b *beginning) read(env *ir.Envelope, body []byte, start *opening) bool {
	f := forms[env.Dialect]
	if f == nil || env.Scattered || env.TurnsAt.Len() == 0 || start.relies(env) {
		return false
	}
	if b.user = env.Hints.EndUser; env.Dialect == ir.Anthropic {
		b.user = env.Hints.UserID
	}
	var whole jsonx.Reader
	whole.Reset(body)
	whole.Recall(&env.Outline)
	if at := env.SystemAt; at.Len() > 0 {
		r := whole.Sub(body[at.Start:at.End])
		if !b.readSystem(&r, f) {
			return false
		}
	}
	r := whole.Sub(body[env.TurnsAt.Start:env.TurnsAt.End])
	if f.bare && r.Kind() == jsonx.String {
		return b.text(&r, user)
	}
	if r.Kind() != jsonx.Array {
		return false
	}
	r.Array()
	for i := 0; i < start.messages && r.Element(); i++ {
		if !b.message(&r, f) {
			return false
		}
	}
	// Requests that say nothing are refused by decoders, each by rules of its own.
	return r.Err() == nil && len(b.said) > 0 && b.said[len(b.said)-1].by == user
}

// readSystem reads the system's words that stand apart from the messages.
func (b *beginning) readSystem(r *jsonx.Reader, f *form) bool {
	switch {
	case r.Kind() == jsonx.Null:
		return true
	case f.parts == "" && r.Kind() == jsonx.String:
		return b.text(r, system)
	case f.parts == "" && r.Kind() == jsonx.Array && !f.leading:
		return b.content(r, f)
	case f.parts == "" || r.Kind() != jsonx.Object:
		return false
	}
	seen := false
	for in := r.Object(); in && r.Member(); {
		switch {
		case r.Key() == "role":
			r.Skip()
		case r.Key() != f.parts || seen || r.Kind() != jsonx.Array || !b.content(r, f):
			return false
		default:
			seen = true
		}
	}
	return r.Err() == nil
}

// message reads a message that is the user's or the system's.
func (b *beginning) message(r *jsonx.Reader, f *form) bool {
	if r.Kind() != jsonx.Object {
		return false
	}
	from := len(b.said)
	var role ir.Text
	roles, contents := 0, 0
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case key == "role" && r.Kind() == jsonx.String:
			role = r.Text()
			roles++
		case key == f.content:
			if contents++; !b.content(r, f) {
				return false
			}
		case key == "type" && f.bare && r.Kind() == jsonx.String && r.Text() == "message":
		case !among(key, f.others) || r.Kind() != jsonx.String:
			return false
		}
	}
	if roles > 1 || contents > 1 || r.Err() != nil {
		return false
	}
	switch {
	case role == "user" || roles == 0 && f.silent:
		b.started = true
		for i := from; i < len(b.said); i++ {
			b.said[i].by = user
		}
		return true
	case !f.leading || role != "system" && role != "developer":
		return false
	case b.started:
		b.said = b.said[:from] // it does not begin the conversation
	}
	return true
}

// content reads a text or a list of parts, for the time being as the system's.
func (b *beginning) content(r *jsonx.Reader, f *form) bool {
	if r.Kind() == jsonx.String {
		return f.parts == "" && b.text(r, system)
	}
	if r.Kind() != jsonx.Array {
		return false
	}
	r.Array()
	for r.Element() {
		if !b.part(r, f) {
			return false
		}
	}
	return true
}

// part reads a part that is a text.
func (b *beginning) part(r *jsonx.Reader, f *form) bool {
	if r.Kind() != jsonx.Object {
		return false
	}
	from := len(b.said)
	types, texts, marks := 0, 0, 0
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case key == "text" && r.Kind() == jsonx.String:
			texts++
			b.text(r, system)
		case key == "type" && r.Kind() == jsonx.String && among(string(r.Text()), f.types):
			types++
		case among(key, f.marks) && r.Kind() == jsonx.Object:
			marks++
		default:
			return false
		}
	}
	if texts != 1 || marks > 1 || types != min(len(f.types), 1) {
		return false
	}
	for i := from; i < len(b.said); i++ {
		b.said[i].marked = marks == 1
	}
	return true
}

// text takes a string over.
func (b *beginning) text(r *jsonx.Reader, by speaker) bool {
	if text, checked := r.Rough(); text != "" {
		b.said = append(b.said, saying{by: by, text: text, rough: !checked})
	}
	return r.Err() == nil
}

func among(s string, list []string) bool {
	for _, one := range list {
		if s == one {
			return true
		}
	}
	return false
}

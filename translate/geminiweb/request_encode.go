package geminiweb

import (
	"slices"
	"unicode/utf16"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// The members of the draft that AppendRequest writes.
//
//	prompt    the whole conversation as one text
//	last      what the user has said last, for an upstream that remembers the rest
//	history   fingerprint of what was said before that
//	through   fingerprint of all that was said
//	files     {"name","mime","data","last"}: last tells whether the user has just sent it
//	thinking  true to think longer, false to think as little as possible; absent to leave it to the model
const (
	MemberPrompt   = "prompt"
	MemberLast     = "last"
	MemberHistory  = "history"
	MemberThrough  = "through"
	MemberFiles    = "files"
	MemberThinking = "thinking"
)

// maxPrompt is how long a prompt may be, in UTF-16 code units as the app counts. Small accounts' limit is lower.
const maxPrompt = 1_000_000

// encoder writes one request. Its first error sticks.
type encoder struct {
	req *ir.Request // normalized
	t   *ir.Target
	err error

	said  []ir.Text // the pieces of the turn that is written
	files []file
	turn  int // the index of the turn
}

type file struct {
	name, mime string
	data       ir.Text
	turn       int
}

// AppendRequest appends the draft of a request. What the app has no place for is noted at t, or fails.
func (Codec) AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error) {
	normal := *req
	ir.Normalize(&normal, t)
	e := encoder{req: &normal, t: t}
	e.losses()
	if e.err != nil {
		return dst, e.err
	}
	start := len(dst)
	dst = slices.Grow(dst, len(req.Raw)+len(req.Raw)/8+512)
	dst = e.conversation(dst)
	if e.err != nil {
		return dst[:start], e.err
	}
	return dst, nil
}

func (e *encoder) lose(class ir.Class, code, path, detail string) {
	if err := e.t.Lose(class, code, path, detail); err != nil && e.err == nil {
		e.err = err
	}
}

// spoken is a turn as text.
type spoken struct {
	role ir.Role
	text ir.Text
}

// conversation writes the draft.
func (e *encoder) conversation(dst []byte) []byte {
	system := e.system()
	var turns []spoken
	for i := range e.req.Turns {
		turn := &e.req.Turns[i]
		e.turn, e.said = i, e.said[:0]
		e.parts(turn.Parts)
		text := joined(e.said)
		if text != "" || turn.Role == ir.RoleUser {
			turns = append(turns, spoken{turn.Role, text})
		}
	}
	history := Chain("", string(ir.RoleSystem), system.String())
	last := ir.Text("")
	from := len(turns)
	for from > 0 && turns[from-1].role != ir.RoleAssistant {
		from--
	}
	for _, s := range turns[:from] {
		history = Chain(history, string(s.role), s.text.String())
	}
	through := history
	for _, s := range turns[from:] {
		through = Chain(through, string(s.role), s.text.String())
		last = paragraphs(last, s.text)
	}
	prompt := flatten(system, turns)
	if n := length(prompt); n > maxPrompt {
		e.err = tooLong(n)
		return dst
	}
	dst = append(append(dst, `{"`+MemberPrompt+`":"`...), prompt...)
	dst = append(append(dst, `","`+MemberLast+`":"`...), last...)
	dst = ir.AppendQuoted(append(dst, `","`+MemberHistory+`":`...), history)
	dst = ir.AppendQuoted(append(dst, `,"`+MemberThrough+`":`...), through)
	dst = e.appendFiles(dst)
	return append(e.appendThinking(dst), '}')
}

// system is what stands in front of the conversation.
func (e *encoder) system() ir.Text {
	var text ir.Text
	for i := range e.req.System {
		text = paragraphs(text, e.req.System[i].Text)
	}
	if text != "" {
		e.lose(ir.Hint, ir.CodeApprox, e.req.Path(ir.FieldSystem), "in front of the prompt")
	}
	switch f := &e.req.Format; f.Kind {
	case ir.FormatJSON:
		text = paragraphs(text, "Respond only with a JSON object, without a fence around it.")
	case ir.FormatSchema, ir.FormatEnum:
		text = paragraphs(text, "Respond only with JSON, without a fence around it, that satisfies this JSON Schema: "+ir.Plain(string(f.Schema)))
	case ir.FormatRegex, ir.FormatGrammar:
		text = paragraphs(text, "Respond only with text that matches: "+f.Pattern)
	}
	return text
}

// labels name who speaks.
var labels = map[ir.Role]ir.Text{
	ir.RoleUser: "User: ", ir.RoleAssistant: "Assistant: ", ir.RoleSystem: "System: ", ir.RoleDeveloper: "System: ",
}

// flatten makes one text of a conversation. A single word of the user stands as it is.
func flatten(system ir.Text, turns []spoken) ir.Text {
	if len(turns) == 1 && turns[0].role == ir.RoleUser {
		return paragraphs(system, turns[0].text)
	}
	size := len(system)
	for _, s := range turns {
		size += len(s.text) + 16
	}
	text := append(make([]byte, 0, size), system...)
	for _, s := range turns {
		if len(text) > 0 {
			text = append(text, `\n\n`...)
		}
		text = append(append(text, labels[s.role]...), s.text...)
	}
	return ir.Text(text)
}

func paragraphs(a, b ir.Text) ir.Text {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + `\n\n` + b
}

func joined(list []ir.Text) ir.Text {
	var text ir.Text
	for _, t := range list {
		text = paragraphs(text, t)
	}
	return text
}

func length(t ir.Text) int {
	if len(t) <= maxPrompt {
		return len(t)
	}
	n := 0
	for _, r := range t.String() {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

func tooLong(n int) *ir.Error {
	e := ir.Invalid("", "the conversation has %d characters, and the web app takes at most %d", n, maxPrompt)
	e.Kind, e.Code = ir.ErrContextLength, "context_length_exceeded"
	return e
}

func (e *encoder) appendFiles(dst []byte) []byte {
	if len(e.files) == 0 {
		return dst
	}
	latest := len(e.req.Turns) - 1
	for latest > 0 && e.req.Turns[latest-1].Role != ir.RoleAssistant {
		latest--
	}
	dst = append(dst, `,"`+MemberFiles+`":[`...)
	for i, f := range e.files {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = ir.AppendQuoted(append(dst, `{"name":`...), f.name)
		dst = ir.AppendQuoted(append(dst, `,"mime":`...), f.mime)
		dst = f.data.AppendJSON(append(dst, `,"data":`...))
		if f.turn >= latest {
			dst = append(dst, `,"last":true`...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendThinking writes the wish to think, of which the app knows two grades.
func (e *encoder) appendThinking(dst []byte) []byte {
	r := &e.req.Reasoning
	if r.Mode == ir.ReasoningUnset && r.Effort == "" {
		return dst
	}
	long := ir.LevelRank(r.AsEffort()) >= ir.LevelRank("medium")
	if r.Mode == ir.ReasoningAuto && r.Effort == "" {
		long = true
	}
	e.lose(ir.Hint, ir.CodeClamp, e.req.Path(ir.FieldReasoning), "on or off")
	if long {
		return append(dst, `,"`+MemberThinking+`":true`...)
	}
	return append(dst, `,"`+MemberThinking+`":false`...)
}

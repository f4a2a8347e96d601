package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// foreignSignatures finds the signatures that Google's models have put beside
// calls and that the account does not take: OpenAI and strict servers of its
// models refuse the member that holds them, and Google those of another account.
// Claude's own may lie there, too, at servers that ask it in Google's dialect. Google's newest models want
// some signature on the first call of a message, for which they take a
// placeholder. The reasoning that models of others, and the gateway, tell beside
// an answer goes the same way: OpenAI refuses it in a message.
func foreignSignatures(body []byte, env *ir.Envelope, t *ir.Target) []edit {
	moved := t.Bound != "" && t.Scope != "" && t.Bound != t.Scope
	messages := body[env.TurnsAt.Start:env.TurnsAt.End]
	openai, look := t.Provider == "openai", ir.WordSigned
	unsigned := openai || t.Caps.Family == "openai" || t.NoExtra ||
		t.Caps.Family == "claude" && (t.Bound == "" || t.Bound != t.Scope)
	if openai {
		look |= ir.WordReasoning
	}
	if !moved && !unsigned || len(messages) == 0 || messages[0] != '[' || !env.Outline.Has(body, look) {
		return nil
	}
	s := signatures{body: body, openai: openai, hold: t.Caps.Validated && !unsigned}
	var whole jsonx.Reader
	whole.Reset(body)
	whole.Recall(&env.Outline)
	r := whole.Sub(messages)
	r.Array()
	for r.Element() {
		s.message(&r)
	}
	if r.Err() != nil {
		return nil // the upstream will say so
	}
	edits := s.held
	for _, cut := range jsonx.Cuts(body, s.cuts) {
		edits = append(edits, edit{at: cut})
	}
	return edits
}

// signatures gathers what is done about those of a body.
type signatures struct {
	body   []byte
	openai bool // is asked, which takes nothing of others
	hold   bool // the first one of a message keeps its place
	first  bool
	cuts   []ir.Span
	held   []edit
}

func (s *signatures) message(r *jsonx.Reader) {
	if r.Kind() != jsonx.Object {
		return
	}
	r.Object()
	for r.Member() {
		if s.openai && r.Key() == "reasoning_content" {
			start := r.Offset()
			r.Skip()
			s.cut("reasoning_content", ir.Span{Start: start, End: r.Offset()})
			continue
		}
		if r.Key() != "tool_calls" || r.Kind() != jsonx.Array {
			continue
		}
		s.first = true
		r.Array()
		for r.Element() {
			s.call(r)
			s.first = false
		}
	}
}

func (s *signatures) call(r *jsonx.Reader) {
	if r.Kind() != jsonx.Object {
		return
	}
	r.Object()
	for r.Member() {
		if r.Key() == "extra_content" && r.Kind() == jsonx.Object {
			s.extra(r)
		}
	}
}

// extra reads an extra_content, which goes as a whole when it holds nothing but
// Google's.
func (s *signatures) extra(r *jsonx.Reader) {
	start, alone := r.Offset(), true
	var google, value ir.Span
	r.Object()
	for r.Member() {
		if r.Key() != "google" || r.Kind() != jsonx.Object {
			alone = false
			continue
		}
		google.Start = r.Offset()
		r.Object()
		for r.Member() {
			if at := r.Offset(); r.Key() == "thought_signature" {
				r.Skip()
				value = ir.Span{Start: at, End: r.Offset()}
			}
		}
		google.End = r.Offset()
	}
	switch {
	case value.Len() == 0:
	case s.hold && s.first:
		s.held = append(s.held, edit{value, ir.AppendQuoted(nil, ir.Sentinel)})
	case alone:
		s.cut("extra_content", ir.Span{Start: start, End: r.Offset()})
	default:
		s.cut("google", google)
	}
}

func (s *signatures) cut(name string, value ir.Span) {
	if at := jsonx.MemberSpan(s.body, name, value); at.Len() > 0 {
		s.cuts = append(s.cuts, at)
	}
}

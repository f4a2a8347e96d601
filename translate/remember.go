package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Memory remembers with what upstreams have signed their answers, for clients
// that do not send it back. It is safe for concurrent use.
type Memory interface {
	// Keep remembers what is signed under an id and takes s over.
	Keep(owner, id string, s *ir.Signed)
	// Find returns what was kept, nil for nothing. It must not be changed.
	Find(owner, id string) *ir.Signed
}

// Remember lets signatures that the client does not send back be remembered
// from this call's answer, and restored to its request. owner is whose they
// are: nobody else's requests are given them.
func (c *Call) Remember(m Memory, owner string) { c.memory, c.owner = m, owner }

// byCall is the id under which is kept what belongs to a tool call. Anthropic's
// clients see the gateway's own ids with another prefix.
func byCall(id string) string {
	for _, prefix := range [...]string{"call_", "toolu_"} {
		if bare, ok := strings.CutPrefix(id, prefix); ok {
			return "call " + bare
		}
	}
	return "call " + id
}

// byText is the id under which is kept what belongs to visible thinking.
func byText(text ir.Text) string {
	sum := sha256.Sum256([]byte(text.String()))
	return "text " + hex.EncodeToString(sum[:])
}

// maxThought is how many bytes of an answer's thinking are remembered at most;
// with less than all of it nothing is.
const maxThought = 512 << 10

// recorder listens to an answer for what is signed in it. What it does for the
// pieces of an answer is to append those of thinking that may be signed; a nil
// recorder does nothing.
type recorder struct {
	memory Memory
	owner  string
	thinks bool // the upstream signs thinking, not only calls
	open   int  // how many parts that are thinking are open
	said   []saying
}

// saying is what one candidate has said so far.
type saying struct {
	cand     int
	thoughts []thought
	calls    []madeCall
	spoken   bool // there was text
	size     int
}

type thought struct {
	index  int
	text   []byte
	part   ir.Part
	behind bool
	done   bool
}

// madeCall is a call and how many thoughts came before it.
type madeCall struct {
	index, thoughts int
	id              string
	sig             *ir.Sig
}

func newRecorder(c *Call, t *ir.Target) *recorder {
	if c.memory == nil {
		return nil
	}
	return &recorder{memory: c.memory, owner: c.owner, thinks: signsThinking(t)}
}

// signsThinking reports whether a dialect's vendor wants its thinking back;
// the others sign calls.
func signsThinking(t *ir.Target) bool {
	return t.Dialect == ir.Anthropic || t.Dialect == ir.Responses || isClaude(t)
}

// isClaude reports whether the target is Claude, in whatever dialect.
func isClaude(t *ir.Target) bool {
	return t.Dialect == ir.Anthropic || t.Provider == "antigravity" && t.Caps.Family == "claude"
}

func (r *recorder) note(e *ir.Event) {
	if r == nil {
		return
	}
	switch e.Kind {
	case ir.EventDelta:
		if r.open > 0 {
			r.think(e)
		}
	case ir.EventPartStart:
		r.begin(e)
	case ir.EventSignature:
		r.sign(e)
	case ir.EventPartStop:
		r.end(e)
	case ir.EventStop:
		r.keep(r.of(e.Cand))
	}
}

func (r *recorder) of(cand int) *saying {
	for i := range r.said {
		if r.said[i].cand == cand {
			return &r.said[i]
		}
	}
	r.said = append(r.said, saying{cand: cand})
	return &r.said[len(r.said)-1]
}

func (r *recorder) begin(e *ir.Event) {
	s := r.of(e.Cand)
	switch p := e.Part; {
	case p.Kind == ir.PartToolCall && p.Call.ID != "":
		s.calls = append(s.calls, madeCall{index: e.Index, thoughts: len(s.thoughts), id: p.Call.ID, sig: p.Sig})
	case p.Kind == ir.PartText:
		s.spoken = true
	case p.Kind == ir.PartThinking && r.thinks && p.Think != nil:
		think := *p.Think
		t := thought{index: e.Index, behind: s.spoken, text: []byte(p.Text)}
		t.part = ir.Part{Kind: ir.PartThinking, Think: &think, At: ir.Loc{Msg: -1, Part: -1}}
		s.thoughts = append(s.thoughts, t)
		r.open++
	}
}

func (s *saying) thought(index int) *thought {
	for i := len(s.thoughts) - 1; i >= 0; i-- {
		if s.thoughts[i].index == index {
			return &s.thoughts[i]
		}
	}
	return nil
}

func (r *recorder) think(e *ir.Event) {
	s := r.of(e.Cand)
	t := s.thought(e.Index)
	if t == nil || t.done {
		return
	}
	if s.size += len(e.Text); s.size <= maxThought {
		t.text = append(t.text, e.Text...)
	}
}

func (r *recorder) sign(e *ir.Event) {
	s := r.of(e.Cand)
	if t := s.thought(e.Index); t != nil {
		t.part.Think.Sig = e.Sig
		return
	}
	for i := range s.calls {
		if s.calls[i].index == e.Index {
			s.calls[i].sig = e.Sig
		}
	}
}

func (r *recorder) end(e *ir.Event) {
	t := r.of(e.Cand).thought(e.Index)
	if t == nil || t.done {
		return
	}
	t.done = true
	r.open--
	if e.Part == nil {
		return
	}
	if len(t.text) == 0 {
		t.text = []byte(e.Part.Text)
	}
	if think := e.Part.Think; think != nil && t.part.Think.Sig == nil {
		t.part.Think.Sig = think.Sig
	}
}

// keep remembers what a candidate that has ended has signed: by its calls, and
// by the text of its thinking.
func (r *recorder) keep(s *saying) {
	thoughts, ends := s.signed()
	from := 0
	for i := range s.calls {
		call := &s.calls[i]
		to := ends[call.thoughts]
		if call.sig != nil || to > from {
			r.memory.Keep(r.owner, byCall(call.id), &ir.Signed{Call: ownSig(call.sig), Thoughts: thoughts[from:to:to]})
		}
		from = to
	}
	for i := range thoughts {
		if p := &thoughts[i].Part; p.Text != "" {
			r.memory.Keep(r.owner, byText(p.Text), &ir.Signed{Thoughts: thoughts[i : i+1 : i+1]})
		}
	}
	if joined := joinThoughts(thoughts); joined != "" {
		r.memory.Keep(r.owner, byText(joined), &ir.Signed{Thoughts: thoughts})
	}
}

// signed returns the thoughts that are signed, and for every number of
// thoughts how many of them are.
func (s *saying) signed() (list []ir.Thought, ends []int) {
	ends = make([]int, 1, len(s.thoughts)+1)
	for i := range s.thoughts {
		t := &s.thoughts[i]
		if sig := t.part.Think.Sig; sig != nil && sig.Value != "" && s.size <= maxThought {
			t.part.Text, t.part.Think.Sig = ir.Text(t.text), ownSig(sig)
			list = append(list, ir.Thought{Part: t.part, Behind: t.behind})
		}
		ends = append(ends, len(list))
	}
	return list, ends
}

// joinThoughts returns the text that clients of Chat Completions see of
// several thoughts, empty if there is only one.
func joinThoughts(list []ir.Thought) ir.Text {
	var joined ir.Text
	n := 0
	for i := range list {
		if text := list[i].Part.Text; text != "" {
			if n++; n > 1 {
				joined += `\n\n`
			}
			joined += text
		}
	}
	if n < 2 {
		return ""
	}
	return joined
}

func ownSig(s *ir.Sig) *ir.Sig {
	if s == nil {
		return nil
	}
	own := *s
	own.Value, own.Model, own.Scope = strings.Clone(s.Value), strings.Clone(s.Model), strings.Clone(s.Scope)
	return &own
}

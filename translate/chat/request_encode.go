package chat

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// encoder writes one request for one target.
type encoder struct {
	req  *ir.Request
	t    *ir.Target
	caps *ir.Caps
	same bool // the client speaks Chat too
	open bool // OpenAI's models: the vendor's own fields are known there
	err  error

	system    ir.Text // what the gateway itself must tell the model
	lastUser  int     // index of the last turn in which the user speaks
	unthought bool    // dropped thinking is noted already
}

// AppendRequest appends the body for a Chat Completions upstream.
func (c Codec) AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error) {
	if req.Op == ir.CountTokens {
		return dst, noCounting()
	}
	own := req.Copy()
	ir.Normalize(own, t)
	if t.Names == nil {
		t.Names = ir.NewNames(own.Tools, c.NameRule())
	}
	e := &encoder{req: own, t: t, caps: &t.Caps, same: req.Dialect == ir.Chat, open: t.Caps.Family == "openai"}
	e.lastUser = lastUserTurn(own.Turns)
	out := e.body(grow(dst, len(req.Raw)))
	if e.err != nil {
		return dst, e.err
	}
	return out, nil
}

// grow makes room for a body that is about as long as the client's.
func grow(dst []byte, raw int) []byte {
	need := raw + raw/8 + 512
	if cap(dst)-len(dst) >= need {
		return dst
	}
	return append(make([]byte, 0, len(dst)+need), dst...)
}

func lastUserTurn(turns []ir.Turn) int {
	for i := len(turns) - 1; i >= 0; i-- {
		if turns[i].Role != ir.RoleUser {
			continue
		}
		for j := range turns[i].Parts {
			if turns[i].Parts[j].Kind != ir.PartToolResult {
				return i
			}
		}
	}
	return -1
}

// lose reports a loss and remembers the first one that ends the request.
func (e *encoder) lose(class ir.Class, code, path, detail string) {
	if err := e.t.Lose(class, code, path, detail); err != nil && e.err == nil {
		e.err = err
	}
}

// drop reports a field of the request that is not sent.
func (e *encoder) drop(f ir.FieldID) {
	if path := e.req.Path(f); path != "" {
		e.lose(f.Class(), ir.CodeDrop, path, "")
	}
}

func (e *encoder) body(dst []byte) []byte {
	req := e.req
	dst = append(dst, '{')
	dst = appendString(dst, "model", e.t.Model)
	dst = e.limit(dst)
	effort := e.effort()
	dst = e.sampling(dst, effort)
	dst = e.stop(dst)
	if req.Stream {
		dst = append(dst, `,"stream":true`...)
		if e.caps.StreamUsage {
			dst = append(dst, `,"stream_options":{"include_usage":true}`...)
		}
	}
	if effort != "" {
		dst = appendString(dst, "reasoning_effort", effort)
	}
	dst = e.format(dst)
	dst = e.options(dst)
	dst = e.tools(dst)
	dst = e.messages(dst)
	e.refused()
	dst = e.extensions(dst)
	return append(dst, '}')
}

// refused reports what no Chat server can be told.
func (e *encoder) refused() {
	req := e.req
	for _, f := range [...]struct {
		set   bool
		field ir.FieldID
	}{
		{req.State.PrevID != "", ir.FieldPrevID},
		{req.State.Conversation != "", ir.FieldConversation},
		{req.State.Background, ir.FieldBackground},
		{req.State.Prompt != nil, ir.FieldPrompt},
		{req.Cache.ContentRef != "", ir.FieldCachedContent},
		{req.State.Truncation != "", ir.FieldTruncation},
		{req.Safety != nil, ir.FieldSafety},
	} {
		if f.set {
			e.drop(f.field)
		}
	}
}

// places tell which servers take an extension that some of them define.
var places = map[string]func(e *encoder) (ok bool, class ir.Class){
	"prediction":         openAIOnly(ir.Hint),
	"moderation":         openAIOnly(ir.Semantic),
	"min_p":              samplers,
	"repetition_penalty": samplers,
	// These would let a client choose another account or another way out.
	"api_key": nowhere, "proxy": nowhere,
	"provider": gpt4free, "conversation_id": gpt4free, "web_search": gpt4free, "image": gpt4free,
	// Those of Ollama and vLLM: OpenAI refuses them.
	"options": imitators, "keep_alive": imitators, "think": imitators, "format": imitators, "chat_template_kwargs": imitators,
}

func openAIOnly(class ir.Class) func(*encoder) (bool, ir.Class) {
	return func(e *encoder) (bool, ir.Class) { return e.open, class }
}

func samplers(e *encoder) (bool, ir.Class)  { return e.caps.ExtSampling, ir.Hint }
func nowhere(*encoder) (bool, ir.Class)     { return false, ir.Hint }
func gpt4free(e *encoder) (bool, ir.Class)  { return e.t.Provider == "gpt4free", ir.Hint }
func imitators(e *encoder) (bool, ir.Class) { return e.t.Provider != "openai", ir.Hint }

// extensions writes the members that the decoder did not know: verbatim for
// clients of this dialect, not at all for others.
func (e *encoder) extensions(dst []byte) []byte {
	for i := range e.req.Ext {
		f := &e.req.Ext[i]
		ok, class := e.same, e.req.ExtClass(f.Name)
		if place, known := places[f.Name]; known && e.same {
			ok, class = place(e)
		}
		if !ok {
			e.lose(class, ir.CodeDrop, f.Name, "")
			continue
		}
		dst = appendFields(dst, e.req.Ext[i:i+1])
	}
	return dst
}

// stop writes the stop sequences, as many as the target takes.
func (e *encoder) stop(dst []byte) []byte {
	list := e.req.Sampling.Stop
	if len(list) == 0 {
		return dst
	}
	if e.caps.NoStop {
		e.drop(ir.FieldStop)
		return dst
	}
	n := 0
	for _, s := range list {
		// Anthropic's own API refuses blank sequences, so its clients do not
		// mean them.
		if s == "" || e.req.Dialect == ir.Anthropic && s.Blank() {
			continue
		}
		if e.caps.StopMax > 0 && n == e.caps.StopMax {
			e.lose(ir.Semantic, ir.CodeTruncate, e.req.Path(ir.FieldStop), "")
			break
		}
		if n == 0 {
			dst = append(appendKey(dst, "stop"), '[')
		} else {
			dst = append(dst, ',')
		}
		dst = s.AppendJSON(dst)
		n++
	}
	if n > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// searchModel reports whether the model is one of those that search the web by
// web_search_options, which OpenAI names …-search-preview and …-search-api.
func (e *encoder) searchModel() bool { return strings.Contains(e.t.Model, "-search-") }

package gemini

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// encoder writes one request. Its first error sticks.
type encoder struct {
	dst    []byte
	req    *ir.Request // normalized
	t      *ir.Target
	names  *ir.Names
	native bool // the client speaks this dialect
	count  bool // only tokens are counted: nothing is added for the model's sake
	err    error
	claude claudePlan // for Claude behind Antigravity

	functions []int // indexes of the tools that are declared
	servers   []int
	draws     bool    // the client asks for pictures by a tool, which the model makes itself
	jsonLine  ir.Text // what the system instruction says about the answer's form

	// The open content.
	role    string // empty when there is none
	results bool   // it holds function responses
	called  bool   // it holds a function call
	empty   bool   // no content has been written
	last    *ir.Turn

	calls    []*ir.ToolCall // of the last model turn
	lastCall int            // index in calls behind the one that was answered last
	late     []lateMedia
}

// AppendRequest appends the body of generateContent, streamGenerateContent or
// countTokens.
func (Codec) AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error) {
	normal := req.Copy()
	ir.Normalize(normal, t)
	e := encoder{
		dst: slices.Grow(dst, len(req.Raw)+len(req.Raw)/16+1024), req: normal, t: t, names: t.Names,
		native: native(req), count: req.Op == ir.CountTokens, empty: true,
	}
	if e.names == nil {
		e.names = ir.NewNames(req.Tools, Codec{}.NameRule())
	}
	e.chooseTools()
	e.chooseFormat()
	if isClaude(t) {
		e.planClaude()
	}
	e.body()
	if e.err != nil {
		return dst, e.err
	}
	return e.dst, nil
}

// lose notes what cannot be sent, or fails because of it.
func (e *encoder) lose(class ir.Class, code, path, detail string) {
	if err := e.t.Lose(class, code, path, detail); err != nil {
		e.fail(err)
	}
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// vertex reports whether the target is one of Google Cloud's platforms, whose
// fields differ a little from those of AI Studio.
func (e *encoder) vertex() bool {
	return e.t.Provider == "vertex" || e.t.Provider == "code_assist" || e.antigravity()
}

func (e *encoder) antigravity() bool { return e.t.Provider == "antigravity" }

func (e *encoder) body() {
	e.dst = append(e.dst, '{')
	wrapped := e.count && !e.vertex()
	if wrapped {
		e.dst = append(appendKey(e.dst, "generateContentRequest"), '{')
		e.dst = appendString(e.dst, "model", "models/"+strings.TrimPrefix(e.t.Model, "models/"))
	}
	e.conversation()
	e.tools()
	if !e.count {
		e.toolConfig()
		e.options()
		e.generationConfig()
		e.hints()
	}
	if wrapped {
		e.dst = append(e.dst, '}')
	}
	e.dst = append(e.dst, '}')
}

// options writes the members of the top level that are not about the
// conversation.
func (e *encoder) options() {
	req := e.req
	if len(req.Safety) > 0 && e.antigravity() {
		e.lose(ir.Hint, ir.CodeDrop, "safetySettings", "")
	} else if len(req.Safety) > 0 {
		e.dst = appendRaw(e.dst, "safetySettings", req.Safety)
	}
	if req.Cache.ContentRef != "" {
		e.dst = appendString(e.dst, "cachedContent", req.Cache.ContentRef)
	}
	e.labels()
	e.tier()
	if store := req.State.Store; store.Set && e.native && !e.vertex() {
		e.dst = appendBool(e.dst, "store", store.V)
	} else if store.Set {
		e.lose(ir.FieldStore.Class(), ir.CodeDrop, req.Path(ir.FieldStore), "")
	}
	for i := range req.Ext {
		switch f := &req.Ext[i]; {
		case !e.native, camel(f.Name) == "sessionId" && e.t.Provider != "code_assist":
			e.lose(req.ExtClass(f.Name), ir.CodeDrop, f.Name, "")
		case strings.IndexByte(f.Name, '.') < 0:
			e.dst = appendFields(e.dst, req.Ext[i:i+1])
		}
	}
}

func (e *encoder) labels() {
	if len(e.req.Meta.Labels) == 0 {
		return
	}
	if !e.native || !e.vertex() || e.antigravity() {
		e.lose(ir.FieldLabels.Class(), ir.CodeDrop, e.req.Path(ir.FieldLabels), "")
		return
	}
	e.dst = append(appendKey(e.dst, "labels"), '{')
	for i, l := range e.req.Meta.Labels {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(l.Key.AppendJSON(e.dst), ':')
		e.dst = l.Value.AppendJSON(e.dst)
	}
	e.dst = append(e.dst, '}')
}

// tier writes the service tier, whose names Google shares with OpenAI in part.
func (e *encoder) tier() {
	switch tier := e.req.ServiceTier(); {
	case tier == "" || tier == "auto" || tier == "standard_only":
	case e.antigravity():
		e.lose(ir.FieldTier.Class(), ir.CodeDrop, e.req.Path(ir.FieldTier), "")
	case tier == "default":
		if e.native {
			e.dst = appendString(e.dst, "serviceTier", "standard")
		}
	case e.native, tier == "flex", tier == "priority":
		e.dst = appendString(e.dst, "serviceTier", tier)
	default:
		e.lose(ir.FieldTier.Class(), ir.CodeDrop, e.req.Path(ir.FieldTier), "")
	}
}

// hints notes the client's fields that Gemini has no place for.
func (e *encoder) hints() {
	req := e.req
	for _, f := range [...]struct {
		field ir.FieldID
		set   bool
	}{
		{ir.FieldPrevID, req.State.PrevID != ""},
		{ir.FieldConversation, req.State.Conversation != ""},
		{ir.FieldBackground, req.State.Background},
		{ir.FieldPrompt, len(req.State.Prompt) > 0},
		{ir.FieldLogitBias, len(req.Sampling.LogitBias) > 0},
		{ir.FieldVerbosity, req.Verbosity != ""},
		{ir.FieldTruncation, req.State.Truncation != ""},
		{ir.FieldCacheKey, req.Cache.Key != ""},
		{ir.FieldUser, req.Meta.EndUser != "" || req.Meta.ClientUserID != ""},
		{ir.FieldSafetyID, req.Meta.SafetyID != ""},
		{ir.FieldSpeed, req.Speed != "" && (req.ServiceTier() != "priority" || e.antigravity())},
		{ir.FieldParallel, req.Parallel.Set && !req.Parallel.V && len(e.functions) > 0},
	} {
		if f.set {
			e.lose(f.field.Class(), ir.CodeDrop, req.Path(f.field), "")
		}
	}
}

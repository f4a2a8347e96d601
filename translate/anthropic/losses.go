package anthropic

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// refuse reports every member of the request that Messages has no form for.
func (e *encoder) refuse() {
	req := e.req
	for _, f := range [...]struct {
		set   bool
		field ir.FieldID
	}{
		{req.State.PrevID != "", ir.FieldPrevID},
		{req.State.Conversation != "", ir.FieldConversation},
		{req.State.Background, ir.FieldBackground},
		{len(req.State.Prompt) > 0, ir.FieldPrompt},
		{req.Cache.ContentRef != "", ir.FieldCachedContent},
		{otherThanText(req.Output.Modalities), ir.FieldModalities},
		{len(req.Sampling.LogitBias) > 0, ir.FieldLogitBias},
		{nonzero(req.Sampling.FreqPenalty), ir.FieldFreqPenalty},
		{nonzero(req.Sampling.PresPenalty), ir.FieldPresPenalty},
		{req.Sampling.Logprobs.Or(false), ir.FieldLogprobs},
		{req.Sampling.TopLogprobs.Or(0) > 0, ir.FieldTopLogprobs},
		{req.Sampling.Seed.Set, ir.FieldSeed},
		{req.Verbosity != "", ir.FieldVerbosity},
		{req.State.Store.Set, ir.FieldStore},
		{req.State.Truncation != "", ir.FieldTruncation},
		{req.Cache.Key != "", ir.FieldCacheKey},
		{req.Meta.EndUser != "", ir.FieldUser},
		{req.Meta.SafetyID != "", ir.FieldSafetyID},
		{len(req.Meta.Labels) > 0, ir.FieldLabels},
		{len(req.Safety) > 0, ir.FieldSafety},
	} {
		if f.set {
			e.drop(f.field)
		}
	}
	if req.Sampling.N.Or(1) > 1 {
		e.lose(ir.Semantic, ir.CodeClamp, req.Path(ir.FieldN), "1")
	}
	if len(req.State.Compaction) > 0 {
		e.lose(ir.Hint, ir.CodeDrop, "context_management", "")
	}
	if !e.native {
		for i := range req.Ext {
			e.lose(req.ExtClass(req.Ext[i].Name), ir.CodeDrop, req.Ext[i].Name, "")
		}
	}
	for i := range req.Turns {
		turn := &req.Turns[i]
		if turn.Name != "" {
			e.lose(ir.Hint, ir.CodeDrop, req.PathOf(ir.Loc{Msg: turn.At, Part: -1})+".name", "")
		}
		if len(turn.Ext) > 0 { // messages are merged: there is no place for members of one of them
			e.dropFields(turn.Ext, func() string { return req.PathOf(ir.Loc{Msg: turn.At, Part: -1}) })
		}
	}
}

// dropFields reports members of what stands at path that only their own dialect
// knows.
func (e *encoder) dropFields(list []ir.Field, path func() string) {
	for i := range list {
		if name := list[i].Name; !strings.HasPrefix(name, "@") && string(list[i].Raw) != "[]" {
			e.lose(ir.Hint, ir.CodeDrop, path()+"."+name, "")
		}
	}
}

func otherThanText(modalities []string) bool {
	for _, m := range modalities {
		if m != "text" && m != "TEXT" {
			return true
		}
	}
	return false
}

func nonzero(v ir.Opt[float64]) bool { return v.Set && v.V != 0 }

// answerLimit returns how many tokens the answer may have: what the client
// asked for, fitted to the model; given is false when it said nothing.
func (e *encoder) answerLimit() (limit int, given bool) {
	most := e.t.Caps.MaxOutput
	if asked := e.req.Sampling.MaxOutput; asked.Set {
		if most > 0 && asked.V > most {
			e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldMaxOutput), strconv.Itoa(most))
			return most, true
		}
		return asked.V, true
	}
	if most > 0 {
		return most, false
	}
	return 4096, false
}

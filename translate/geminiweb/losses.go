package geminiweb

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// losses notes what of a request the app has no words for.
func (e *encoder) losses() {
	req, s, state := e.req, &e.req.Sampling, &e.req.State
	asks := func(form string) bool { return slices.Contains(req.Output.Modalities, form) }
	e.tools()
	for _, f := range [...]struct {
		lost   bool
		class  ir.Class
		code   string
		field  ir.FieldID
		detail string
	}{
		{asks("audio"), ir.Required, ir.CodeDrop, ir.FieldModalities, ""},
		{asks("image"), ir.Hint, ir.CodeApprox, ir.FieldModalities, "the prompt alone decides"},
		{len(req.Output.Audio)+len(req.Output.AudioVoice)+len(req.Output.AudioFormat) > 0, ir.Hint, ir.CodeDrop, ir.FieldAudio, ""},
		{s.MaxOutput.Set, ir.Hint, ir.CodeDrop, ir.FieldMaxOutput, ""},
		{s.Temperature.Set, ir.Hint, ir.CodeDrop, ir.FieldTemperature, ""},
		{s.TopP.Set, ir.Hint, ir.CodeDrop, ir.FieldTopP, ""},
		{s.TopK.Set, ir.Hint, ir.CodeDrop, ir.FieldTopK, ""},
		{s.FreqPenalty.Set, ir.Hint, ir.CodeDrop, ir.FieldFreqPenalty, ""},
		{s.PresPenalty.Set, ir.Hint, ir.CodeDrop, ir.FieldPresPenalty, ""},
		{s.Seed.Set, ir.Hint, ir.CodeDrop, ir.FieldSeed, ""},
		{len(s.LogitBias) > 0, ir.Hint, ir.CodeDrop, ir.FieldLogitBias, ""},
		{len(s.Stop) > 0, ir.Semantic, ir.CodeEmulate, ir.FieldStop, "the gateway cuts"},
		{s.N.V > 1, ir.Semantic, ir.CodeDrop, ir.FieldN, "one answer"},
		{s.Logprobs.V, ir.Semantic, ir.CodeDrop, ir.FieldLogprobs, ""},
		{s.TopLogprobs.V > 0, ir.Semantic, ir.CodeDrop, ir.FieldTopLogprobs, ""},
		{req.Format.Kind > ir.FormatText, ir.Semantic, ir.CodeEmulate, ir.FieldFormat, "as an instruction"},
		{req.Verbosity != "", ir.Hint, ir.CodeDrop, ir.FieldVerbosity, ""},
		{req.Cache.Key != "", ir.Hint, ir.CodeDrop, ir.FieldCacheKey, ""},
		{req.Cache.ContentRef != "", ir.Required, ir.CodeDrop, ir.FieldCachedContent, "the content is at another vendor's"},
		{req.Tier != "" && req.Tier != "auto" && req.Tier != "default", ir.Hint, ir.CodeDrop, ir.FieldTier, ""},
		{req.Speed != "" && req.Speed != "standard", ir.Hint, ir.CodeDrop, ir.FieldSpeed, ""},
		{req.Meta.EndUser != "" || req.Meta.ClientUserID != "", ir.Hint, ir.CodeDrop, ir.FieldUser, ""},
		{req.Meta.SafetyID != "", ir.Hint, ir.CodeDrop, ir.FieldSafetyID, ""},
		{len(req.Meta.Labels) > 0, ir.Hint, ir.CodeDrop, ir.FieldLabels, ""},
		{len(req.Safety) > 0, ir.Hint, ir.CodeDrop, ir.FieldSafety, ""},
		{state.Store.Set, ir.Hint, ir.CodeDrop, ir.FieldStore, ""},
		{state.PrevID != "", ir.Semantic, ir.CodeDrop, ir.FieldPrevID, ""},
		{state.Conversation != "", ir.Required, ir.CodeDrop, ir.FieldConversation, ""},
		{state.Background, ir.Required, ir.CodeDrop, ir.FieldBackground, ""},
		{len(state.Prompt) > 0, ir.Required, ir.CodeDrop, ir.FieldPrompt, ""},
		{state.Truncation != "" && state.Truncation != "disabled", ir.Hint, ir.CodeDrop, ir.FieldTruncation, ""},
	} {
		if f.lost {
			e.lose(f.class, f.code, req.Path(f.field), f.detail)
		}
	}
	for i := range req.Ext {
		e.lose(ir.Hint, ir.CodeDrop, req.Ext[i].Name, "")
	}
}

// tools notes that the app runs none of the client's tools, and chooses its own.
func (e *encoder) tools() {
	for i := range e.req.Tools {
		path := e.req.PathOfTool(&e.req.Tools[i])
		if e.req.Functions {
			path = strings.Replace(path, "tools[", "functions[", 1)
		}
		e.lose(ir.Semantic, ir.CodeDrop, path, "the web app calls no tools")
	}
	choice := &e.req.ToolChoice
	if choice.Forced() || choice.Server != "" {
		e.lose(ir.Required, ir.CodeDrop, e.req.Path(ir.FieldToolChoice), "the web app calls no tools")
	} else if choice.Mode == ir.ChoiceAllowed {
		e.lose(ir.Semantic, ir.CodeDrop, e.req.Path(ir.FieldToolChoice), "the web app calls no tools")
	}
	if e.req.Parallel.Set && len(e.req.Tools) > 0 {
		e.lose(ir.Semantic, ir.CodeDrop, e.req.Path(ir.FieldParallel), "")
	}
}

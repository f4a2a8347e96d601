package responses

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// codexUnknown are the members of a request that the backend of ChatGPT's
// accounts refuses and that the request has no fields for.
var codexUnknown = []string{"max_completion_tokens", "prompt_cache_options", "stream_options"}

// forCodex fits the request to the backend that answers Codex for ChatGPT's
// accounts. It takes what Codex sends and no more: it stores nothing, only
// streams, wants instructions, if only empty ones, and knows no limits, no
// sampling and no person behind the client
// (router-for-me/CLIProxyAPI, internal/translator/codex/openai/responses).
func (w *writer) forCodex() {
	r := w.req
	s, c := &r.Sampling, &r.Cache
	for _, f := range [...]struct {
		set   bool
		class ir.Class
		path  string
	}{
		{s.MaxOutput.Set, ir.FieldMaxOutput.Class(), r.Path(ir.FieldMaxOutput)},
		{s.Temperature.Set, ir.FieldTemperature.Class(), r.Path(ir.FieldTemperature)},
		{s.TopP.Set, ir.FieldTopP.Class(), r.Path(ir.FieldTopP)},
		{r.State.Truncation != "", ir.FieldTruncation.Class(), r.Path(ir.FieldTruncation)},
		{r.State.Compaction != nil, ir.Hint, "context_management"},
		{!w.own && r.State.Store.Or(false), ir.FieldStore.Class(), r.Path(ir.FieldStore)},
		{r.Meta.EndUser != "", ir.FieldUser.Class(), r.Path(ir.FieldUser)},
		{r.Meta.SafetyID != "", ir.FieldSafetyID.Class(), r.Path(ir.FieldSafetyID)},
		{c.Retention != "", ir.Hint, "prompt_cache_retention"},
		{c.Mode != "" || c.TTL != "", ir.Hint, "prompt_cache_options"},
		{r.StreamOpts.Obfuscation.Set, ir.Hint, "stream_options"},
		{r.Tier != "" && r.Tier != "priority", ir.FieldTier.Class(), r.Path(ir.FieldTier)},
	} {
		if f.set && f.path != "" {
			w.lose(f.class, ir.CodeDrop, f.path, codexLacks)
		}
	}
	s.MaxOutput, s.Temperature, s.TopP = ir.Opt[int]{}, ir.Opt[float64]{}, ir.Opt[float64]{}
	r.State.Truncation, r.State.Compaction, r.State.Store = "", nil, ir.Some(false)
	r.Meta.EndUser, r.Meta.SafetyID = "", ""
	c.Retention, c.Mode, c.TTL = "", "", ""
	r.StreamOpts = ir.StreamOpts{}
	if r.Tier != "priority" {
		r.Tier = ""
	}
	r.Ext = slices.DeleteFunc(slices.Clone(r.Ext), func(f ir.Field) bool {
		name, _, _ := strings.Cut(f.Name, ".")
		gone := slices.Contains(codexUnknown, name)
		if gone {
			w.lose(ir.Hint, ir.CodeDrop, name, codexLacks)
		}
		return gone
	})
	r.Stream = true
	r.Parallel = ir.Some(r.Parallel.Or(true))
	r.Reasoning.IncludeEncrypted = true
}

const codexLacks = "the account's backend does not take it"

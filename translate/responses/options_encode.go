package responses

import (
	"cmp"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// sampling writes how tokens are drawn, as far as the model lets it be told.
func (w *writer) sampling() {
	s := &w.req.Sampling
	if s.MaxOutput.Set {
		w.raw(`,"max_output_tokens":`)
		w.dst = appendInt(w.dst, int64(w.maxOutput(s.MaxOutput.V)))
	}
	fixed := w.fixedSampling()
	w.number("temperature", s.Temperature, w.t.Caps.MaxTemperature, fixed, ir.FieldTemperature)
	w.number("top_p", s.TopP, 1, fixed, ir.FieldTopP)
	if w.logprobs() && s.TopLogprobs.Set {
		w.raw(`,"top_logprobs":`)
		w.dst = appendInt(w.dst, int64(s.TopLogprobs.V))
	}
	if !w.logprobs() && (s.Logprobs.Or(false) || s.TopLogprobs.Or(0) > 0) {
		w.lose(ir.FieldLogprobs.Class(), ir.CodeDrop, w.req.Path(ir.FieldLogprobs), "")
	}
	if !w.logprobs() && s.TopLogprobs.Or(0) > 0 {
		w.lose(ir.FieldTopLogprobs.Class(), ir.CodeDrop, w.req.Path(ir.FieldTopLogprobs), "")
	}
	for _, lost := range [...]struct {
		set   bool
		field ir.FieldID
	}{
		{s.TopK.Set, ir.FieldTopK},
		{s.FreqPenalty.Or(0) != 0, ir.FieldFreqPenalty},
		{s.PresPenalty.Or(0) != 0, ir.FieldPresPenalty},
		{s.Seed.Set, ir.FieldSeed},
		{s.LogitBias != nil, ir.FieldLogitBias},
		{len(s.Stop) > 0, ir.FieldStop},
		{w.req.Safety != nil, ir.FieldSafety},
	} {
		if lost.set {
			w.lose(lost.field.Class(), ir.CodeDrop, w.req.Path(lost.field), "")
		}
	}
	if s.N.Or(1) > 1 {
		w.lose(ir.Semantic, ir.CodeClamp, w.req.Path(ir.FieldN), "1")
	}
	for _, m := range w.req.Output.Modalities {
		if m != "text" {
			w.lose(ir.FieldModalities.Class(), ir.CodeDrop, w.req.Path(ir.FieldModalities), "the model's answer is text")
		}
	}
}

// maxOutput fits the most output tokens to what OpenAI takes.
func (w *writer) maxOutput(n int) int {
	fit := max(n, minOutput)
	if most := w.t.Caps.MaxOutput; most > 0 {
		fit = min(fit, most)
	}
	if fit != n {
		w.lose(ir.Semantic, ir.CodeClamp, w.req.Path(ir.FieldMaxOutput), strconv.Itoa(fit))
	}
	return fit
}

// fixedSampling reports whether the model refuses temperature and the like.
func (w *writer) fixedSampling() bool {
	c := &w.t.Caps
	return c.NoSampling && !(c.SamplingAtNone && w.req.Reasoning.AsEffort() == "none")
}

func (w *writer) logprobs() bool {
	s := &w.req.Sampling
	asked := s.Logprobs.Or(false) || s.TopLogprobs.Or(0) > 0
	return asked && w.t.Caps.Logprobs && !w.fixedSampling()
}

// number writes a sampling parameter of at most most, 0 meaning no limit.
func (w *writer) number(name string, v ir.Opt[float64], most float64, refused bool, field ir.FieldID) {
	if !v.Set {
		return
	}
	if refused {
		w.lose(ir.Semantic, ir.CodeDrop, w.req.Path(field), "")
		return
	}
	if most > 0 && v.V > most {
		w.lose(ir.Semantic, ir.CodeClamp, w.req.Path(field), strconv.FormatFloat(most, 'g', -1, 64))
		v.V = most
	}
	w.raw(`,"` + name + `":`)
	w.dst = appendFloat(w.dst, v.V)
}

// reasoningOptions writes how much the model shall think and show of it.
func (w *writer) reasoningOptions() {
	r := &w.req.Reasoning
	effort, summary := w.effort(), w.summary()
	if w.t.Caps.Thinking == ir.ThinkingNone && !w.own {
		if r.On() {
			w.lose(ir.FieldReasoning.Class(), ir.CodeDrop, w.req.Path(ir.FieldReasoning), "the model does not reason")
		}
		return
	}
	from := len(w.dst)
	w.raw(`,"reasoning":{`)
	start := len(w.dst)
	for _, m := range [...]struct{ name, value string }{{"effort", effort}, {"summary", summary}, {"context", r.Context}} {
		if m.value == "" || m.name == "context" && !w.own {
			continue
		}
		if len(w.dst) > start {
			w.raw(`,`)
		}
		w.raw(`"` + m.name + `":`)
		w.dst = ir.AppendQuoted(w.dst, m.value)
	}
	w.nested("reasoning.", len(w.dst) > start)
	if len(w.dst) == start {
		w.dst = w.dst[:from]
		return
	}
	w.raw(`}`)
}

// effort returns the client's wish as the model's nearest level.
func (w *writer) effort() string {
	r, c := &w.req.Reasoning, &w.t.Caps
	want := r.AsEffort()
	if want == "" && r.Mode == ir.ReasoningAuto && w.req.Dialect == ir.Anthropic {
		want = "high" // what adaptive thinking does by default
	}
	if want == "" || len(c.Levels) == 0 || c.Thinking == ir.ThinkingNone {
		return want
	}
	fit := ir.ClampLevel(want, c.Levels)
	switch {
	case fit == want:
	case want == "none":
		w.lose(ir.Semantic, "reasoning.cannot_disable", w.req.Path(ir.FieldReasoning), fit)
	case r.Mode != ir.ReasoningBudget:
		w.lose(ir.Semantic, ir.CodeClamp, w.req.Path(ir.FieldEffort), fit)
	}
	return fit
}

// summary returns how much of its thoughts the model shall show. Anthropic's
// clients show them without asking.
func (w *writer) summary() string {
	r := &w.req.Reasoning
	switch {
	case r.Summary == "none":
		return ""
	case r.Summary == "" && w.req.Dialect == ir.Anthropic && r.On():
		return "auto"
	default:
		return r.Summary
	}
}

// textOptions writes the answer's shape.
func (w *writer) textOptions() {
	from := len(w.dst)
	w.raw(`,"text":{`)
	start := len(w.dst)
	if v := w.req.Verbosity; v != "" {
		w.raw(`"verbosity":`)
		w.dst = ir.AppendQuoted(w.dst, v)
	}
	w.format(len(w.dst) > start)
	w.nested("text.", len(w.dst) > start)
	if len(w.dst) == start {
		w.dst = w.dst[:from]
		return
	}
	w.raw(`}`)
}

// loose notes that a schema cannot be strict as it is.
func (w *writer) loose(path string) {
	w.lose(ir.Semantic, ir.CodeDrop, path+".strict", "the schema does not follow OpenAI's rules for strict")
}

// convert fits a JSON Schema to OpenAI and tells whether it may be strict.
func convert(raw []byte, openAPI bool) (out []byte, strict bool, err error) {
	if len(raw) == 0 {
		return raw, false, nil
	}
	if openAPI {
		if raw, err = schema.FromOpenAPI(raw); err != nil {
			return nil, false, err
		}
	}
	return schema.OpenAI(raw)
}

// refuse makes the request fail because of a schema.
func (w *writer) refuse(path string, err error) {
	if w.err == nil {
		w.err = ir.Invalid(path, "%s: %s", path, err)
	}
}

// meta writes who asks, and how the request is billed and cached.
func (w *writer) meta() {
	m, c := &w.req.Meta, &w.req.Cache
	w.tier()
	if m.EndUser != "" {
		w.quoted("user", m.EndUser)
	}
	if m.ClientUserID != "" {
		w.lose(ir.FieldUser.Class(), ir.CodeDrop, w.req.Path(ir.FieldUser), "")
	}
	if m.SafetyID != "" {
		w.quoted("safety_identifier", m.SafetyID)
	}
	w.labels()
	if key := cmp.Or(c.Key, w.t.CacheKey()); key != "" {
		w.quoted("prompt_cache_key", key)
	}
	if c.Retention != "" {
		w.quoted("prompt_cache_retention", c.Retention)
	}
	w.cacheOptions()
	if c.ContentRef != "" {
		w.lose(ir.FieldCachedContent.Class(), ir.CodeDrop, w.req.Path(ir.FieldCachedContent), "the cached content is Google's")
	}
}

func (w *writer) tier() {
	tier := w.req.ServiceTier()
	switch tier {
	case "":
		return
	case "standard_only":
		tier = "default"
	case "batch":
		w.lose(ir.FieldTier.Class(), ir.CodeDrop, w.req.Path(ir.FieldTier), "")
		return
	}
	w.quoted("service_tier", tier)
}

func (w *writer) labels() {
	list := w.req.Meta.Labels
	if len(list) == 0 {
		return
	}
	if len(list) > maxLabels && !w.own {
		w.lose(ir.Hint, ir.CodeTruncate, w.req.Path(ir.FieldLabels), strconv.Itoa(maxLabels))
		list = list[:maxLabels]
	}
	w.raw(`,"metadata":{`)
	for i, l := range list {
		if i > 0 {
			w.raw(`,`)
		}
		w.dst = append(l.Key.AppendJSON(w.dst), ':')
		w.dst = l.Value.AppendJSON(w.dst)
	}
	w.raw(`}`)
}

func (w *writer) cacheOptions() {
	c := &w.req.Cache
	if c.Mode == "" && c.TTL == "" {
		w.object("prompt_cache_options")
		return
	}
	if !w.own && !w.t.Caps.CacheBreakpoints {
		w.lose(ir.Hint, ir.CodeDrop, "prompt_cache_options", "")
		return
	}
	w.raw(`,"prompt_cache_options":{`)
	if c.Mode != "" {
		w.raw(`"mode":`)
		w.dst = ir.AppendQuoted(w.dst, c.Mode)
	}
	if c.TTL != "" {
		if c.Mode != "" {
			w.raw(`,`)
		}
		w.raw(`"ttl":`)
		w.dst = ir.AppendQuoted(w.dst, c.TTL)
	}
	w.nested("prompt_cache_options.", true)
	w.raw(`}`)
}

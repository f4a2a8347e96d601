package gemini

import (
	"math"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// generationConfig writes how the answer is to be made.
func (e *encoder) generationConfig() {
	start := len(e.dst)
	e.dst = append(appendKey(e.dst, "generationConfig"), '{')
	empty := len(e.dst)
	e.sampling()
	e.output()
	e.thinkingConfig()
	if e.native {
		e.nested(configPrefix)
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.dst = append(e.dst, '}')
}

// nested writes the unknown members that a Gemini client had put into a nested
// object.
func (e *encoder) nested(prefix string) {
	for i := range e.req.Ext {
		name, ok := strings.CutPrefix(e.req.Ext[i].Name, prefix)
		if ok && strings.IndexByte(name, '.') < 0 {
			e.dst = appendFields(e.dst, []ir.Field{{Name: name, Raw: e.req.Ext[i].Raw}})
		}
	}
}

func (e *encoder) sampling() {
	s, caps := &e.req.Sampling, &e.t.Caps
	switch {
	case e.claude.max > 0 && !s.MaxOutput.Set:
		e.dst = appendInt(e.dst, "maxOutputTokens", int64(e.claude.max))
	case s.MaxOutput.Set:
		limit := s.MaxOutput.V
		if caps.MaxOutput > 0 && limit > caps.MaxOutput {
			limit = caps.MaxOutput
			e.lose(ir.Hint, ir.CodeClamp, e.req.Path(ir.FieldMaxOutput), "the model's maximum")
		}
		e.dst = appendInt(e.dst, "maxOutputTokens", int64(limit))
	}
	if s.Temperature.Set {
		e.dst = appendFloat(e.dst, "temperature", e.clampTemperature(s.Temperature.V))
	}
	if s.TopP.Set {
		e.dst = appendFloat(e.dst, "topP", s.TopP.V)
	}
	if s.TopK.Set {
		e.dst = appendFloat(e.dst, "topK", s.TopK.V)
	}
	e.candidates()
	e.stops()
	e.seed()
	e.penalty("presencePenalty", ir.FieldPresPenalty, s.PresPenalty)
	e.penalty("frequencyPenalty", ir.FieldFreqPenalty, s.FreqPenalty)
	if s.TopLogprobs.Set && !s.Logprobs.Set && !e.native {
		s.Logprobs = ir.Some(true) // the alternatives alone are a 400
	}
	if s.Logprobs.Set && (s.Logprobs.V || e.native) {
		e.dst = appendBool(e.dst, "responseLogprobs", s.Logprobs.V)
	}
	if s.TopLogprobs.Set {
		e.dst = appendInt(e.dst, "logprobs", int64(min(s.TopLogprobs.V, maxTopLogs)))
	}
}

func (e *encoder) clampTemperature(v float64) float64 {
	if limit := e.t.Caps.MaxTemperature; limit > 0 && v > limit {
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldTemperature), "the model's maximum")
		return limit
	}
	return v
}

func (e *encoder) candidates() {
	n := e.req.Sampling.N
	if limit := e.t.Caps.NMax; limit > 0 && n.V > limit {
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldN), "the model's maximum")
		n.V = limit
	}
	if n.Set && (n.V > 1 || e.native) {
		e.dst = appendInt(e.dst, "candidateCount", int64(n.V))
	}
}

func (e *encoder) stops() {
	limit := maxStops
	if e.t.Caps.StopMax > 0 {
		limit = e.t.Caps.StopMax
	}
	n := 0
	for _, stop := range e.req.Sampling.Stop {
		if stop == "" {
			continue
		}
		if n == limit {
			e.lose(ir.Semantic, ir.CodeTruncate, e.req.Path(ir.FieldStop), "too many stop sequences")
			break
		}
		if n == 0 {
			e.dst = append(appendKey(e.dst, "stopSequences"), '[')
		}
		e.dst = stop.AppendJSON(appendComma(e.dst))
		n++
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
	}
}

// seed writes the seed, for which Gemini has 32 bits.
func (e *encoder) seed() {
	seed := e.req.Sampling.Seed
	if !seed.Set {
		return
	}
	if seed.V > math.MaxInt32 || seed.V < math.MinInt32 {
		seed.V &= math.MaxInt32
		e.lose(ir.Hint, ir.CodeClamp, e.req.Path(ir.FieldSeed), "31 bits")
	}
	e.dst = appendInt(e.dst, "seed", seed.V)
}

// penalty writes a penalty, which must be below 2.
func (e *encoder) penalty(key string, field ir.FieldID, v ir.Opt[float64]) {
	switch {
	case !v.Set:
		return
	case e.t.Caps.NoPenalties && !e.native:
		if v.V != 0 {
			e.lose(ir.Semantic, ir.CodeDrop, e.req.Path(field), "the model takes no penalties")
		}
		return
	case v.V >= 2:
		v.V = 1.99
		e.lose(ir.Hint, ir.CodeClamp, e.req.Path(field), "1.99")
	case v.V < -2:
		v.V = -2
		e.lose(ir.Hint, ir.CodeClamp, e.req.Path(field), "-2")
	}
	e.dst = appendFloat(e.dst, key, v.V)
}

// chooseFormat decides how the form of the answer is asked for. Models before
// Gemini 3 refuse JSON answers beside tools ("function calling with a response
// mime type application/json is unsupported"): there the tools stay and the
// form becomes an instruction.
func (e *encoder) chooseFormat() {
	f := &e.req.Format
	path := e.req.Path(ir.FieldFormat)
	switch f.Kind {
	case ir.FormatUnset, ir.FormatText:
		return
	}
	grammar := f.Kind == ir.FormatGrammar || f.Kind == ir.FormatRegex && e.antigravity()
	if !grammar && (e.native || e.t.Caps.ServerToolMix || len(e.functions)+len(e.servers) == 0) || e.count {
		return
	}
	switch f.Kind {
	case ir.FormatJSON:
		e.jsonLine = "Respond only with a JSON object."
	case ir.FormatSchema:
		e.jsonLine = ir.Text("Respond only with JSON matching: ") + jsonText(f.Schema)
	default:
		e.jsonLine = f.Instruction(schema.Enum(f.Schema))
	}
	e.lose(ir.Semantic, ir.CodeEmulate, path, "as an instruction")
}

func (e *encoder) output() {
	req := e.req
	if e.jsonLine == "" {
		e.format()
	}
	if m := e.modalities(); len(m) > 1 || len(m) == 1 && (m[0] != "text" || e.native) {
		e.dst = append(appendKey(e.dst, "responseModalities"), '[')
		for _, name := range m {
			e.dst = ir.AppendQuoted(appendComma(e.dst), strings.ToUpper(name))
		}
		e.dst = append(e.dst, ']')
	}
	if len(req.Output.Audio) > 0 || req.Output.AudioVoice != "" {
		e.lose(ir.Semantic, ir.CodeApprox, req.Path(ir.FieldAudio), "the model's own voice and format")
	}
	if e.native && len(req.Output.Speech) > 0 {
		e.dst = appendRaw(e.dst, "speechConfig", req.Output.Speech)
	}
	if e.native && len(req.Output.Image) > 0 {
		e.dst = appendRaw(e.dst, "imageConfig", req.Output.Image)
	}
}

// modalities are the forms in which the answer may come.
func (e *encoder) modalities() []string {
	if m := e.req.Output.Modalities; m != nil || !e.draws {
		return m
	}
	return []string{"text", "image"}
}

func (e *encoder) format() {
	f := &e.req.Format
	options := schema.GeminiOptions{
		JSON: e.t.Caps.JSONSchema, NonemptyObjects: e.t.Caps.NonemptyObjects && !e.antigravity(), Claude: isClaude(e.t),
	}
	switch f.Kind {
	case ir.FormatText:
		if e.native {
			e.dst = appendString(e.dst, "responseMimeType", "text/plain")
		}
		return
	case ir.FormatJSON, ir.FormatSchema:
		e.dst = appendString(e.dst, "responseMimeType", "application/json")
	case ir.FormatEnum:
		e.dst = appendString(e.dst, "responseMimeType", "text/x.enum")
		options.JSON = options.JSON && e.native
	case ir.FormatRegex: // only the older form of schemas has patterns
		e.dst = appendString(e.dst, "responseMimeType", "application/json")
		e.dst = appendText(append(appendKey(e.dst, "responseSchema"), `{"type":"STRING"`...), "pattern", f.Pattern)
		e.dst = append(e.dst, '}')
		return
	default:
		return
	}
	switch {
	case len(f.Schema) == 0:
	case f.OpenAPI && !e.antigravity():
		e.dst = appendRaw(e.dst, "responseSchema", f.Schema)
	default:
		e.schema("responseSchema", f.Schema, nil, options)
	}
}

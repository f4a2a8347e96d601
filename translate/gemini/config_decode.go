package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

const configPrefix = "generationConfig."

// generationConfig reads how the answer is to be made.
func (d *decoder) generationConfig() {
	r, s, out := &d.r, &d.req.Sampling, &d.req.Output
	for in := r.Object(); in && r.Member(); {
		d.member = r.Key()
		switch key := r.Key(); key {
		case "maxOutputTokens", "max_output_tokens":
			s.MaxOutput = r.OptInt()
		case "temperature":
			s.Temperature = r.OptFloat()
		case "topP", "top_p":
			s.TopP = r.OptFloat()
		case "topK", "top_k":
			s.TopK = r.OptFloat()
		case "candidateCount", "candidate_count":
			s.N = r.OptInt()
		case "stopSequences", "stop_sequences":
			s.Stop = readTexts(r)
		case "seed":
			s.Seed = r.OptInt64()
		case "presencePenalty", "presence_penalty":
			s.PresPenalty = r.OptFloat()
		case "frequencyPenalty", "frequency_penalty":
			s.FreqPenalty = r.OptFloat()
		case "responseLogprobs", "response_logprobs":
			s.Logprobs = r.OptBool()
		case "logprobs":
			s.TopLogprobs = r.OptInt()
		case "thinkingConfig", "thinking_config":
			d.thinkingConfig()
		case "responseModalities", "response_modalities":
			out.Modalities = lower(appendStrings(nil, r))
		case "speechConfig", "speech_config":
			out.Speech = r.RawIfAny()
		case "imageConfig", "image_config":
			out.Image = r.RawIfAny()
		default:
			if !d.format.member(r, key) {
				d.keep(configPrefix, key)
			}
		}
	}
	if r.Err() == nil {
		d.member = ""
	}
}

func readTexts(r *jsonx.Reader) []ir.Text {
	if r.Kind() == jsonx.String {
		return []ir.Text{r.Text()}
	}
	var list []ir.Text
	for in := r.Array(); in && r.Element(); {
		list = append(list, r.Text())
	}
	return list
}

func lower(list []string) []string {
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// schemaFormat collects the members that together say which form the answer's
// text must have.
type schemaFormat struct {
	mime    string
	schema  []byte
	openAPI bool
}

// member reads one of them; it is false for any other.
func (f *schemaFormat) member(r *jsonx.Reader, key string) bool {
	switch key {
	case "responseMimeType", "response_mime_type":
		f.mime = strings.ToLower(r.String())
	case "responseSchema", "response_schema":
		if raw := r.RawIfAny(); raw != nil && f.schema == nil {
			f.schema, f.openAPI = raw, true
		}
	case "responseJsonSchema", "response_json_schema", "_responseJsonSchema":
		if raw := r.RawIfAny(); raw != nil {
			f.schema, f.openAPI = raw, false
		}
	default:
		return false
	}
	return true
}

func (f *schemaFormat) finish(req *ir.Request) {
	format := &req.Format
	switch {
	case f.schema == nil:
		format.Member = configPrefix + "responseMimeType"
	case !f.openAPI:
		format.Member = configPrefix + "responseJsonSchema"
	}
	format.Schema, format.OpenAPI = f.schema, f.openAPI
	switch {
	case f.mime == "text/x.enum":
		format.Kind = ir.FormatEnum
	case f.schema != nil:
		format.Kind = ir.FormatSchema
	case f.mime == "application/json":
		format.Kind = ir.FormatJSON
	case f.mime == "text/plain":
		format.Kind = ir.FormatText
	case f.mime != "":
		req.Ext = append(req.Ext, ir.Field{Name: configPrefix + "responseMimeType", Raw: ir.AppendQuoted(nil, f.mime)})
	}
}

// thinkingConfig reads how much the model shall think and show of it.
func (d *decoder) thinkingConfig() {
	r, reason := &d.r, &d.req.Reasoning
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "includeThoughts", "include_thoughts":
			if show := r.OptBool(); show.Set && show.V {
				reason.Summary = "auto"
			} else if show.Set {
				reason.Summary = "none"
			}
		case "thinkingBudget", "thinking_budget":
			if budget := r.OptInt(); budget.Set {
				setBudget(reason, budget.V)
			}
		case "thinkingLevel", "thinking_level":
			level := strings.ToLower(r.String())
			if level != "" && level != "thinking_level_unspecified" {
				reason.Mode, reason.Effort = ir.ReasoningEffort, level
			}
		default:
			d.keep(configPrefix+"thinkingConfig.", key)
		}
	}
}

// setBudget takes a thinkingBudget: 0 is off, -1 leaves it to the model.
func setBudget(r *ir.Reasoning, budget int) {
	switch {
	case r.Mode == ir.ReasoningEffort: // a level says more
	case budget == 0:
		r.Mode = ir.ReasoningOff
	case budget < 0:
		r.Mode = ir.ReasoningAuto
	default:
		r.Mode, r.Budget = ir.ReasoningBudget, budget
	}
}

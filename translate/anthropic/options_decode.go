package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// option reads a member of the request's top level that is no content.
func (d *decoder) option() {
	r, req := &d.r, d.req
	if r.Null() {
		return
	}
	switch r.Key() {
	case "max_tokens":
		req.Sampling.MaxOutput = ir.Some(int(r.Int()))
	case "temperature":
		req.Sampling.Temperature = ir.Some(r.Float())
	case "top_p":
		req.Sampling.TopP = ir.Some(r.Float())
	case "top_k":
		req.Sampling.TopK = ir.Some(r.Float())
	case "stop_sequences":
		req.Sampling.Stop = readStops(r)
	case "tool_choice":
		d.toolChoice()
	case "thinking":
		d.thinkingOption()
	case "output_config":
		d.outputConfig()
	case "output_format":
		readFormat(r, &req.Format)
		req.Format.Member = "output_format"
	case "metadata":
		d.metadata()
	case "service_tier":
		req.Tier = readTier(r)
	case "speed":
		req.Speed = r.String()
	case "cache_control":
		req.Cache.AutoLast = readCache(r)
	default:
		d.keep("")
	}
}

// keep takes a member over that only Anthropic knows, under the name of the
// object that holds it.
func (d *decoder) keep(holder string) {
	d.req.Ext = append(d.req.Ext, keepAs(&d.r, holder+d.r.Key()))
}

func readStops(r *jsonx.Reader) []ir.Text {
	if r.Kind() == jsonx.String {
		return []ir.Text{r.Text()}
	}
	var list []ir.Text
	r.Array()
	for r.Element() {
		if s := r.Text(); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func readTier(r *jsonx.Reader) string {
	if tier := r.String(); tier != "standard_only" {
		return tier
	}
	return "default"
}

var choices = map[string]ir.ChoiceMode{
	"auto": ir.ChoiceAuto, "any": ir.ChoiceRequired, "required": ir.ChoiceRequired, "none": ir.ChoiceNone, "tool": ir.ChoiceSpecific,
}

func (d *decoder) toolChoice() {
	r := &d.r
	c := &d.req.ToolChoice
	if r.Kind() == jsonx.String {
		c.Mode = choices[r.String()]
		return
	}
	start := r.Offset()
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "type":
			c.Mode = choices[r.String()]
		case "name":
			c.Names = []string{r.String()}
		case "disable_parallel_tool_use":
			d.req.Parallel = ir.Some(!r.Bool())
		}
	}
	if r.Err() == nil {
		c.Raw = d.body[start:r.Offset():r.Offset()]
	}
}

// thinkingOption reads thinking. What it says besides type, budget_tokens and
// display is kept as thinking.<name>.
func (d *decoder) thinkingOption() {
	r, to := &d.r, &d.req.Reasoning
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "type":
			switch r.String() {
			case "enabled":
				to.Mode = ir.ReasoningBudget
			case "adaptive":
				to.Mode = ir.ReasoningAuto
			case "between_tools":
				to.Mode = ir.ReasoningBetweenTools
			case "disabled":
				to.Mode = ir.ReasoningOff
			default:
				r.Fail("unknown type of thinking")
			}
		case "budget_tokens":
			to.Budget = int(r.Int())
		case "display":
			switch r.String() {
			case "summarized":
				to.Summary = "auto"
			case "omitted":
				to.Summary = "none"
			}
		default:
			d.keep("thinking.")
		}
	}
}

func (d *decoder) outputConfig() {
	r := &d.r
	r.Object()
	for r.Member() {
		switch key := r.Key(); {
		case r.Null():
		case key == "effort":
			d.req.Reasoning.Effort = r.String()
		case key == "format":
			readFormat(r, &d.req.Format)
		default:
			d.keep("output_config.")
		}
	}
}

func readFormat(r *jsonx.Reader, f *ir.Format) {
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "type":
			if r.String() == "json_schema" {
				f.Kind = ir.FormatSchema
			}
		case "schema":
			f.Schema = r.Raw()
		case "name":
			f.Name = r.String()
		}
	}
}

func (d *decoder) metadata() {
	r := &d.r
	r.Object()
	for r.Member() {
		if r.Key() == "user_id" {
			d.req.Meta.ClientUserID = r.String()
		} else {
			d.keep("metadata.")
		}
	}
}

// finishOptions settles what depends on members that may come in any order.
func (d *decoder) finishOptions() {
	req := d.req
	joinToolsets(req.Tools)
	if t := &req.Reasoning; t.Mode == ir.ReasoningUnset && t.Effort != "" {
		t.Mode = ir.ReasoningEffort
	}
	if c := &req.ToolChoice; c.Mode == ir.ChoiceSpecific && len(c.Names) == 1 {
		if t := req.Tool("", c.Names[0]); t != nil && t.Kind == ir.ToolServer {
			c.Server = t.Type
		}
	}
}

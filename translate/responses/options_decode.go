package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// rareField reads the members that most requests lack. What is not known goes
// to Ext.
func (d *decoder) rareField() {
	r, req := &d.r, d.req
	switch d.field {
	case "store":
		req.State.Store = ir.Some(r.Bool())
	case "previous_response_id":
		req.State.PrevID = r.String()
	case "conversation":
		d.conversation()
	case "background":
		req.State.Background = r.Bool()
	case "truncation":
		req.State.Truncation = r.String()
	case "context_management":
		req.State.Compaction = r.Raw()
	case "prompt":
		req.State.Prompt = r.Raw()
	case "prompt_cache_key":
		req.Cache.Key = r.String()
	case "prompt_cache_retention":
		req.Cache.Retention = r.String()
	case "prompt_cache_options":
		d.cacheOptions()
	case "service_tier":
		if req.Tier = r.String(); req.Tier == "fast" {
			req.Tier = "priority"
		}
	case "metadata":
		d.metadata()
	case "user":
		req.Meta.EndUser = r.String()
	case "safety_identifier":
		req.Meta.SafetyID = r.String()
	case "stream_options":
		d.streamOptions()
	case "personality": // of input_tokens: changes nothing elsewhere
		r.Skip()
	default:
		req.Ext = append(req.Ext, ir.Field{Name: d.field, Raw: r.Raw()})
	}
}

// nested keeps a member of one of the request's objects that is not known.
func (d *decoder) nested() {
	name := d.field + "." + d.r.Key()
	if raw := rawOrNil(&d.r); raw != nil {
		d.req.Ext = append(d.req.Ext, ir.Field{Name: name, Raw: raw})
	}
}

// conversation is an id or an object that holds one.
func (d *decoder) conversation() {
	r := &d.r
	if r.Kind() == jsonx.String {
		d.req.State.Conversation = r.String()
		return
	}
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "id" {
			d.req.State.Conversation = r.String()
		}
	}
}

func (d *decoder) reasoningOptions() {
	r, want := &d.r, &d.req.Reasoning
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "effort":
			want.Effort = r.String()
			switch want.Effort {
			case "":
			case "none":
				want.Mode = ir.ReasoningOff
			default:
				want.Mode = ir.ReasoningEffort
			}
		case "summary", "generate_summary":
			if s := r.String(); s != "" {
				want.Summary = s
			}
		case "context":
			want.Context = r.String()
		default:
			d.nested()
		}
	}
}

func (d *decoder) textOptions() {
	r := &d.r
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "format":
			d.format()
		case "verbosity":
			d.req.Verbosity = r.String()
		default:
			d.nested()
		}
	}
}

var formats = map[string]ir.FormatKind{
	"text": ir.FormatText, "json_object": ir.FormatJSON, "json_schema": ir.FormatSchema,
}

// format reads text.format, also in the form of Chat Completions where the
// schema stands in an object of its own.
func (d *decoder) format() {
	r, f := &d.r, &d.req.Format
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "type":
			kind, ok := formats[r.String()]
			if !ok && r.Err() == nil {
				r.Fail("unknown format type")
			}
			f.Kind = kind
		case "json_schema":
			for open := r.Object(); open && r.Member(); {
				d.formatMember()
			}
		default:
			d.formatMember()
		}
	}
}

func (d *decoder) formatMember() {
	r, f := &d.r, &d.req.Format
	switch r.Key() {
	case "name":
		f.Name = r.String()
	case "description":
		f.Description = r.Text()
	case "schema":
		f.Schema = rawOrNil(r)
	case "strict":
		if !r.Null() {
			f.Strict = ir.Some(r.Bool())
		}
	default:
		r.Skip()
	}
}

const (
	includeEncrypted = "reasoning.encrypted_content"
	includeLogprobs  = "message.output_text.logprobs"
)

// include is read for what other dialects know; a list that asks for more is
// kept as a whole.
func (d *decoder) include() {
	raw := d.r.Raw()
	sub := d.r.Sub(raw)
	other := false
	for open := sub.Array(); open && sub.Element(); {
		switch sub.String() {
		case includeEncrypted:
			d.req.Reasoning.IncludeEncrypted = true
		case includeLogprobs:
			d.req.Sampling.Logprobs = ir.Some(true)
		default:
			other = true
		}
	}
	d.items.adopt(&d.r, &sub)
	if other {
		d.req.Ext = append(d.req.Ext, ir.Field{Name: "include", Raw: raw})
	}
}

func (d *decoder) cacheOptions() {
	r := &d.r
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "mode":
			d.req.Cache.Mode = r.String()
		case "ttl":
			d.req.Cache.TTL = r.String()
		default:
			d.nested()
		}
	}
}

// metadata are pairs of strings; other values are kept as their JSON.
func (d *decoder) metadata() {
	r := &d.r
	for open := r.Object(); open && r.Member(); {
		label := ir.Label{Key: ir.Plain(r.Key())}
		if r.Kind() == jsonx.String {
			label.Value = r.Text()
		} else {
			label.Value = ir.Plain(string(r.Raw()))
		}
		d.req.Meta.Labels = append(d.req.Meta.Labels, label)
	}
}

func (d *decoder) streamOptions() {
	r := &d.r
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "include_obfuscation":
			d.req.StreamOpts.Obfuscation = ir.Some(r.Bool())
		default:
			d.nested()
		}
	}
}

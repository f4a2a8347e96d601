package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// options reads the members of the top level that are neither conversation nor
// sampling. It reports false for those that the decoder does not know.
func (d *decoder) options(key string) bool {
	req, r := d.req, &d.r
	switch key {
	case "response_format":
		d.responseFormat()
	case "guided_json", "guided_choice", "guided_regex", "guided_grammar":
		d.guided(key[len("guided_"):], key)
	case "structured_outputs":
		for in := r.Object(); in && r.Member(); {
			d.guided(r.Key(), "structured_outputs."+r.Key())
		}
	case "reasoning_effort":
		d.reason.effort = r.String()
	case "reasoning":
		d.reason.router(r)
	case "thinking":
		d.reason.block(r)
	case "verbosity":
		req.Verbosity = r.String()
	case "modalities":
		req.Output.Modalities = stringList(r)
	case "audio":
		d.audioOptions()
	case "web_search_options":
		d.searchOptions()
	case "service_tier":
		if req.Tier = r.String(); req.Tier == "fast" {
			req.Tier = "priority"
		}
	default:
		return d.identity(key)
	}
	return true
}

// identity reads who asks, and what shall be kept or cached.
func (d *decoder) identity(key string) bool {
	req, r := d.req, &d.r
	switch key {
	case "store":
		req.State.Store = r.OptBool()
	case "metadata":
		for in := r.Object(); in && r.Member(); {
			label := ir.Label{Key: ir.Plain(r.Key())}
			if r.Kind() == jsonx.String {
				label.Value = r.Text()
			} else {
				label.Value = ir.Plain(string(r.Raw()))
			}
			req.Meta.Labels = append(req.Meta.Labels, label)
		}
	case "user":
		req.Meta.EndUser = r.String()
	case "safety_identifier":
		req.Meta.SafetyID = r.String()
	case "prompt_cache_key":
		req.Cache.Key = r.String()
	case "prompt_cache_retention":
		req.Cache.Retention = r.String()
	case "prompt_cache_options":
		for in := r.Object(); in && r.Member(); {
			switch r.Key() {
			case "mode":
				req.Cache.Mode = r.String()
			case "ttl":
				req.Cache.TTL = r.String()
			}
		}
	default:
		return false
	}
	return true
}

// responseFormat reads the answer's format, nested as in Chat or flat as in
// Responses. json_object with a schema is llama.cpp's form.
func (d *decoder) responseFormat() {
	r := &d.r
	start := r.Offset()
	if !r.Object() {
		return
	}
	var f ir.Format
	var typ ir.Text
	for r.Member() {
		switch r.Key() {
		case "type":
			typ = r.Text()
		case "json_schema":
			for in := r.Object(); in && r.Member(); {
				formatMember(r, &f)
			}
		default:
			formatMember(r, &f)
		}
	}
	if r.Err() != nil {
		return
	}
	switch {
	case typ == "json_schema", typ == "json_object" && f.Schema != nil:
		f.Kind = ir.FormatSchema
		if f.Schema == nil {
			d.refuse("json_schema.schema is missing")
		}
	case typ == "json_object":
		f.Kind = ir.FormatJSON
	case typ == "text" || typ == "":
		f.Kind = ir.FormatText
	default:
		d.req.Ext = append(d.req.Ext, ir.Field{Name: "response_format", Raw: d.body[start:r.Offset()]})
		return
	}
	d.setFormat(f)
}

func formatMember(r *jsonx.Reader, f *ir.Format) {
	switch r.Key() {
	case "name":
		f.Name = r.String()
	case "description":
		f.Description = r.Text()
	case "schema":
		f.Schema = r.RawIfAny()
	case "strict":
		f.Strict = r.OptBool()
	}
}

// guided reads one of vLLM's ways to constrain an answer.
func (d *decoder) guided(how, member string) {
	r := &d.r
	if r.Null() {
		return
	}
	switch how {
	case "json":
		raw := r.Raw()
		if r.Err() == nil && raw[0] == '"' {
			sub := r.Sub(raw)
			raw = []byte(sub.String())
		}
		d.setFormat(ir.Format{Kind: ir.FormatSchema, Schema: raw, Member: member})
	case "choice":
		enum := append([]byte(`{"type":"string","enum":`), r.Raw()...)
		d.setFormat(ir.Format{Kind: ir.FormatEnum, Schema: append(enum, '}'), Member: member})
	case "regex":
		d.setFormat(ir.Format{Kind: ir.FormatRegex, Pattern: r.Text(), Member: member})
	case "grammar":
		d.setFormat(ir.Format{Kind: ir.FormatGrammar, Pattern: r.Text(), Member: member})
	}
}

// setFormat takes a format. Plain text is no second source beside another one.
func (d *decoder) setFormat(f ir.Format) {
	if f.Kind == ir.FormatText && d.formats > 0 {
		return
	}
	if f.Kind != ir.FormatText {
		d.formats++
	}
	d.req.Format = f
}

// audioOptions reads the voice and format of spoken answers.
func (d *decoder) audioOptions() {
	o, r := &d.req.Output, &d.r
	start := r.Offset()
	if !r.Object() {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "format":
			o.AudioFormat = r.String()
		case "voice":
			if r.Kind() == jsonx.String {
				o.AudioVoice = r.String()
				continue
			}
			for in := r.Object(); in && r.Member(); {
				if r.Key() == "id" {
					o.AudioVoice = r.String()
				}
			}
		}
	}
	o.Audio = d.body[start:r.Offset()]
}

// searchOptions reads web_search_options, which switches the web search of
// OpenAI's search models on.
func (d *decoder) searchOptions() {
	r := &d.r
	start := r.Offset()
	if !r.Object() {
		return
	}
	s := &ir.Search{}
	for r.Member() {
		switch r.Key() {
		case "search_context_size":
			s.ContextSize = r.String()
		case "user_location":
			s.Location = location(r)
		}
	}
	d.req.Tools = append(d.req.Tools, ir.Tool{
		Kind: ir.ToolServer, Type: "web_search", Name: "web_search", Version: "web_search_options",
		Config: d.body[start:r.Offset()], Search: s, At: -1,
	})
}

// location reads user_location, whose fields stand inside of approximate, or
// beside its type as in Responses.
func location(r *jsonx.Reader) *ir.Location {
	l := &ir.Location{}
	member := func() {
		switch r.Key() {
		case "city":
			l.City = r.String()
		case "region":
			l.Region = r.String()
		case "country":
			l.Country = r.String()
		case "timezone":
			l.Timezone = r.String()
		}
	}
	for in := r.Object(); in && r.Member(); {
		if r.Key() != "approximate" {
			member()
			continue
		}
		for in := r.Object(); in && r.Member(); {
			member()
		}
	}
	return l
}

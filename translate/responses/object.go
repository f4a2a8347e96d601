package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// object is a response object as it is written for a client.
type object struct {
	id      string
	created int64
	status  string
	reason  string // of an incomplete answer
	failure *ir.Error
	output  []byte // finished items, with commas between them
	usage   *ir.Usage
	tier    string
}

// appendTo writes the object. It has every member that the published schema
// requires, and those of the request that OpenAI repeats, since strict clients
// look for them.
func (o *object) appendTo(dst []byte, trip *ir.Trip) []byte {
	dst = append(dst, `{"id":`...)
	dst = ir.AppendQuoted(dst, o.id)
	dst = append(dst, `,"object":"response","created_at":`...)
	dst = appendInt(dst, o.created)
	dst = append(dst, `,"status":"`...)
	dst = append(dst, o.status...)
	dst = append(dst, `","error":`...)
	if o.failure != nil {
		dst = append(dst, `{"code":`...)
		dst = ir.AppendQuoted(dst, failedCode(o.failure))
		dst = append(dst, `,"message":`...)
		dst = ir.AppendQuoted(dst, o.failure.Message)
		dst = append(dst, '}')
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"incomplete_details":`...)
	if o.reason != "" {
		dst = append(dst, `{"reason":"`+o.reason+`"}`...)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"model":`...)
	dst = ir.AppendQuoted(dst, trip.Model)
	dst = append(dst, `,"output":[`...)
	dst = append(dst, o.output...)
	dst = append(dst, `],"usage":`...)
	if o.usage != nil {
		dst = appendUsage(dst, o.usage)
	} else {
		dst = append(dst, "null"...)
	}
	dst = o.appendEcho(dst, trip.Request)
	dst = appendKeeping(dst, trip.Keeping)
	return append(dst, '}')
}

// appendKeeping writes what is stored. Nothing is on the way through another
// dialect, whatever was asked, unless the gateway does it.
func appendKeeping(dst []byte, k *ir.Keeping) []byte {
	if k == nil {
		k = &ir.Keeping{}
	}
	dst = appendBool(append(dst, `,"store":`...), k.Store)
	dst = appendBool(append(dst, `,"background":`...), k.Background)
	dst = appendOrNull(append(dst, `,"previous_response_id":`...), k.Previous)
	if k.Conversation == "" {
		return append(dst, `,"conversation":null`...)
	}
	dst = ir.AppendQuoted(append(dst, `,"conversation":{"id":`...), k.Conversation)
	return append(dst, '}')
}

// appendEcho writes what the answer repeats of the request.
func (o *object) appendEcho(dst []byte, req *ir.Request) []byte {
	dst = append(dst, `,"instructions":`...)
	dst = appendInstructions(dst, req)
	dst = append(dst, `,"tools":[`...)
	dst = appendTools(dst, req)
	dst = append(dst, `],"tool_choice":`...)
	if len(req.ToolChoice.Raw) > 0 && req.Dialect == ir.Responses {
		dst = jsonCompact(dst, req.ToolChoice.Raw)
	} else {
		dst = append(dst, `"auto"`...)
	}
	dst = append(dst, `,"parallel_tool_calls":`...)
	dst = appendBool(dst, req.Parallel.Or(true))
	dst = append(dst, `,"temperature":`...)
	dst = appendFloat(dst, req.Sampling.Temperature.Or(1))
	dst = append(dst, `,"top_p":`...)
	dst = appendFloat(dst, req.Sampling.TopP.Or(1))
	dst = append(dst, `,"max_output_tokens":`...)
	dst = appendOpt(dst, req.Sampling.MaxOutput)
	dst = append(dst, `,"max_tool_calls":`...)
	dst = appendExt(dst, req, "max_tool_calls")
	dst = append(dst, `,"top_logprobs":`...)
	dst = appendInt(dst, int64(req.Sampling.TopLogprobs.Or(0)))
	dst = append(dst, `,"reasoning":{"effort":`...)
	dst = appendOrNull(dst, req.Reasoning.Effort)
	dst = append(dst, `,"summary":`...)
	dst = appendOrNull(dst, req.Reasoning.Summary)
	dst = append(dst, `},"text":{"format":`...)
	dst = appendFormat(dst, &req.Format)
	dst = append(dst, `,"verbosity":`...)
	dst = ir.AppendQuoted(dst, orElse(req.Verbosity, "medium"))
	dst = append(dst, `},"truncation":`...)
	dst = ir.AppendQuoted(dst, orElse(req.State.Truncation, "disabled"))
	dst = append(dst, `,"service_tier":`...)
	dst = ir.AppendQuoted(dst, orElse(o.tier, orElse(req.Tier, "default")))
	dst = append(dst, `,"prompt":null`...)
	dst = append(dst, `,"prompt_cache_key":`...)
	dst = appendOrNull(dst, req.Cache.Key)
	dst = append(dst, `,"prompt_cache_retention":`...)
	dst = appendOrNull(dst, req.Cache.Retention)
	dst = append(dst, `,"safety_identifier":`...)
	dst = appendOrNull(dst, req.Meta.SafetyID)
	dst = append(dst, `,"user":`...)
	dst = appendOrNull(dst, req.Meta.EndUser)
	dst = append(dst, `,"metadata":{`...)
	for i, l := range req.Meta.Labels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(l.Key.AppendJSON(dst), ':')
		dst = l.Value.AppendJSON(dst)
	}
	return append(dst, `},"access_programs":null`...)
}

// appendInstructions writes the request's instructions, null when it had none.
func appendInstructions(dst []byte, req *ir.Request) []byte {
	found := false
	for i := range req.System {
		p := &req.System[i]
		if p.At.Msg != instructionsAt || p.Kind != ir.PartText {
			continue
		}
		if found {
			dst = append(dst, `\n\n`...)
		} else {
			dst = append(dst, '"')
		}
		dst, found = append(dst, p.Text...), true
	}
	if !found {
		return append(dst, "null"...)
	}
	return append(dst, '"')
}

// appendTools writes the tools as the client wrote them, on one line. Those of
// a namespace all hold the namespace.
func appendTools(dst []byte, req *ir.Request) []byte {
	if req.Dialect != ir.Responses {
		return dst
	}
	last := -1
	for i := range req.Tools {
		t := &req.Tools[i]
		if len(t.Config) == 0 || t.At == last {
			continue
		}
		if last >= 0 {
			dst = append(dst, ',')
		}
		dst, last = jsonCompact(dst, t.Config), t.At
	}
	return dst
}

func appendFormat(dst []byte, f *ir.Format) []byte {
	switch f.Kind {
	case ir.FormatJSON:
		return append(dst, `{"type":"json_object"}`...)
	case ir.FormatSchema:
		dst = append(dst, `{"type":"json_schema","name":`...)
		dst = ir.AppendQuoted(dst, orElse(f.Name, "response"))
		dst = append(dst, `,"description":`...)
		if f.Description == "" {
			dst = append(dst, "null"...)
		} else {
			dst = f.Description.AppendJSON(dst)
		}
		dst = append(dst, `,"schema":`...)
		if len(f.Schema) == 0 {
			dst = append(dst, `{}`...)
		} else {
			dst = jsonCompact(dst, f.Schema)
		}
		dst = append(dst, `,"strict":`...)
		return append(appendBool(dst, f.Strict.Or(false)), '}')
	default:
		return append(dst, `{"type":"text"}`...)
	}
}

func appendExt(dst []byte, req *ir.Request, name string) []byte {
	for _, f := range req.Ext {
		if f.Name == name && req.Dialect == ir.Responses {
			return jsonCompact(dst, f.Raw)
		}
	}
	return append(dst, "null"...)
}

func appendOpt(dst []byte, n ir.Opt[int]) []byte {
	if !n.Set {
		return append(dst, "null"...)
	}
	return appendInt(dst, int64(n.V))
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

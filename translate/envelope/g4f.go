package envelope

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// G4F fits a body of Chat Completions to a server of gpt4free, which reads some members in a way of its own and has more.
// Empty members are left out.
type G4F struct {
	Provider      string // who shall answer behind the server
	Marker        string // a line that keeps conversations of different people apart
	Timeout       int    // seconds that the server may take, and
	StreamTimeout int    // seconds that it may be silent
	Emulate       bool   // the server teaches tools to models that know none
}

// ignored are members that the server ignores, or that belong to who runs it.
var ignored = map[string]bool{
	"stream": true, "stream_options": true, "seed": true, "n": true, "top_k": true, "logprobs": true, "top_logprobs": true, "user": true,
	"metadata": true, "store": true, "service_tier": true, "max_completion_tokens": true, "provider": true, "api_key": true,
	"conversation": true, "conversation_id": true, "extra_body": true, "web_search": true, "raw": true, "download_media": true,
	"tool_calls": true, "tool_emulation": true, "timeout": true, "stream_timeout": true,
}

// efforts are the names that the server has for those of others; another one is a 422.
var efforts = map[string]string{
	"none": "none", "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "x-high", "max": "x-high",
}

// Wrap returns the body as the server takes it, always asking for a stream: headers of a whole answer come at its end.
func (g G4F) Wrap(body []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(body)+256), '{')
	var tools []byte
	forced := ""
	var r jsonx.Reader
	r.Reset(body)
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case ignored[key]:
			r.Skip()
		case key == "tools":
			tools = r.Raw()
		case key == "tool_choice" && r.Kind() == jsonx.Object: // the server takes a word alone
			forced = functionOf(&r)
			out = ir.AppendQuoted(appendKey(out, key), "required")
		case key == "reasoning_effort" && r.Kind() == jsonx.String:
			if effort := efforts[r.String()]; effort != "" {
				out = ir.AppendQuoted(appendKey(out, key), effort)
			}
		case key == "messages" && g.Marker != "" && r.Kind() == jsonx.Array:
			out = g.mark(appendKey(out, key), &r)
		default:
			out = appendMember(out, key, &r)
		}
	}
	if err := r.End(); err != nil {
		return nil, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	if tools != nil {
		out = appendTools(appendKey(out, "tools"), tools, forced)
	}
	return g.more(out), nil
}

// more appends what only this server knows.
func (g G4F) more(out []byte) []byte {
	out = append(appendKey(out, "stream"), "true"...)
	for _, m := range [...]struct {
		key     string
		seconds int
	}{{"timeout", g.Timeout}, {"stream_timeout", g.StreamTimeout}} {
		if m.seconds > 0 {
			out = strconv.AppendInt(appendKey(out, m.key), int64(m.seconds), 10)
		}
	}
	if g.Provider != "" {
		out = ir.AppendQuoted(appendKey(out, "provider"), g.Provider)
	}
	if g.Emulate {
		out = append(appendKey(out, "tool_emulation"), "true"...)
	}
	return append(out, '}')
}

// functionOf reads the name of a function out of a tool, or out of a choice of one.
func functionOf(r *jsonx.Reader) string {
	name := ""
	for in := r.Object(); in && r.Member(); {
		if r.Key() != "function" || r.Kind() != jsonx.Object {
			r.Skip()
			continue
		}
		for in := r.Object(); in && r.Member(); {
			if r.Key() == "name" {
				name = r.TextIfAny().String()
			} else {
				r.Skip()
			}
		}
	}
	return name
}

// appendTools appends the tools, or only the one that must be called.
func appendTools(dst, tools []byte, only string) []byte {
	if only == "" {
		return append(dst, tools...)
	}
	var r jsonx.Reader
	r.Reset(tools)
	dst = append(dst, '[')
	for in := r.Array(); in && r.Element(); {
		tool := r.Raw()
		sub := r.Sub(tool)
		if functionOf(&sub) != only {
			continue
		}
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = append(dst, tool...)
	}
	return append(dst, ']')
}

// mark appends the messages with the marker in the instructions, which come first.
func (g G4F) mark(dst []byte, r *jsonx.Reader) []byte {
	dst = append(dst, '[')
	first := true
	for in := r.Array(); in && r.Element(); {
		message := r.Raw()
		if first {
			var done bool
			if dst, done = g.instruct(dst, message, r); done {
				first = false
				continue
			}
			dst = ir.AppendQuoted(append(dst, `{"role":"system","content":`...), g.Marker)
			dst, first = append(dst, '}'), false
		}
		dst = append(append(dst, ','), message...)
	}
	return append(dst, ']')
}

// instruct appends a message of instructions that are a text, with the marker behind it. It reports whether the message
// is one.
func (g G4F) instruct(dst, message []byte, r *jsonx.Reader) ([]byte, bool) {
	var role string
	var text ir.Text
	plain := false
	sub := r.Sub(message)
	for in := sub.Object(); in && sub.Member(); {
		switch sub.Key() {
		case "role":
			role = sub.TextIfAny().String()
		case "content":
			plain = sub.Kind() == jsonx.String
			text = sub.TextIfAny()
		default:
			sub.Skip()
		}
	}
	if role != "system" || !plain {
		return dst, false
	}
	dst = append(append(dst, `{"role":"system","content":"`...), text...)
	dst = append(append(dst, `\n\n`...), ir.Plain(g.Marker)...)
	return append(dst, `"}`...), true
}

package chat

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// callFields are the members of a tool call in any of its forms.
type callFields struct {
	id, name string
	args     ir.Args
	custom   bool
	sig      *ir.Sig
}

// toolCalls reads an assistant message's calls.
func (d *decoder) toolCalls(m *message) {
	r := &d.r
	if !r.Array() {
		return
	}
	for r.Element() {
		d.part++
		var f callFields
		if !r.Object() {
			continue
		}
		for r.Member() {
			d.callMember(&f, r.Key())
		}
		d.addCall(m, &f)
	}
}

func (d *decoder) callMember(f *callFields, key string) {
	r := &d.r
	switch key {
	case "id":
		f.id = r.String()
	case "type":
		f.custom = f.custom || r.Text() == "custom"
	case "custom":
		f.custom = true
		d.callBody(f)
	case "function":
		d.callBody(f)
	case "extra_content":
		for in := r.Object(); in && r.Member(); {
			if r.Key() == "google" {
				d.callSignature(f)
			}
		}
	case "provider_specific_fields":
		d.callSignature(f)
	default:
		d.callText(f, key)
	}
}

// callBody reads function or custom.
func (d *decoder) callBody(f *callFields) {
	r := &d.r
	if !r.Object() {
		return
	}
	for r.Member() {
		if r.Key() == "provider_specific_fields" {
			d.callSignature(f)
			continue
		}
		d.callText(f, r.Key())
	}
}

// callText reads name and arguments, which some clients put beside the id.
func (d *decoder) callText(f *callFields, key string) {
	r := &d.r
	switch key {
	case "name":
		f.name = r.String()
	case "arguments", "input":
		switch r.Kind() {
		case jsonx.String:
			f.args.Text = r.Text()
		case jsonx.Null:
			r.Null()
		default:
			f.args.JSON = r.Raw()
		}
	}
}

func (d *decoder) callSignature(f *callFields) {
	r := &d.r
	if !r.Object() {
		return
	}
	for r.Member() {
		if r.Key() == "thought_signature" {
			f.sig = geminiSig(r.String())
		}
	}
}

// addCall adds a call. One without an id gets one that stays the same as long
// as the history before it does.
func (d *decoder) addCall(m *message, f *callFields) {
	if d.r.Err() != nil {
		return
	}
	id, sig := cleanCallID(f.id)
	if f.sig == nil {
		f.sig = sig
	}
	if id == "" {
		id = "call_" + strconv.Itoa(d.msg) + "_" + strconv.Itoa(len(m.calls))
	}
	call := d.mem.Call()
	*call = ir.ToolCall{ID: id, Name: f.name, Args: f.args, Type: ir.TypeFunction}
	if f.custom {
		call.Type = ir.TypeCustom
	}
	m.calls = append(m.calls, ir.Part{Kind: ir.PartToolCall, Call: call, Sig: f.sig, At: d.whole()})
}

// legacyCall reads the deprecated function_call of an assistant message.
func (d *decoder) legacyCall(m *message) {
	r := &d.r
	if !r.Object() {
		return
	}
	var f callFields
	for r.Member() {
		d.callText(&f, r.Key())
	}
	if f.name != "" {
		d.addCall(m, &f)
	}
}

// thinkingBlocks reads LiteLLM's thinking_blocks: Anthropic's blocks.
func (d *decoder) thinkingBlocks(m *message) {
	raw := d.r.RawIfAny()
	if d.r.Err() != nil {
		return
	}
	if blocks := d.nested(raw, d.whole()); len(blocks) > 0 {
		m.thoughts = m.thoughts[:0]
		for i := range blocks {
			if blocks[i].Kind == ir.PartThinking {
				m.thoughts = append(m.thoughts, blocks[i])
			}
		}
	}
}

// detailFamilies are the formats in which OpenRouter names whose reasoning a
// detail is.
var detailFamilies = map[string]ir.SigFamily{
	"anthropic-claude-v1": ir.SigAnthropic, "google-gemini-v1": ir.SigGemini, "openai-responses-v1": ir.SigOpenAI,
}

// reasoningDetails reads OpenRouter's reasoning_details.
func (d *decoder) reasoningDetails(m *message) {
	r := &d.r
	seen := len(m.thoughts) > 0
	if !r.Array() {
		return
	}
	for r.Element() {
		var typ, text ir.Text
		var sig, format string
		for in := r.Object(); in && r.Member(); {
			switch r.Key() {
			case "type":
				typ = r.Text()
			case "text", "summary":
				text = r.Text()
			case "signature", "data":
				sig = r.String()
			case "format":
				format = r.String()
			}
		}
		if seen || text == "" && sig == "" {
			continue
		}
		think := &ir.Thinking{Summary: typ == "reasoning.summary", Redacted: typ == "reasoning.encrypted", Sig: ir.ParseSig(sig, ir.SignsThink, "")}
		if think.Sig != nil && think.Sig.Family == ir.SigUnknown {
			if family, ok := detailFamilies[format]; ok {
				think.Sig.Family = family
			}
		}
		m.thoughts = append(m.thoughts, ir.Part{Kind: ir.PartThinking, Text: text, Think: think, At: d.whole()})
	}
}

package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// assistant writes what the model said: one string, a refusal, and the calls.
// Its thoughts go back only to servers that want them, and only those of the
// running exchange: DeepSeek refuses older ones.
func (e *encoder) assistant(dst []byte, turn *ir.Turn, running bool) []byte {
	start := len(dst)
	dst = appendKey(e.message(dst, "assistant"), "content")
	content := len(dst)
	dst = e.assistantText(dst, turn)
	said := len(dst) > content
	if !said {
		dst = append(dst, "null"...)
	}
	refused := len(dst)
	dst = e.refusalAndAudio(dst, turn)
	said = said || len(dst) > refused
	if running && e.caps.ReasoningContent {
		before := len(dst)
		dst = appendThoughts(dst, turn)
		said = said || len(dst) > before
	} else {
		e.dropThoughts(turn)
	}
	before := len(dst)
	dst = e.calls(dst, turn)
	if !said && len(dst) == before {
		return dst[:start]
	}
	return append(e.named(dst, turn), '}')
}

// assistantText writes the visible text as one JSON string, or nothing when
// there is none.
func (e *encoder) assistantText(dst []byte, turn *ir.Turn) []byte {
	start := len(dst)
	dst = append(dst, '"')
	first := true
	for i := range turn.Parts {
		p := &turn.Parts[i]
		switch p.Kind {
		case ir.PartText:
			dst, first = append(dst, p.Text...), false
		case ir.PartServerCall, ir.PartServerResult:
			e.lose(ir.Semantic, codeFlattened, e.req.PathOf(p.At), "")
			if !first {
				dst = append(dst, `\n`...)
			}
			dst, first = append(appendServerItem(dst, p.Server), `\n`...), false
		case ir.PartToolCall, ir.PartThinking, ir.PartRefusal:
		case ir.PartCompaction:
			e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "")
		case ir.PartAudio:
			if !earlierAudio(p) {
				e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
			}
		default:
			e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
		}
	}
	if first {
		return dst[:start]
	}
	return append(dst, '"')
}

// earlierAudio reports whether the part refers to the audio of an answer that
// an OpenAI model gave before.
func earlierAudio(p *ir.Part) bool {
	return p.Kind == ir.PartAudio && p.Media.Source == ir.SourceFileID && p.Media.FileFamily == ir.Chat
}

func (e *encoder) refusalAndAudio(dst []byte, turn *ir.Turn) []byte {
	for i := range turn.Parts {
		if p := &turn.Parts[i]; p.Kind == ir.PartRefusal {
			dst = appendText(dst, "refusal", p.Text)
			break
		}
	}
	for i := range turn.Parts {
		if p := &turn.Parts[i]; earlierAudio(p) {
			return append(appendString(append(appendKey(dst, "audio"), '{'), "id", p.Media.FileID), '}')
		}
	}
	return dst
}

func appendThoughts(dst []byte, turn *ir.Turn) []byte {
	start := len(dst)
	dst = append(appendKey(dst, "reasoning_content"), '"')
	first := true
	for i := range turn.Parts {
		if p := &turn.Parts[i]; p.Kind == ir.PartThinking && p.Text != "" {
			if !first {
				dst = append(dst, `\n\n`...)
			}
			dst, first = append(dst, p.Text...), false
		}
	}
	if first {
		return dst[:start]
	}
	return append(dst, '"')
}

// dropThoughts notes, once a request, that thinking is not sent.
func (e *encoder) dropThoughts(turn *ir.Turn) {
	for i := range turn.Parts {
		if p := &turn.Parts[i]; p.Kind == ir.PartThinking && !e.unthought {
			e.unthought = true
			e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "reasoning")
		}
	}
}

// calls writes the turn's calls. An empty list is never written: OpenAI
// refuses it.
func (e *encoder) calls(dst []byte, turn *ir.Turn) []byte {
	first := true
	for i := range turn.Parts {
		p := &turn.Parts[i]
		if p.Kind != ir.PartToolCall {
			continue
		}
		if first {
			dst = append(appendKey(dst, "tool_calls"), '[')
		} else {
			dst = append(dst, ',')
		}
		dst = e.call(dst, p, first)
		first = false
	}
	if first {
		return dst
	}
	return append(dst, ']')
}

func (e *encoder) call(dst []byte, p *ir.Part, first bool) []byte {
	c := p.Call
	dst = appendString(append(dst, '{'), "id", ir.WireID(c.ID, maxID))
	name := e.t.Names.Wire(c.Namespace, c.Name)
	if c.Type == ir.TypeCustom && e.caps.CustomTools {
		dst = append(dst, `,"type":"custom","custom":{`...)
		dst = append(appendString(dst, "name", name), `,"input":"`...)
		dst = append(append(dst, c.Args.Text...), `"}`...)
	} else {
		dst = append(dst, `,"type":"function","function":{`...)
		dst = append(appendString(dst, "name", name), `,"arguments":"`...)
		dst = append(c.AppendString(dst), `"}`...)
	}
	if e.caps.Family == "gemini" {
		dst = e.signature(dst, p.Sig, first)
	}
	return append(dst, '}')
}

// signature writes a call's signature for Google's compatibility endpoint.
// Gemini 3 wants one on the first call of a turn, and takes a placeholder for
// calls that other models made.
func (e *encoder) signature(dst []byte, s *ir.Sig, first bool) []byte {
	value := ""
	switch {
	case e.t.Accepts(s, ir.SigGemini, ir.NativeFamily(e.req.Dialect)):
		value = s.Value
	case first && e.caps.Validated:
		value = ir.Sentinel
	default:
		return dst
	}
	return appendSignature(dst, value)
}

func appendSignature(dst []byte, value string) []byte {
	dst = append(dst, `,"extra_content":{"google":{`...)
	return append(appendString(dst, "thought_signature", value), "}}"...)
}

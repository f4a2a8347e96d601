package chat

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// signsLater reports whether the upstream may sign a call after its start.
// Clients find a signature only in a call's first chunk, so that one waits for
// the event behind it; Gemini's calls come whole, and the wait is none.
func (e *streamEncoder) signsLater() bool {
	t := e.trip.Target
	return t != nil && (t.Dialect == ir.Gemini || t.Dialect == ir.CodeAssist)
}

// release writes the first chunks of calls that were held.
func (e *streamEncoder) release(dst []byte) []byte {
	for i := range e.open {
		if p := &e.open[i]; p.call != nil {
			dst = e.callHead(dst, p, nil)
		}
	}
	return dst
}

// callHead writes the first chunk of a call.
func (e *streamEncoder) callHead(dst []byte, p *openPart, sig *ir.Sig) []byte {
	call := p.call
	p.call = nil
	if e.trip.Request.Functions {
		if p.ordinal > 0 {
			return dst
		}
		dst = append(e.chunk(dst, p.cand), `"function_call":{"name":`...)
		return e.close(append(ir.AppendQuoted(dst, call.Name), `,"arguments":""}`...))
	}
	dst = append(e.chunk(dst, p.cand), `"tool_calls":[{"index":`...)
	dst = appendInt(dst, int64(p.ordinal))
	dst = append(appendCallHead(dst, call, e.trip), `"}`...)
	if sig != nil && sig.Family == ir.SigGemini {
		dst = appendSignature(dst, sig.Value)
	}
	return e.close(append(dst, "}]"...))
}

// arguments opens a further chunk of a call, up to the inside of the arguments,
// and tells what stands behind them. That is empty for a call that the client
// cannot be told.
func (e *streamEncoder) arguments(dst []byte, p *openPart) (opened []byte, back string) {
	if e.trip.Request.Functions {
		if p.sent = true; p.ordinal > 0 {
			return dst, ""
		}
		return append(e.chunk(dst, p.cand), `"function_call":{"arguments":"`...), `"}`
	}
	dst = append(e.chunk(dst, p.cand), `"tool_calls":[{"index":`...)
	dst = appendInt(dst, int64(p.ordinal))
	if p.custom {
		return append(dst, `,"custom":{"input":"`...), `"}}]`
	}
	return append(dst, `,"function":{"arguments":"`...), `"}}]`
}

// signature writes a call's signature with its first chunk where that was
// held, else in a chunk of its own.
func (e *streamEncoder) signature(dst []byte, ev *ir.Event) []byte {
	p := e.find(ev)
	if p == nil || p.kind != ir.PartToolCall || ev.Sig == nil || ev.Sig.Family != ir.SigGemini || e.trip.Request.Functions {
		return dst
	}
	if p.call != nil {
		return e.callHead(dst, p, ev.Sig)
	}
	dst = append(e.chunk(dst, p.cand), `"tool_calls":[{"index":`...)
	dst = appendSignature(appendInt(dst, int64(p.ordinal)), ev.Sig.Value)
	return e.close(append(dst, "}]"...))
}

func (e *streamEncoder) citation(dst []byte, ev *ir.Event) []byte {
	p := e.find(ev)
	if p == nil || ev.Citation == nil || ev.Citation.URL == "" || p.kind != ir.PartText {
		return dst
	}
	dst = append(e.chunk(dst, p.cand), `"annotations":[`...)
	dst = appendCitation(dst, ev.Citation, p.base, e.cands[p.cand].runes)
	return e.close(append(dst, ']'))
}

func (e *streamEncoder) logprobs(dst []byte, ev *ir.Event) []byte {
	p := e.find(ev)
	if p == nil || len(ev.Logprobs) == 0 {
		return dst
	}
	dst = append(e.chunk(dst, p.cand), `},"logprobs":`...)
	return append(appendLogprobs(dst, ev.Logprobs), e.tail...)
}

// stop writes a candidate's last chunk, with why it ended.
func (e *streamEncoder) stop(dst []byte, ev *ir.Event) []byte {
	dst = e.begin(dst, ev.Cand)
	said := &e.cands[ev.Cand]
	if said.finished {
		return dst
	}
	said.finished = true
	if ev.Stop.Reason == ir.StopRefusal && !said.spoke && ev.Stop.Detail != "" {
		dst = append(e.chunk(dst, ev.Cand), `"refusal":`...)
		dst = e.close(ev.Stop.Detail.AppendJSON(dst))
	}
	reason := finishReason(ev.Stop.Reason, said.refused, e.trip.Request.Functions)
	dst = append(append(e.chunk(dst, ev.Cand), `},"finish_reason":"`...), reason...)
	if e.usage {
		return append(dst, `"}],"usage":null}`+"\n\n"...)
	}
	return append(dst, `"}]}`+"\n\n"...)
}

// end writes the usage, when the client asked for it and it is known, and the
// terminator.
func (e *streamEncoder) end(dst []byte) []byte {
	e.ended = true
	if e.usage && e.counts.Known() {
		if e.head == nil {
			e.id, e.created = answerID("", e.trip), e.trip.Created
		}
		dst = append(e.opening(dst), `[],"usage":`...)
		dst = append(appendUsage(dst, &e.counts), "}\n\n"...)
	}
	return append(dst, doneFrame...)
}

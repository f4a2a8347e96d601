package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readLogprobs reads the probabilities of content; those of refusals have no
// place of their own in an answer.
func (c *choice) readLogprobs(r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		if r.Key() == "content" {
			c.logprobs = readTokens(r, true)
		}
	}
}

func readTokens(r *jsonx.Reader, deep bool) []ir.TokenLogprob {
	if !inArray(r) {
		return nil
	}
	var list []ir.TokenLogprob
	for r.Element() {
		if !inObject(r) {
			continue
		}
		var t ir.TokenLogprob
		for r.Member() {
			switch r.Key() {
			case "token":
				t.Token = softText(r)
			case "logprob":
				if r.Kind() == jsonx.Number {
					t.Logprob = r.Float()
				}
			case "bytes":
				t.Bytes = r.RawIfAny()
			case "top_logprobs":
				if deep {
					t.Top = readTokens(r, false)
				}
			}
		}
		list = append(list, t)
	}
	return list
}

// appendLogprobs appends the logprobs object of a choice.
func appendLogprobs(dst []byte, list []ir.TokenLogprob) []byte {
	dst = append(dst, `{"content":[`...)
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendToken(dst, &list[i])
		dst = append(dst, `,"top_logprobs":[`...)
		for j := range list[i].Top {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendToken(dst, &list[i].Top[j]), '}')
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, `],"refusal":null}`...)
}

func appendToken(dst []byte, t *ir.TokenLogprob) []byte {
	dst = append(dst, `{"token":`...)
	dst = append(t.Token.AppendJSON(dst), `,"logprob":`...)
	dst = append(appendFloat(dst, t.Logprob), `,"bytes":`...)
	if t.Bytes == nil {
		return append(dst, "null"...)
	}
	return jsonx.AppendCompact(dst, t.Bytes)
}

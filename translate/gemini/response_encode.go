package gemini

import (
	"encoding/base64"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// AppendResponse appends the whole answer for a client.
func (Codec) AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte {
	dst = append(dst, `{"candidates":[`...)
	for i := range resp.Candidates {
		dst = appendCandidate(appendComma(dst), &resp.Candidates[i])
	}
	if len(resp.Candidates) == 0 {
		dst = appendCandidate(dst, &ir.Candidate{Stop: ir.Stop{Reason: ir.StopOther}})
	}
	dst = append(dst, ']')
	dst = appendUsage(dst, &resp.Usage)
	dst = appendString(dst, "modelVersion", trip.Model)
	return append(appendString(dst, "responseId", answerID(resp.ID, trip)), '}')
}

// answerID is the upstream's id or a fresh one; the dialect has no prefix.
func answerID(id string, trip *ir.Trip) string {
	if id == "" && trip.NewID != nil {
		return trip.NewID("")
	}
	return id
}

func appendCandidate(dst []byte, c *ir.Candidate) []byte {
	var sources grounding
	var logs tokenLogs
	dst = append(dst, `{"content":{"parts":[`...)
	empty := len(dst)
	written := 0
	for i := range c.Parts {
		p := &c.Parts[i]
		n := len(dst)
		dst = appendPart(appendComma(dst), p)
		if last := dst[len(dst)-1]; last == ',' || last == '[' {
			dst = dst[:n] // nothing to say
			continue
		}
		if len(p.Citations) > 0 {
			said := p.Text.String()
			for j := range p.Citations {
				sources.add(&p.Citations[j], said, written)
			}
		}
		logs.add(p.Logprobs)
		written++
	}
	if len(dst) == empty { // clients take an answer without parts for a broken one
		dst = append(dst, `{"text":""}`...)
	}
	dst = append(dst, `],"role":"model"}`...)
	dst = appendStop(dst, &c.Stop)
	dst = appendInt(dst, "index", int64(c.Index))
	dst = sources.append(dst)
	return append(logs.append(dst), '}')
}

func appendStop(dst []byte, s *ir.Stop) []byte {
	dst = appendString(dst, "finishReason", finishReason(s.Reason))
	if s.Detail != "" {
		dst = appendText(dst, "finishMessage", s.Detail)
	}
	return dst
}

// appendPart appends a complete part, nothing when the dialect has no form for
// it.
func appendPart(dst []byte, p *ir.Part) []byte {
	switch p.Kind {
	case ir.PartText, ir.PartRefusal:
		sig := signature(p.Sig)
		if p.Text == "" && sig == "" {
			return dst
		}
		dst = append(p.Text.AppendJSON(append(dst, `{"text":`...)), sig...)
		return append(dst, '}')
	case ir.PartThinking:
		return appendThought(dst, p.Text, p.Think)
	case ir.PartToolCall:
		return appendCall(dst, p.Call, p.Sig)
	case ir.PartImage, ir.PartAudio, ir.PartVideo, ir.PartFile:
		return appendMedia(dst, p)
	case ir.PartServerCall, ir.PartServerResult:
		return appendServer(dst, p)
	}
	return dst
}

// appendThought appends a thought; one that neither says nor proves anything is
// left out.
func appendThought(dst []byte, text ir.Text, think *ir.Thinking) []byte {
	sig := ""
	if think != nil {
		sig = signature(think.Sig)
	}
	if text == "" && sig == "" {
		return dst
	}
	dst = append(text.AppendJSON(append(dst, `{"text":`...)), `,"thought":true`...)
	return append(append(dst, sig...), '}')
}

func appendCall(dst []byte, call *ir.ToolCall, sig *ir.Sig) []byte {
	dst = append(dst, `{"functionCall":{`...)
	if call.ID != "" {
		dst = appendString(dst, "id", call.ID)
	}
	dst = appendString(dst, "name", call.Name)
	dst = appendKey(dst, "args")
	dst = appendLine(dst, call.AppendObject(nil))
	dst = append(append(dst, '}'), signature(sig)...)
	return append(dst, '}')
}

func appendMedia(dst []byte, p *ir.Part) []byte {
	m := p.Media
	switch {
	case m == nil:
		return dst
	case m.Data != "":
		dst = appendString(append(dst, `{"inlineData":{`...), "mimeType", mimeType(p))
		dst = appendText(dst, "data", m.Data)
	case m.URL != "":
		dst = appendString(append(dst, `{"fileData":{`...), "mimeType", mimeType(p))
		dst = appendString(dst, "fileUri", m.URL)
	default:
		return dst
	}
	return append(append(append(dst, '}'), signature(p.Sig)...), '}')
}

// signature is the member thoughtSignature of a part, with the comma in front:
// Google's own signature as it is, one of another family as base64 of a string
// that tells where it came from.
func signature(s *ir.Sig) string {
	if s == nil || s.Value == "" {
		return ""
	}
	value := s.Value
	if s.Family != ir.SigGemini {
		carrier := s.Carrier()
		if carrier == "" {
			return ""
		}
		value = base64.StdEncoding.EncodeToString([]byte(carrier))
	}
	return `,"thoughtSignature":` + string(ir.AppendQuoted(nil, value))
}

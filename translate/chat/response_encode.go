package chat

import (
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const idPrefix = "chatcmpl-"

// answerID is the answer's id in this dialect's form.
func answerID(id string, trip *ir.Trip) string {
	if id == "" {
		return trip.NewID(idPrefix)
	}
	return ir.PrefixID(idPrefix, id)
}

// AppendResponse appends a whole answer for a client.
func (Codec) AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte {
	dst = append(dst, `{"id":`...)
	dst = ir.AppendQuoted(dst, answerID(resp.ID, trip))
	dst = append(dst, `,"object":"chat.completion","created":`...)
	created := resp.Created
	if created == 0 {
		created = trip.Created
	}
	dst = append(appendInt(dst, created), `,"model":`...)
	dst = append(ir.AppendQuoted(dst, trip.Model), `,"choices":[`...)
	for i := range resp.Candidates {
		if i > 0 {
			dst = append(dst, ',')
		}
		w := choiceWriter{trip: trip, cand: &resp.Candidates[i], created: created}
		dst = w.append(dst)
	}
	dst = append(dst, ']')
	if resp.Usage.Known() {
		dst = appendUsage(append(dst, `,"usage":`...), &resp.Usage)
	}
	if echoesTier(resp.Tier, trip) {
		dst = appendString(dst, "service_tier", resp.Tier)
	}
	return append(dst, '}')
}

// echoesTier reports whether the answer names the tier that served it: one of
// OpenAI's, as an upstream of OpenAI's dialects said it. Other vendors' tiers
// are other promises.
func echoesTier(tier string, trip *ir.Trip) bool {
	if t := trip.Target; t == nil || t.Dialect != ir.Chat && t.Dialect != ir.Responses {
		return false
	}
	switch tier {
	case "auto", "default", "flex", "scale", "priority":
		return true
	}
	return false
}

// choiceWriter writes one candidate of a whole answer.
type choiceWriter struct {
	trip    *ir.Trip
	cand    *ir.Candidate
	created int64
}

func (w *choiceWriter) append(dst []byte) []byte {
	functions := w.trip.Request.Functions
	dst = append(appendInt(append(dst, `{"index":`...), int64(w.cand.Index)), `,"message":{"role":"assistant","content":`...)
	dst = w.content(dst)
	dst, worded := w.refusal(dst)
	if w.trip.Request.Reasoning.Summary != "none" {
		dst = w.reasoning(dst)
	}
	if functions {
		dst = w.functionCall(dst)
	} else {
		dst = w.toolCalls(dst)
	}
	dst = w.annotations(dst)
	dst = w.media(dst)
	dst = append(dst, `},"logprobs":`...)
	dst = w.logprobs(dst)
	dst = append(append(dst, `,"finish_reason":"`...), finishReason(w.cand.Stop.Reason, worded, functions)...)
	return append(dst, `"}`...)
}

// content writes the visible text: null beside calls or audio, never absent.
func (w *choiceWriter) content(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, '"')
	nothing := false
	for i := range w.cand.Parts {
		switch p := &w.cand.Parts[i]; p.Kind {
		case ir.PartText:
			dst = append(dst, p.Text...)
		case ir.PartToolCall, ir.PartAudio:
			nothing = true
		}
	}
	if nothing && len(dst) == start+1 {
		return append(dst[:start], "null"...)
	}
	return append(dst, '"')
}

// refusal writes the model's refusal, or why the vendor refused where nothing
// else was said. worded reports whether it is the model's own.
func (w *choiceWriter) refusal(dst []byte) (_ []byte, worded bool) {
	dst = append(dst, `,"refusal":`...)
	start := len(dst)
	dst = append(dst, '"')
	said := false
	for i := range w.cand.Parts {
		switch p := &w.cand.Parts[i]; p.Kind {
		case ir.PartRefusal:
			dst, worded = append(dst, p.Text...), true
		case ir.PartText:
			said = said || p.Text != ""
		}
	}
	if !worded && !said && w.cand.Stop.Reason == ir.StopRefusal {
		dst = append(dst, w.cand.Stop.Detail...)
	}
	if len(dst) == start+1 {
		return append(dst[:start], "null"...), worded
	}
	return append(dst, '"'), worded
}

func (w *choiceWriter) reasoning(dst []byte) []byte {
	first := true
	for i := range w.cand.Parts {
		p := &w.cand.Parts[i]
		if p.Kind != ir.PartThinking || p.Text == "" {
			continue
		}
		if first {
			dst = append(dst, `,"reasoning_content":"`...)
		} else {
			dst = append(dst, `\n\n`...)
		}
		dst, first = append(dst, p.Text...), false
	}
	if first {
		return dst
	}
	return append(dst, '"')
}

func (w *choiceWriter) toolCalls(dst []byte) []byte {
	first := true
	for i := range w.cand.Parts {
		p := &w.cand.Parts[i]
		if p.Kind != ir.PartToolCall {
			continue
		}
		if first {
			dst = append(dst, `,"tool_calls":[{`...)
		} else {
			dst = append(dst, `,{`...)
		}
		first = false
		dst = appendCallHead(dst, p.Call, w.trip)
		if p.Call.Type == ir.TypeCustom {
			dst = append(dst, p.Call.Args.Text...)
		} else {
			dst = p.Call.Args.AppendString(dst)
		}
		dst = append(dst, `"}`...)
		if p.Sig != nil && p.Sig.Family == ir.SigGemini {
			dst = appendSignature(dst, p.Sig.Value)
		}
		dst = append(dst, '}')
	}
	if first {
		return dst
	}
	return append(dst, ']')
}

// appendCallHead appends a call's members up to the opening quote of its
// arguments.
func appendCallHead(dst []byte, c *ir.ToolCall, trip *ir.Trip) []byte {
	id := c.ID
	if id == "" {
		id = trip.NewID("call_")
	}
	dst = appendString(dst, "id", id)
	if c.Type == ir.TypeCustom {
		dst = append(dst, `,"type":"custom","custom":{"name":`...)
		return append(ir.AppendQuoted(dst, c.Name), `,"input":"`...)
	}
	dst = append(dst, `,"type":"function","function":{"name":`...)
	return append(ir.AppendQuoted(dst, c.Name), `,"arguments":"`...)
}

// functionCall writes the first call for clients of the deprecated functions,
// who know no second one.
func (w *choiceWriter) functionCall(dst []byte) []byte {
	for i := range w.cand.Parts {
		p := &w.cand.Parts[i]
		if p.Kind != ir.PartToolCall {
			continue
		}
		dst = append(dst, `,"function_call":{"name":`...)
		dst = append(ir.AppendQuoted(dst, p.Call.Name), `,"arguments":"`...)
		return append(p.Call.AppendString(dst), `"}`...)
	}
	return dst
}

// annotations writes citations with offsets into the joined text.
func (w *choiceWriter) annotations(dst []byte) []byte {
	first := true
	offset := 0
	for i := range w.cand.Parts {
		p := &w.cand.Parts[i]
		if p.Kind != ir.PartText {
			continue
		}
		for j := range p.Citations {
			c := &p.Citations[j]
			if c.URL == "" {
				continue
			}
			if first {
				dst = append(dst, `,"annotations":[`...)
			} else {
				dst = append(dst, ',')
			}
			dst, first = appendCitation(dst, c, offset, offset+runes(p.Text)), false
		}
		offset += runes(p.Text)
	}
	if first {
		return dst
	}
	return append(dst, ']')
}

// appendCitation appends a url_citation. base is where the cited part begins in
// the answer's text and end where it ends, for citations that give no place.
func appendCitation(dst []byte, c *ir.Citation, base, end int) []byte {
	from, to := base, end
	if c.Start >= 0 {
		from = base + c.Start
	}
	if c.End >= 0 {
		to = base + c.End
	}
	dst = append(dst, `{"type":"url_citation","url_citation":{"start_index":`...)
	dst = append(appendInt(dst, int64(from)), `,"end_index":`...)
	dst = append(appendInt(dst, int64(to)), `,"url":`...)
	dst = append(c.URL.AppendJSON(dst), `,"title":`...)
	return append(c.Title.AppendJSON(dst), "}}"...)
}

// runes is the number of characters in a text.
func runes(t ir.Text) int {
	if strings.IndexByte(string(t), '\\') < 0 {
		return utf8.RuneCountInString(string(t))
	}
	return utf8.RuneCountInString(t.String())
}

func (w *choiceWriter) media(dst []byte) []byte {
	for i := range w.cand.Parts {
		if p := &w.cand.Parts[i]; p.Kind == ir.PartAudio {
			dst = append(dst, `,"audio":{"id":`...)
			dst = ir.AppendQuoted(dst, audioID(p.Media, w.trip))
			dst = append(dst, `,"data":`...)
			dst = append(p.Media.Data.AppendJSON(dst), `,"expires_at":`...)
			dst = append(appendInt(dst, w.created+audioLife), `,"transcript":`...)
			dst = append(p.Media.Transcript.AppendJSON(dst), '}')
			break
		}
	}
	first := true
	for i := range w.cand.Parts {
		p := &w.cand.Parts[i]
		if p.Kind != ir.PartImage {
			continue
		}
		if first {
			dst = append(dst, `,"images":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst, first = appendImage(dst, p.Media), false
	}
	if first {
		return dst
	}
	return append(dst, ']')
}

// audioLife is how long, in seconds, an answer's audio is said to be kept.
const audioLife = 3600

func audioID(m *ir.Media, trip *ir.Trip) string {
	if m.ID == "" {
		return trip.NewID("audio_")
	}
	return m.ID
}

func appendImage(dst []byte, m *ir.Media) []byte {
	dst = append(dst, `{"type":"image_url","image_url":{"url":`...)
	return append(appendLocator(dst, m), "}}"...)
}

func (w *choiceWriter) logprobs(dst []byte) []byte {
	var list []ir.TokenLogprob
	for i := range w.cand.Parts {
		if p := &w.cand.Parts[i]; p.Kind == ir.PartText {
			list = append(list, p.Logprobs...)
		}
	}
	if len(list) == 0 {
		return append(dst, "null"...)
	}
	return appendLogprobs(dst, list)
}

package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// geminiSpeaker writes answers of the Gemini API.
type geminiSpeaker struct {
	gemini
	simulator *Simulator
	events    bool // server-sent events were asked for, instead of one JSON array
	wrapped   bool // answers are in the envelope of Code Assist
	claude    bool // it is Claude who answers, behind Antigravity
}

// geminiWrapped is the envelope of Code Assist.
type geminiWrapped struct {
	Response geminiAnswer `json:"response"`
	TraceID  string       `json:"traceId"`
}

// envelope puts an answer into its envelope, if there is one. Errors stand in none.
func (sp geminiSpeaker) envelope(v any) any {
	a, ok := v.(geminiAnswer)
	if !ok || !sp.wrapped {
		return v
	}
	return geminiWrapped{a, "trace-" + a.ResponseID}
}

type geminiAnswer struct {
	Candidates     []geminiCandidate `json:"candidates,omitempty"`
	PromptFeedback *promptFeedback   `json:"promptFeedback,omitempty"`
	UsageMetadata  geminiUsage       `json:"usageMetadata"`
	ModelVersion   string            `json:"modelVersion"`
	CreateTime     string            `json:"createTime"`
	ResponseID     string            `json:"responseId"`
}

type geminiCandidate struct {
	Content      geminiAnswerContent `json:"content"`
	FinishReason string              `json:"finishReason,omitempty"`
	Index        int                 `json:"index"`
}

type geminiAnswerContent struct {
	Parts []geminiAnswerPart `json:"parts,omitempty"`
	Role  string             `json:"role"`
}

type geminiAnswerPart struct {
	Text             *string           `json:"text,omitempty"`
	Thought          bool              `json:"thought,omitempty"`
	FunctionCall     *geminiAnswerCall `json:"functionCall,omitempty"`
	ThoughtSignature string            `json:"thoughtSignature,omitempty"`
}

type geminiAnswerCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type promptFeedback struct {
	BlockReason string `json:"blockReason"`
}

type geminiUsage struct {
	PromptTokenCount        int             `json:"promptTokenCount"`
	CachedContentTokenCount int             `json:"cachedContentTokenCount,omitempty"`
	CandidatesTokenCount    int             `json:"candidatesTokenCount,omitempty"`
	ThoughtsTokenCount      int             `json:"thoughtsTokenCount,omitempty"`
	TotalTokenCount         int             `json:"totalTokenCount"`
	PromptTokensDetails     []modalityCount `json:"promptTokensDetails"`
}

type modalityCount struct {
	Modality   string `json:"modality"`
	TokenCount int    `json:"tokenCount"`
}

// geminiFinishes are the finish reasons.
var geminiFinishes = map[stop]string{
	stopEnd: "STOP", stopLength: "MAX_TOKENS", stopSequence: "STOP", stopCalls: "STOP", stopRefused: "SAFETY", stopFiltered: "SAFETY",
}

func (sp geminiSpeaker) answer(p *plan) geminiAnswer {
	id := p.id
	if sp.claude {
		id = "msg_vrtx_" + id
	}
	return geminiAnswer{
		ModelVersion: p.model, CreateTime: p.created.UTC().Format(time.RFC3339), ResponseID: id,
		UsageMetadata: geminiUsage{
			PromptTokenCount: p.usage.input, CachedContentTokenCount: p.usage.cacheRead,
			CandidatesTokenCount: p.usage.output - p.usage.reasoning, ThoughtsTokenCount: p.usage.reasoning,
			TotalTokenCount: p.usage.input + p.usage.output, PromptTokensDetails: []modalityCount{{"TEXT", p.usage.input}},
		},
	}
}

func (sp geminiSpeaker) whole(p *plan) any { return sp.envelope(sp.wholeAnswer(p)) }

func (sp geminiSpeaker) wholeAnswer(p *plan) geminiAnswer {
	a := sp.answer(p)
	for i, x := range p.candidates {
		if x.stop == stopFiltered {
			a.PromptFeedback = &promptFeedback{"PROHIBITED_CONTENT"}
			return a
		}
		c := geminiCandidate{Index: i, FinishReason: geminiFinishes[x.stop], Content: geminiAnswerContent{Role: "model"}}
		if x.thought != "" && sp.shown(p) {
			c.Content.Parts = append(c.Content.Parts, geminiAnswerPart{Text: &x.thought, Thought: true, ThoughtSignature: sp.claudeSignature(p, x)})
		}
		if x.text != "" {
			c.Content.Parts = append(c.Content.Parts, geminiAnswerPart{Text: &x.text, ThoughtSignature: sp.textSignature(p, x)})
		}
		for n := range x.calls {
			c.Content.Parts = append(c.Content.Parts, sp.callPart(p, i, n))
		}
		a.Candidates = append(a.Candidates, c)
	}
	return a
}

func (sp geminiSpeaker) shown(p *plan) bool { return p.reasoning.shown || p.wishes.aloud }

// textSignature signs the text of an answer that was thought about and calls nothing.
func (sp geminiSpeaker) textSignature(p *plan, x candidate) string {
	if !p.reasoning.sealed || len(x.calls) > 0 || sp.claude {
		return ""
	}
	return sp.simulator.signer.sign(signedText, p.id, "")
}

// callPart is a call; the first one of parallel calls is signed, and only Gemini 3 gives ids.
func (sp geminiSpeaker) callPart(p *plan, i, n int) geminiAnswerPart {
	k := p.candidates[i].calls[n]
	part := geminiAnswerPart{FunctionCall: &geminiAnswerCall{Name: k.tool.name, Args: json.RawMessage(k.arguments)}}
	switch {
	case sp.claude:
		part.FunctionCall.ID = "toolu_vrtx_" + k.id[:16]
		return part
	case geminiVersion(p.model) >= 300:
		part.FunctionCall.ID = k.id[:8]
	}
	if n == 0 && p.reasoning.sealed {
		part.ThoughtSignature = sp.simulator.signer.sign(signedCall, p.id, callContent(k.tool.name, k.arguments))
	}
	return part
}

func (sp geminiSpeaker) stream(w http.ResponseWriter, p *plan) streamWriter {
	s := &geminiStream{speaker: sp, w: w, plan: p}
	if sp.events {
		s.out = newEvents(w, "\r\n")
		return s
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	return s
}

// geminiStream writes chunks, each of them an answer with a part of the parts.
type geminiStream struct {
	speaker geminiSpeaker
	w       http.ResponseWriter
	out     events
	plan    *plan
	begun   bool // the array has its first element
}

func (s *geminiStream) send(v any) {
	v = s.speaker.envelope(v)
	if s.speaker.events {
		s.out.send("", v)
		return
	}
	var b bytes.Buffer
	b.WriteString(map[bool]string{false: "[", true: ",\r\n"}[s.begun])
	s.begun = true
	writeJSON(&b, v)
	s.w.Write(b.Bytes())
}

func (s *geminiStream) chunk(i int, finish string, parts ...geminiAnswerPart) {
	a := s.speaker.answer(s.plan)
	if finish == "" {
		u := a.UsageMetadata
		a.UsageMetadata = geminiUsage{PromptTokenCount: u.PromptTokenCount, TotalTokenCount: u.PromptTokenCount, PromptTokensDetails: u.PromptTokensDetails}
	}
	a.Candidates = []geminiCandidate{{geminiAnswerContent{parts, "model"}, finish, i}}
	s.send(a)
}

// begin writes nothing: Google's first chunk has content.
func (s *geminiStream) begin() {}

func (s *geminiStream) thought(i int, delta string) {
	if s.speaker.shown(s.plan) {
		s.chunk(i, "", geminiAnswerPart{Text: &delta, Thought: true})
	}
}

// endThought signs the thought where it is Claude's: Gemini signs what follows.
func (s *geminiStream) endThought(i int) {
	if signature := s.speaker.claudeSignature(s.plan, s.plan.candidates[i]); signature != "" {
		empty := ""
		s.chunk(i, "", geminiAnswerPart{Text: &empty, Thought: true, ThoughtSignature: signature})
	}
}

func (s *geminiStream) text(i int, delta string) { s.chunk(i, "", geminiAnswerPart{Text: &delta}) }

func (s *geminiStream) refusal(int, string) {}

func (s *geminiStream) call(int, int) {}

// arguments writes nothing: a call is one part.
func (s *geminiStream) arguments(int, int, string) {}

func (s *geminiStream) endCall(i, n int) { s.chunk(i, "", s.speaker.callPart(s.plan, i, n)) }

func (s *geminiStream) stop(i int) {
	x := s.plan.candidates[i]
	if x.stop == stopFiltered {
		a := s.speaker.answer(s.plan)
		a.PromptFeedback = &promptFeedback{"PROHIBITED_CONTENT"}
		s.send(a)
		return
	}
	finish := geminiFinishes[x.stop]
	if s.speaker.claude && x.stop == stopCalls {
		finish = "OTHER"
	}
	if s.speaker.claude || x.stop == stopRefused || x.text == "" && len(x.calls) == 0 {
		s.chunk(i, finish)
		return
	}
	empty := ""
	s.chunk(i, finish, geminiAnswerPart{Text: &empty, ThoughtSignature: s.speaker.textSignature(s.plan, x)})
}

func (s *geminiStream) end() {
	if !s.speaker.events {
		s.w.Write([]byte("]"))
	}
}

func (s *geminiStream) fail(*apiError) {
	overloaded := &apiError{status: http.StatusServiceUnavailable, message: demandedMessages[http.StatusServiceUnavailable]}
	s.send(overloaded.gemini())
	s.end()
}

func (s *geminiStream) garbage() {
	if s.speaker.events {
		s.out.raw("data: {\"candidates\": [{\"content\r\n\r\n")
		return
	}
	s.w.Write([]byte("[{\"candidates\": [{\"content"))
}

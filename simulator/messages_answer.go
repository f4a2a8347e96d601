package simulator

import (
	"encoding/json"
	"net/http"
)

// messageSpeaker writes answers of Anthropic's Messages API.
type messageSpeaker struct {
	anthropic
	simulator *Simulator
}

type anthropicAnswer struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Role         string         `json:"role"`
	Model        string         `json:"model"`
	Content      []any          `json:"content"`
	StopReason   *string        `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	StopDetails  *refusalDetail `json:"stop_details,omitempty"`
	Usage        anthropicUsage `json:"usage"`
}

type refusalDetail struct {
	Type        string `json:"type"`
	Category    string `json:"category"`
	Explanation string `json:"explanation"`
}

type anthropicUsage struct {
	InputTokens              int                   `json:"input_tokens"`
	CacheCreationInputTokens int                   `json:"cache_creation_input_tokens"`
	CacheReadInputTokens     int                   `json:"cache_read_input_tokens"`
	CacheCreation            cacheCreation         `json:"cache_creation"`
	OutputTokens             int                   `json:"output_tokens"`
	OutputDetails            *anthropicOutputUsage `json:"output_tokens_details,omitempty"`
	ServiceTier              string                `json:"service_tier"`
}

type anthropicOutputUsage struct {
	ThinkingTokens int `json:"thinking_tokens"`
}

type cacheCreation struct {
	Ephemeral5m int `json:"ephemeral_5m_input_tokens"`
	Ephemeral1h int `json:"ephemeral_1h_input_tokens"`
}

type textContent struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingContent struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type redactedContent struct {
	Type string `json:"type"`
	Data string `json:"data"`
}

type toolUseContent struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

// anthropicStops are the stop reasons.
var anthropicStops = map[stop]string{
	stopEnd: "end_turn", stopLength: "max_tokens", stopSequence: "stop_sequence", stopCalls: "tool_use",
	stopRefused: "refusal", stopFiltered: "refusal",
}

func anthropicUsageOf(u usage) anthropicUsage {
	usage := anthropicUsage{
		InputTokens: u.input - u.cacheRead - u.cacheWrite, CacheCreationInputTokens: u.cacheWrite, CacheReadInputTokens: u.cacheRead,
		CacheCreation: cacheCreation{Ephemeral5m: u.cacheWrite}, OutputTokens: u.output, ServiceTier: "standard",
	}
	if u.reasoning > 0 {
		usage.OutputDetails = &anthropicOutputUsage{u.reasoning}
	}
	return usage
}

func (sp messageSpeaker) empty(p *plan) anthropicAnswer {
	return anthropicAnswer{ID: "msg_" + p.id[:24], Type: "message", Role: "assistant", Model: p.model, Content: []any{}, Usage: anthropicUsageOf(p.usage)}
}

func (sp messageSpeaker) whole(p *plan) any {
	a, x := sp.empty(p), p.candidates[0]
	if x.thought != "" {
		a.Content = append(a.Content, sp.thinking(p))
	}
	if text := x.text + x.refusal; text != "" {
		a.Content = append(a.Content, textContent{"text", text})
	}
	for n, k := range x.calls {
		a.Content = append(a.Content, sp.toolUse(p, n, k.arguments))
	}
	reason := anthropicStops[x.stop]
	a.StopReason, a.StopSequence, a.StopDetails = &reason, orNil(x.stoppedAt), detailOf(x.stop)
	return a
}

// detailOf explains a refusal.
func detailOf(s stop) *refusalDetail {
	if s != stopRefused && s != stopFiltered {
		return nil
	}
	return &refusalDetail{"refusal", "general_harms", "The simulator was asked to refuse."}
}

// thinking is the block of the thought, with the text that is shown.
func (sp messageSpeaker) thinking(p *plan) any {
	if p.wishes.redacted {
		return redactedContent{"redacted_thinking", sp.simulator.signer.sign(signedRedacted, p.id, "")}
	}
	text := p.shownThought()
	return thinkingContent{"thinking", text, sp.simulator.signer.sign(signedThought, p.id, text)}
}

// shownThought is the thought's text if it is shown.
func (p *plan) shownThought() string {
	if p.reasoning.shown || p.wishes.aloud {
		return p.candidates[0].thought
	}
	return ""
}

func (sp messageSpeaker) toolUse(p *plan, n int, input string) toolUseContent {
	k := p.candidates[0].calls[n]
	return toolUseContent{"tool_use", "toolu_" + k.id, k.tool.name, json.RawMessage(input)}
}

func (sp messageSpeaker) stream(w http.ResponseWriter, p *plan) streamWriter {
	return &messageStream{speaker: sp, out: newEvents(w, "\n"), plan: p}
}

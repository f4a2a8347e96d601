package simulator

import "net/http"

// chatSpeaker writes answers of Chat Completions.
type chatSpeaker struct {
	openAI
	usageAsked bool
	functions  bool // the request has functions instead of tools
}

type chatCompletion struct {
	ID                string       `json:"id"`
	Object            string       `json:"object"`
	Created           int64        `json:"created"`
	Model             string       `json:"model"`
	Choices           []chatChoice `json:"choices"`
	Usage             chatUsage    `json:"usage"`
	ServiceTier       string       `json:"service_tier"`
	SystemFingerprint string       `json:"system_fingerprint"`
}

type chatChoice struct {
	Index        int            `json:"index"`
	Message      chatAnswer     `json:"message"`
	Logprobs     *chatLogprobs  `json:"logprobs"`
	FinishReason chatFinishName `json:"finish_reason"`
}

type chatAnswer struct {
	Role             string         `json:"role"`
	Content          *string        `json:"content"`
	Refusal          *string        `json:"refusal"`
	ReasoningContent string         `json:"reasoning_content,omitempty"`
	Annotations      []struct{}     `json:"annotations"`
	ToolCalls        []chatToolCall `json:"tool_calls,omitempty"`
	FunctionCall     *chatNamedCall `json:"function_call,omitempty"`
}

// chatLogprobs are never filled: the simulator has no probabilities.
type chatLogprobs struct{}

type chatFinishName string

type chatToolCall struct {
	Index    *int           `json:"index,omitempty"` // in streams only
	ID       string         `json:"id,omitempty"`
	Type     string         `json:"type,omitempty"`
	Function *chatNamedCall `json:"function,omitempty"`
	Custom   *chatCustom    `json:"custom,omitempty"`
}

type chatNamedCall struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type chatCustom struct {
	Name  string `json:"name,omitempty"`
	Input string `json:"input"`
}

type chatUsage struct {
	PromptTokens        int               `json:"prompt_tokens"`
	CompletionTokens    int               `json:"completion_tokens"`
	TotalTokens         int               `json:"total_tokens"`
	PromptTokensDetails chatPromptDetails `json:"prompt_tokens_details"`
	CompletionDetails   chatOutputDetails `json:"completion_tokens_details"`
}

type chatPromptDetails struct {
	CachedTokens int `json:"cached_tokens"`
	AudioTokens  int `json:"audio_tokens"`
}

type chatOutputDetails struct {
	ReasoningTokens          int `json:"reasoning_tokens"`
	AudioTokens              int `json:"audio_tokens"`
	AcceptedPredictionTokens int `json:"accepted_prediction_tokens"`
	RejectedPredictionTokens int `json:"rejected_prediction_tokens"`
}

// fingerprint is what the simulator calls itself.
const fingerprint = "fp_simulator"

// chatFinish are the finish reasons.
var chatFinish = map[stop]chatFinishName{
	stopEnd: "stop", stopLength: "length", stopSequence: "stop", stopCalls: "tool_calls",
	stopRefused: "stop", stopFiltered: "content_filter",
}

func (sp chatSpeaker) finish(s stop) chatFinishName {
	if s == stopCalls && sp.functions {
		return "function_call"
	}
	return chatFinish[s]
}

func chatUsageOf(u usage) chatUsage {
	return chatUsage{
		PromptTokens: u.input, CompletionTokens: u.output, TotalTokens: u.input + u.output,
		PromptTokensDetails: chatPromptDetails{CachedTokens: u.cacheRead},
		CompletionDetails:   chatOutputDetails{ReasoningTokens: u.reasoning},
	}
}

func (sp chatSpeaker) whole(p *plan) any {
	answer := chatCompletion{
		ID: "chatcmpl-" + p.id, Object: "chat.completion", Created: p.created.Unix(), Model: p.model,
		Usage: chatUsageOf(p.usage), ServiceTier: "default", SystemFingerprint: fingerprint,
	}
	for i, x := range p.candidates {
		answer.Choices = append(answer.Choices, chatChoice{Index: i, Message: sp.message(p, x), FinishReason: sp.finish(x.stop)})
	}
	return answer
}

func (sp chatSpeaker) message(p *plan, x candidate) chatAnswer {
	m := chatAnswer{Role: "assistant", Refusal: orNil(x.refusal), Annotations: []struct{}{}}
	if x.refusal == "" && len(x.calls) == 0 {
		m.Content = &x.text
	}
	if p.wishes.aloud {
		m.ReasoningContent = x.thought
	}
	for _, k := range x.calls {
		if sp.functions {
			m.FunctionCall = &chatNamedCall{k.tool.name, k.arguments}
			break
		}
		m.ToolCalls = append(m.ToolCalls, chatCallOf(k, k.arguments))
	}
	return m
}

func chatCallOf(k call, arguments string) chatToolCall {
	if k.tool.custom {
		return chatToolCall{ID: "call_" + k.id, Type: "custom", Custom: &chatCustom{k.tool.name, arguments}}
	}
	return chatToolCall{ID: "call_" + k.id, Type: "function", Function: &chatNamedCall{k.tool.name, arguments}}
}

func (sp chatSpeaker) stream(w http.ResponseWriter, p *plan) streamWriter {
	return &chatStream{speaker: sp, out: newEvents(w, "\n"), plan: p}
}

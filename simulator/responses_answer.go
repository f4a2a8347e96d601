package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// responseSpeaker writes answers of the Responses API to one request.
type responseSpeaker struct {
	openAI
	simulator *Simulator
	request   gjson.Result
	items     []gjson.Result
	sealed    bool // the encrypted reasoning was asked for
	summary   bool // so was its summary
	isStored  bool
}

// responseObject is a response with every member that the vendor's schema requires, and the echoes of the request.
type responseObject struct {
	ID                 string          `json:"id"`
	Object             string          `json:"object"`
	CreatedAt          int64           `json:"created_at"`
	Status             string          `json:"status"`
	Background         bool            `json:"background"`
	CompletedAt        *int64          `json:"completed_at"`
	Error              *responseError  `json:"error"`
	IncompleteDetails  *incomplete     `json:"incomplete_details"`
	Instructions       json.RawMessage `json:"instructions"`
	MaxOutputTokens    json.RawMessage `json:"max_output_tokens"`
	MaxToolCalls       json.RawMessage `json:"max_tool_calls"`
	Model              string          `json:"model"`
	Output             []any           `json:"output"`
	ParallelToolCalls  bool            `json:"parallel_tool_calls"`
	PreviousResponseID json.RawMessage `json:"previous_response_id"`
	PromptCacheKey     json.RawMessage `json:"prompt_cache_key"`
	Reasoning          reasoningEcho   `json:"reasoning"`
	SafetyIdentifier   json.RawMessage `json:"safety_identifier"`
	ServiceTier        string          `json:"service_tier"`
	Store              bool            `json:"store"`
	Temperature        json.RawMessage `json:"temperature"`
	Text               json.RawMessage `json:"text"`
	ToolChoice         json.RawMessage `json:"tool_choice"`
	Tools              json.RawMessage `json:"tools"`
	TopLogprobs        json.RawMessage `json:"top_logprobs"`
	TopP               json.RawMessage `json:"top_p"`
	Truncation         json.RawMessage `json:"truncation"`
	AccessPrograms     json.RawMessage `json:"access_programs"`
	Usage              *responseUsage  `json:"usage"`
	User               json.RawMessage `json:"user"`
	Metadata           json.RawMessage `json:"metadata"`
}

type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type incomplete struct {
	Reason string `json:"reason"`
}

type reasoningEcho struct {
	Effort  json.RawMessage `json:"effort"`
	Summary json.RawMessage `json:"summary"`
}

type responseUsage struct {
	InputTokens        int                   `json:"input_tokens"`
	InputTokensDetails responseInputDetails  `json:"input_tokens_details"`
	OutputTokens       int                   `json:"output_tokens"`
	OutputDetails      responseOutputDetails `json:"output_tokens_details"`
	TotalTokens        int                   `json:"total_tokens"`
}

type responseInputDetails struct {
	CachedTokens     int `json:"cached_tokens"`
	CacheWriteTokens int `json:"cache_write_tokens"`
}

type responseOutputDetails struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

type messageItem struct {
	ID      string        `json:"id"`
	Type    string        `json:"type"`
	Status  string        `json:"status"`
	Role    string        `json:"role"`
	Content []contentPart `json:"content"`
}

type contentPart struct {
	Type        string     `json:"type"`
	Annotations []struct{} `json:"annotations,omitzero"`
	Logprobs    []struct{} `json:"logprobs,omitzero"`
	Text        *string    `json:"text,omitempty"`
	Refusal     *string    `json:"refusal,omitempty"`
}

func outputText(text string) contentPart {
	return contentPart{Type: "output_text", Annotations: []struct{}{}, Logprobs: []struct{}{}, Text: &text}
}

func outputRefusal(text string) contentPart { return contentPart{Type: "refusal", Refusal: &text} }

type reasoningItem struct {
	ID               string        `json:"id"`
	Type             string        `json:"type"`
	Summary          []contentPart `json:"summary"`
	EncryptedContent *string       `json:"encrypted_content,omitempty"`
}

type callItem struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"`
	Status    string  `json:"status"`
	CallID    string  `json:"call_id"`
	Name      string  `json:"name"`
	Namespace string  `json:"namespace,omitempty"`
	Arguments *string `json:"arguments,omitempty"`
	Input     *string `json:"input,omitempty"`
}

// echo is a member of the request as it was sent, or a default.
func (sp *responseSpeaker) echo(name, otherwise string) json.RawMessage {
	if v := sp.request.Get(name); v.Exists() && v.Type != gjson.Null {
		return json.RawMessage(v.Raw)
	}
	return json.RawMessage(otherwise)
}

// object is the response before anything was answered.
func (sp *responseSpeaker) object(p *plan) responseObject {
	return responseObject{
		ID: "resp_" + p.id, Object: "response", CreatedAt: p.created.Unix(), Status: "in_progress", Model: p.model, Output: []any{},
		Instructions: sp.echo("instructions", "null"), MaxOutputTokens: sp.echo("max_output_tokens", "null"),
		MaxToolCalls: sp.echo("max_tool_calls", "null"), ParallelToolCalls: sp.request.Get("parallel_tool_calls").Type != gjson.False,
		PreviousResponseID: sp.echo("previous_response_id", "null"), PromptCacheKey: sp.echo("prompt_cache_key", "null"),
		Reasoning:        reasoningEcho{sp.echo("reasoning.effort", "null"), sp.echo("reasoning.summary", "null")},
		SafetyIdentifier: sp.echo("safety_identifier", "null"), ServiceTier: "default", Store: sp.isStored,
		Temperature: sp.echo("temperature", "1"), Text: sp.echo("text", `{"format":{"type":"text"}}`),
		ToolChoice: sp.echo("tool_choice", `"auto"`), Tools: sp.echo("tools", "[]"), TopLogprobs: sp.echo("top_logprobs", "0"),
		TopP: sp.echo("top_p", "1"), Truncation: sp.echo("truncation", `"disabled"`), AccessPrograms: sp.echo("access_programs", "null"),
		User: sp.echo("user", "null"), Metadata: sp.echo("metadata", "{}"),
	}
}

// finished is the response with its output, and keeps it if it is to be stored.
func (sp *responseSpeaker) finished(p *plan) responseObject {
	o := sp.object(p)
	now := time.Now().Unix()
	x := p.candidates[0]
	o.Status, o.CompletedAt, o.Output = "completed", &now, sp.output(p)
	switch x.stop {
	case stopLength:
		o.Status, o.CompletedAt, o.IncompleteDetails = "incomplete", nil, &incomplete{"max_output_tokens"}
	case stopFiltered:
		o.Status, o.CompletedAt, o.IncompleteDetails = "incomplete", nil, &incomplete{"content_filter"}
	}
	o.Usage = &responseUsage{
		InputTokens: p.usage.input, InputTokensDetails: responseInputDetails{CachedTokens: p.usage.cacheRead},
		OutputTokens: p.usage.output, OutputDetails: responseOutputDetails{p.usage.reasoning}, TotalTokens: p.usage.input + p.usage.output,
	}
	if sp.isStored {
		sp.keep(o)
	}
	return o
}

func (sp *responseSpeaker) keep(o responseObject) {
	body, err := json.Marshal(o)
	if err != nil {
		return
	}
	output := gjson.GetBytes(body, "output").Array()
	items := append(append([]gjson.Result{}, sp.items...), output...)
	sp.simulator.responses.put(o.ID, storedResponse{body, items, len(sp.items)})
	for _, item := range output {
		sp.simulator.items.put(item.Get("id").String(), item.Raw)
	}
}

// output are the items of the answer, complete.
func (sp *responseSpeaker) output(p *plan) []any {
	x := p.candidates[0]
	items := []any{}
	if x.thought != "" {
		items = append(items, sp.reasoning(p, x))
	}
	if x.text != "" || x.refusal != "" {
		items = append(items, sp.message(p, x))
	}
	for n := range x.calls {
		items = append(items, sp.callItem(p, n, x.calls[n].arguments, "completed"))
	}
	return items
}

func (sp *responseSpeaker) message(p *plan, x candidate) messageItem {
	m := messageItem{ID: "msg_" + p.id, Type: "message", Status: "completed", Role: "assistant"}
	if x.stop == stopLength {
		m.Status = "incomplete"
	}
	if x.refusal != "" {
		m.Content = append(m.Content, outputRefusal(x.refusal))
		return m
	}
	m.Content = append(m.Content, outputText(x.text))
	return m
}

func (sp *responseSpeaker) reasoning(p *plan, x candidate) reasoningItem {
	item := reasoningItem{ID: "rs_" + p.id, Type: "reasoning", Summary: []contentPart{}}
	if sp.summary || p.wishes.aloud {
		item.Summary = append(item.Summary, contentPart{Type: "summary_text", Text: &x.thought})
	}
	if sp.sealed {
		sealed := sp.simulator.signer.sign(signedReasoning, p.id, "")
		item.EncryptedContent = &sealed
	}
	return item
}

func (sp *responseSpeaker) callItem(p *plan, n int, arguments, status string) callItem {
	k := p.candidates[0].calls[n]
	item := callItem{
		ID: fmt.Sprintf("fc_%s%02x", p.id, n), Type: "function_call", Status: status, CallID: "call_" + k.id,
		Name: k.tool.name, Namespace: k.tool.namespace,
	}
	if k.tool.custom {
		item.ID, item.Type, item.Input = strings.Replace(item.ID, "fc_", "ctc_", 1), "custom_tool_call", &arguments
		return item
	}
	item.Arguments = &arguments
	return item
}

func (sp *responseSpeaker) whole(p *plan) any { return sp.finished(p) }

func (sp *responseSpeaker) stream(w http.ResponseWriter, p *plan) streamWriter {
	return &responseStream{speaker: sp, out: newEvents(w, "\n"), plan: p}
}

package sdktest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/shared"
)

// chatClient is openai-go with Chat Completions.
type chatClient struct{ api openai.Client }

func newChatClient(_ testing.TB, rec *recorder, host string) client {
	return &chatClient{openai.NewClient(
		option.WithBaseURL("http://"+host+"/v1"), option.WithAPIKey(key), option.WithHTTPClient(rec.client()), option.WithMaxRetries(0),
	)}
}

func (*chatClient) Dialect() string { return "chat" }

func (c *chatClient) params(a ask) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Model: a.Model}
	if a.System != "" {
		p.Messages = append(p.Messages, openai.SystemMessage(a.System))
	}
	for _, t := range a.Turns {
		p.Messages = append(p.Messages, chatMessages(t)...)
	}
	for _, t := range a.Tools {
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: t.Name, Description: openai.String(t.Description), Parameters: t.Parameters,
		}))
	}
	if a.Force {
		p.ToolChoice.OfAuto = openai.String("required")
	}
	if a.MaxTokens > 0 {
		p.MaxCompletionTokens = openai.Int(int64(a.MaxTokens))
	}
	if len(a.Stop) > 0 {
		p.Stop.OfStringArray = a.Stop
	}
	if a.Schema != nil {
		p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Schema: a.Schema},
		}
	}
	if a.Think {
		p.ReasoningEffort = shared.ReasoningEffortMedium
	}
	return p
}

func chatMessages(t turn) []openai.ChatCompletionMessageParamUnion {
	switch {
	case t.Reply != nil:
		m := t.Reply.native.(openai.ChatCompletionMessage)
		return []openai.ChatCompletionMessageParamUnion{m.ToParam()}
	case t.Results != nil:
		var all []openai.ChatCompletionMessageParamUnion
		for _, r := range t.Results {
			all = append(all, openai.ToolMessage(r.Output, r.Call.ID))
		}
		return all
	case t.Image != nil:
		return []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
			openai.TextContentPart(t.User),
			openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{
				URL: "data:image/png;base64," + base64.StdEncoding.EncodeToString(t.Image),
			}),
		})}
	}
	return []openai.ChatCompletionMessageParamUnion{openai.UserMessage(t.User)}
}

// Send asks for a whole answer.
func (c *chatClient) Send(ctx context.Context, a ask) (*reply, error) {
	done, err := c.api.Chat.Completions.New(ctx, c.params(a))
	if err != nil {
		return nil, err
	}
	return chatReply(done), nil
}

// Stream asks for a streamed answer.
func (c *chatClient) Stream(ctx context.Context, a ask, each func()) (*reply, error) {
	p := c.params(a)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := c.api.Chat.Completions.NewStreaming(ctx, p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	thinking := ""
	for stream.Next() {
		chunk := stream.Current()
		if !acc.AddChunk(chunk) {
			return nil, fmt.Errorf("the accumulator refuses %s", chunk.RawJSON())
		}
		if len(chunk.Choices) > 0 {
			thinking += extraText(chunk.Choices[0].Delta.RawJSON())
		}
		if each != nil {
			each()
		}
	}
	r := chatReply(&acc.ChatCompletion)
	r.Thinking = thinking
	return r, stream.Err()
}

// extraText is the member that Chat Completions does not have but many servers and clients know.
func extraText(raw string) string {
	var extra struct {
		ReasoningContent string `json:"reasoning_content"`
	}
	_ = json.Unmarshal([]byte(raw), &extra)
	return extra.ReasoningContent
}

func chatReply(c *openai.ChatCompletion) *reply {
	r := &reply{Usage: usage{
		c.Usage.PromptTokens, c.Usage.CompletionTokens, c.Usage.PromptTokensDetails.CachedTokens, c.Usage.CompletionTokensDetails.ReasoningTokens,
	}}
	if len(c.Choices) == 0 {
		return r
	}
	m := c.Choices[0].Message
	r.Text, r.Refusal, r.Stop, r.native = m.Content, m.Refusal, c.Choices[0].FinishReason, m
	r.Thinking = extraText(m.RawJSON())
	for _, t := range m.ToolCalls {
		r.Calls = append(r.Calls, call{t.ID, t.Function.Name, t.Function.Arguments})
	}
	return r
}

// Failure reads an error of either of OpenAI's APIs.
func (*chatClient) Failure(err error) (failure, bool) { return openAIFailure(err) }

func openAIFailure(err error) (failure, bool) {
	if e, ok := errors.AsType[*openai.Error](err); ok {
		return failure{e.StatusCode, e.Type, e.Message}, true
	}
	if e, ok := errors.AsType[*ssestream.StreamError](err); ok {
		var body struct {
			Error struct{ Type, Message string }
		}
		if json.Unmarshal(e.Event.Data, &body) != nil {
			return failure{}, false
		}
		return failure{0, body.Error.Type, body.Error.Message}, true
	}
	return failure{}, false
}

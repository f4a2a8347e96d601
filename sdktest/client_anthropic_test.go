package sdktest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// anthropicClient is anthropic-sdk-go with Messages.
type anthropicClient struct{ api anthropic.Client }

func newAnthropicClient(_ testing.TB, rec *recorder, host string) client {
	return &anthropicClient{anthropic.NewClient(
		option.WithBaseURL("http://"+host), option.WithAPIKey(key), option.WithHTTPClient(rec.client()), option.WithMaxRetries(0),
	)}
}

func (*anthropicClient) Dialect() string { return "anthropic" }

func (c *anthropicClient) params(a ask) anthropic.MessageNewParams {
	p := anthropic.MessageNewParams{Model: anthropic.Model(a.Model), MaxTokens: int64(a.MaxTokens), StopSequences: a.Stop}
	if a.MaxTokens == 0 {
		p.MaxTokens = 8000
	}
	if a.System != "" {
		p.System = []anthropic.TextBlockParam{{Text: a.System}}
	}
	for _, t := range a.Turns {
		p.Messages = append(p.Messages, anthropicMessage(t))
	}
	for _, t := range a.Tools {
		schema := anthropic.ToolInputSchemaParam{Properties: t.Parameters["properties"]}
		for _, name := range t.Parameters["required"].([]any) {
			schema.Required = append(schema.Required, name.(string))
		}
		p.Tools = append(p.Tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{
			Name: t.Name, Description: anthropic.String(t.Description), InputSchema: schema,
		}})
	}
	if a.Force {
		p.ToolChoice.OfAny = &anthropic.ToolChoiceAnyParam{}
	}
	if a.Schema != nil {
		p.OutputConfig.Format = anthropic.JSONOutputFormatParam{Schema: a.Schema}
	}
	switch {
	case !a.Think:
	case strings.Contains(a.Model, "opus-4-8"): // takes no budget
		p.Thinking.OfAdaptive = &anthropic.ThinkingConfigAdaptiveParam{Display: anthropic.ThinkingConfigAdaptiveDisplaySummarized}
	default:
		p.Thinking = anthropic.ThinkingConfigParamOfEnabled(2000)
	}
	return p
}

func anthropicMessage(t turn) anthropic.MessageParam {
	switch {
	case t.Reply != nil:
		m := t.Reply.native.(anthropic.Message)
		return m.ToParam()
	case t.Results != nil:
		var blocks []anthropic.ContentBlockParamUnion
		for _, r := range t.Results {
			blocks = append(blocks, anthropic.NewToolResultBlock(r.Call.ID, r.Output, false))
		}
		return anthropic.NewUserMessage(blocks...)
	case t.Image != nil:
		return anthropic.NewUserMessage(anthropic.NewTextBlock(t.User),
			anthropic.NewImageBlockBase64("image/png", base64.StdEncoding.EncodeToString(t.Image)))
	}
	return anthropic.NewUserMessage(anthropic.NewTextBlock(t.User))
}

// Send asks for a whole answer.
func (c *anthropicClient) Send(ctx context.Context, a ask) (*reply, error) {
	m, err := c.api.Messages.New(ctx, c.params(a))
	if err != nil {
		return nil, err
	}
	return anthropicReply(*m), nil
}

// Stream asks for a streamed answer.
func (c *anthropicClient) Stream(ctx context.Context, a ask, each func()) (*reply, error) {
	stream := c.api.Messages.NewStreaming(ctx, c.params(a))
	defer stream.Close()
	var m anthropic.Message
	for stream.Next() {
		if err := m.Accumulate(stream.Current()); err != nil {
			return nil, fmt.Errorf("the accumulator refuses %s: %w", stream.Current().RawJSON(), err)
		}
		if each != nil {
			each()
		}
	}
	return anthropicReply(m), stream.Err()
}

func anthropicReply(m anthropic.Message) *reply {
	u := m.Usage
	r := &reply{
		Stop: string(m.StopReason), StopText: m.StopSequence, native: m,
		Usage: usage{
			u.InputTokens + u.CacheReadInputTokens + u.CacheCreationInputTokens, u.OutputTokens, u.CacheReadInputTokens,
			u.OutputTokensDetails.ThinkingTokens,
		},
	}
	for _, b := range m.Content { // AsAny shows a block only once it has ended
		switch b.Type {
		case "text":
			r.Text += b.Text
		case "thinking":
			r.Thinking += b.Thinking
			r.Signed = r.Signed || b.Signature != ""
		case "redacted_thinking":
			r.Signed = true
		case "tool_use":
			r.Calls = append(r.Calls, call{b.ID, b.Name, string(b.Input)})
		}
	}
	if r.Stop == "refusal" {
		r.Refusal = r.Text
	}
	return r
}

// Failure reads an error of the API or of a stream.
func (*anthropicClient) Failure(err error) (failure, bool) {
	e, ok := errors.AsType[*anthropic.Error](err)
	if !ok {
		return failure{}, false
	}
	var body struct{ Error struct{ Message string } }
	if json.Unmarshal([]byte(e.RawJSON()), &body) != nil {
		return failure{}, false
	}
	return failure{e.StatusCode, string(e.Type()), body.Error.Message}, true
}

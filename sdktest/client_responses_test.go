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
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

// responsesClient is openai-go with Responses, which keeps the conversation itself, as Codex does.
type responsesClient struct{ api openai.Client }

func newResponsesClient(_ testing.TB, rec *recorder, host string) client {
	return &responsesClient{openai.NewClient(
		option.WithBaseURL("http://"+host+"/v1"), option.WithAPIKey(key), option.WithHTTPClient(rec.client()), option.WithMaxRetries(0),
	)}
}

func (*responsesClient) Dialect() string { return "responses" }

func (c *responsesClient) params(a ask) responses.ResponseNewParams {
	p := responses.ResponseNewParams{
		Model: a.Model, Store: openai.Bool(false), Include: []responses.ResponseIncludable{"reasoning.encrypted_content"},
	}
	if a.System != "" {
		p.Instructions = openai.String(a.System)
	}
	for _, t := range a.Turns {
		p.Input.OfInputItemList = append(p.Input.OfInputItemList, responseItems(t)...)
	}
	for _, t := range a.Tools {
		p.Tools = append(p.Tools, responses.ToolUnionParam{OfFunction: &responses.FunctionToolParam{
			Name: t.Name, Description: openai.String(t.Description), Parameters: t.Parameters, Strict: openai.Bool(false),
		}})
	}
	if a.Force {
		p.ToolChoice.OfToolChoiceMode = openai.Opt(responses.ToolChoiceOptionsRequired)
	}
	if a.MaxTokens > 0 {
		p.MaxOutputTokens = openai.Int(int64(a.MaxTokens))
	}
	if a.Schema != nil {
		p.Text.Format.OfJSONSchema = &responses.ResponseFormatTextJSONSchemaConfigParam{Name: "answer", Schema: a.Schema}
	}
	if a.Think {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffortMedium, Summary: shared.ReasoningSummaryAuto}
	}
	return p
}

func responseItems(t turn) []responses.ResponseInputItemUnionParam {
	switch {
	case t.Reply != nil:
		return t.Reply.native.([]responses.ResponseInputItemUnionParam)
	case t.Results != nil:
		var all []responses.ResponseInputItemUnionParam
		for _, r := range t.Results {
			all = append(all, responses.ResponseInputItemUnionParam{OfFunctionCallOutput: &responses.ResponseInputItemFunctionCallOutputParam{
				CallID: openai.String(r.Call.ID),
				Output: responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfString: openai.String(r.Output)},
			}})
		}
		return all
	case t.Image != nil:
		url := "data:image/png;base64," + base64.StdEncoding.EncodeToString(t.Image)
		return []responses.ResponseInputItemUnionParam{responses.ResponseInputItemParamOfMessage(responses.ResponseInputMessageContentListParam{
			{OfInputText: &responses.ResponseInputTextParam{Text: t.User}},
			{OfInputImage: &responses.ResponseInputImageParam{ImageURL: openai.String(url), Detail: responses.ResponseInputImageDetailAuto}},
		}, responses.EasyInputMessageRoleUser)}
	}
	return []responses.ResponseInputItemUnionParam{responses.ResponseInputItemParamOfMessage(t.User, responses.EasyInputMessageRoleUser)}
}

// Send asks for a whole answer.
func (c *responsesClient) Send(ctx context.Context, a ask) (*reply, error) {
	done, err := c.api.Responses.New(ctx, c.params(a))
	if err != nil {
		return nil, err
	}
	return responseReply(done), nil
}

// responseError is what a stream tells in response.failed or error.
type responseError struct{ code, message string }

func (e *responseError) Error() string { return e.code + ": " + e.message }

// Stream asks for a streamed answer.
func (c *responsesClient) Stream(ctx context.Context, a ask, each func()) (*reply, error) {
	stream := c.api.Responses.NewStreaming(ctx, c.params(a))
	defer stream.Close()
	var acc responses.ResponseAccumulator
	text := ""
	for stream.Next() {
		e := stream.Current()
		if e.Type == "response.failed" || e.Type == "error" { // whose own output overrides what came
			text = acc.Snapshot().OutputText()
		}
		var same responses.ResponsesServerEventUnion
		if err := json.Unmarshal([]byte(e.RawJSON()), &same); err != nil {
			return nil, err
		}
		if err := acc.AddEvent(same); err != nil {
			return nil, fmt.Errorf("the accumulator refuses %s: %w", e.RawJSON(), err)
		}
		if each != nil {
			each()
		}
		switch e.Type {
		case "response.failed":
			return &reply{Text: text}, &responseError{string(e.Response.Error.Code), e.Response.Error.Message}
		case "error":
			return &reply{Text: text}, &responseError{e.Code, e.Message}
		}
	}
	if err := stream.Err(); err != nil {
		return &reply{Text: acc.Snapshot().OutputText()}, err
	}
	done, err := acc.ReconstructedResponse()
	if err != nil {
		return nil, err
	}
	if got := acc.Snapshot().OutputText(); got != done.OutputText() && responseReply(done).Refusal == "" {
		return nil, fmt.Errorf("the pieces make %q, the whole is %q", got, done.OutputText())
	}
	return responseReply(done), nil
}

func responseReply(done *responses.Response) *reply {
	r := &reply{
		Text: done.OutputText(), Stop: string(done.Status),
		Usage: usage{
			done.Usage.InputTokens, done.Usage.OutputTokens, done.Usage.InputTokensDetails.CachedTokens, done.Usage.OutputTokensDetails.ReasoningTokens,
		},
	}
	if done.IncompleteDetails.Reason != "" {
		r.Stop += " " + done.IncompleteDetails.Reason
	}
	var items []responses.ResponseInputItemUnionParam
	for _, item := range done.Output {
		switch v := item.AsAny().(type) {
		case responses.ResponseReasoningItem:
			for _, s := range v.Summary {
				r.Thinking += s.Text
			}
			r.Signed = r.Signed || v.EncryptedContent != ""
			p := v.ToParam()
			items = append(items, responses.ResponseInputItemUnionParam{OfReasoning: &p})
		case responses.ResponseFunctionToolCall:
			r.Calls = append(r.Calls, call{v.CallID, v.Name, v.Arguments})
			p := v.ToParam()
			items = append(items, responses.ResponseInputItemUnionParam{OfFunctionCall: &p})
		case responses.ResponseOutputMessage:
			for _, part := range v.Content {
				r.Refusal += part.Refusal
			}
			p := v.ToParam()
			items = append(items, responses.ResponseInputItemUnionParam{OfOutputMessage: &p})
		}
	}
	r.native = items
	return r
}

// Failure reads an error of the API or of a stream.
func (*responsesClient) Failure(err error) (failure, bool) {
	if e, ok := errors.AsType[*responseError](err); ok {
		return failure{0, e.code, e.message}, true
	}
	return openAIFailure(err)
}

package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"google.golang.org/genai"
)

// geminiClient is the Google Gen AI SDK.
type geminiClient struct{ api *genai.Client }

func newGeminiClient(t testing.TB, rec *recorder, host string) client {
	api, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: rec.client(), HTTPOptions: genai.HTTPOptions{BaseURL: "http://" + host},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &geminiClient{api}
}

func (*geminiClient) Dialect() string { return "gemini" }

func (c *geminiClient) config(a ask) *genai.GenerateContentConfig {
	g := &genai.GenerateContentConfig{MaxOutputTokens: int32(a.MaxTokens), StopSequences: a.Stop}
	if a.System != "" {
		g.SystemInstruction = genai.NewContentFromText(a.System, genai.RoleUser)
	}
	if len(a.Tools) > 0 {
		g.Tools = []*genai.Tool{{}}
	}
	for _, t := range a.Tools {
		g.Tools[0].FunctionDeclarations = append(g.Tools[0].FunctionDeclarations, &genai.FunctionDeclaration{
			Name: t.Name, Description: t.Description, ParametersJsonSchema: t.Parameters,
		})
	}
	if a.Force {
		g.ToolConfig = &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{Mode: genai.FunctionCallingConfigModeAny}}
	}
	if a.Schema != nil {
		g.ResponseMIMEType, g.ResponseJsonSchema = "application/json", a.Schema
	}
	if a.Think {
		g.ThinkingConfig = &genai.ThinkingConfig{IncludeThoughts: true, ThinkingBudget: genai.Ptr(int32(2000))}
	}
	return g
}

func geminiContents(turns []turn) []*genai.Content {
	var all []*genai.Content
	for _, t := range turns {
		switch {
		case t.Reply != nil:
			all = append(all, t.Reply.native.([]*genai.Content)...)
		case t.Results != nil:
			c := &genai.Content{Role: genai.RoleUser}
			for _, r := range t.Results {
				c.Parts = append(c.Parts, &genai.Part{FunctionResponse: &genai.FunctionResponse{
					ID: r.Call.ID, Name: r.Call.Name, Response: map[string]any{"output": r.Output},
				}})
			}
			all = append(all, c)
		case t.Image != nil:
			all = append(all, genai.NewContentFromParts([]*genai.Part{
				genai.NewPartFromText(t.User), genai.NewPartFromBytes(t.Image, "image/png"),
			}, genai.RoleUser))
		default:
			all = append(all, genai.NewContentFromText(t.User, genai.RoleUser))
		}
	}
	return all
}

// Send asks for a whole answer.
func (c *geminiClient) Send(ctx context.Context, a ask) (*reply, error) {
	resp, err := c.api.Models.GenerateContent(ctx, a.Model, geminiContents(a.Turns), c.config(a))
	if err != nil {
		return nil, err
	}
	var g geminiAnswer
	g.add(resp)
	return g.reply(), nil
}

// Stream asks for a streamed answer. The contents of all chunks go back in the next turn one by one, as the SDK's own
// chats do it.
func (c *geminiClient) Stream(ctx context.Context, a ask, each func()) (*reply, error) {
	var g geminiAnswer
	for resp, err := range c.api.Models.GenerateContentStream(ctx, a.Model, geminiContents(a.Turns), c.config(a)) {
		if err != nil {
			return g.reply(), err
		}
		g.add(resp)
		if each != nil {
			each()
		}
	}
	return g.reply(), nil
}

// geminiAnswer is put together from chunks.
type geminiAnswer struct {
	r        reply
	contents []*genai.Content
}

func (g *geminiAnswer) add(resp *genai.GenerateContentResponse) {
	if u := resp.UsageMetadata; u != nil {
		g.r.Usage = usage{
			int64(u.PromptTokenCount), int64(u.CandidatesTokenCount + u.ThoughtsTokenCount), int64(u.CachedContentTokenCount), int64(u.ThoughtsTokenCount),
		}
	}
	if f := resp.PromptFeedback; f != nil {
		g.r.Stop = "blocked " + string(f.BlockReason)
	}
	if len(resp.Candidates) == 0 {
		return
	}
	x := resp.Candidates[0]
	if x.FinishReason != "" {
		g.r.Stop = string(x.FinishReason)
	}
	if x.Content == nil || len(x.Content.Parts) == 0 {
		return
	}
	if said(x.Content) {
		g.contents = append(g.contents, x.Content)
	}
	for _, p := range x.Content.Parts {
		g.r.Signed = g.r.Signed || len(p.ThoughtSignature) > 0
		switch {
		case p.FunctionCall != nil:
			args, _ := json.Marshal(p.FunctionCall.Args)
			g.r.Calls = append(g.r.Calls, call{p.FunctionCall.ID, p.FunctionCall.Name, string(args)})
		case p.Thought:
			g.r.Thinking += p.Text
		default:
			g.r.Text += p.Text
		}
	}
}

// said tells whether a content belongs into the history: the SDK's chats leave out those that say nothing.
func said(c *genai.Content) bool {
	for _, p := range c.Parts {
		if p.Text != "" || p.FunctionCall != nil || len(p.ThoughtSignature) > 0 {
			return true
		}
	}
	return false
}

func (g *geminiAnswer) reply() *reply {
	g.r.native = g.contents
	return &g.r
}

// Failure reads an error of the API or of a stream.
func (*geminiClient) Failure(err error) (failure, bool) {
	if e, ok := errors.AsType[genai.APIError](err); ok {
		return failure{e.Code, e.Status, e.Message}, true
	}
	return failure{}, false
}

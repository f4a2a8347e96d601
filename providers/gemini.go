package providers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(Gemini{})
}

// geminiActions are the actions that an operation may use; the first is the usual one.
var geminiActions = map[ir.Op][]string{
	ir.Generate:    {"generateContent"},
	ir.CountTokens: {"countTokens"},
	ir.Embed:       {"batchEmbedContents", "embedContent"},
}

// Gemini is Google's Gemini API (AI Studio) with an API key.
// No header of a client is relayed: the API has none, and x-goog-api-client names the client's own SDK.
type Gemini struct{}

// CaddyModule returns the Caddy module information.
func (Gemini) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.gemini", New: func() caddy.Module { return new(Gemini) }}
}

// Platform returns "gemini".
func (*Gemini) Platform() string { return "gemini" }

// Defaults are Google's address and the Gemini and Gemma families.
func (*Gemini) Defaults() Defaults {
	return Defaults{
		BaseURL: "https://generativelanguage.googleapis.com",
		Models:  []string{"gemini-*", "gemma-*"},
		Needs:   Needs{Credential: true},
	}
}

// Dialect is Gemini for every operation.
func (*Gemini) Dialect(ir.Dialect, ir.Op, string) ir.Dialect { return ir.Gemini }

// Request builds a request with x-goog-api-key. The key never stands in the URL, where proxies and errors would show it.
func (p *Gemini) Request(ctx context.Context, call *Call) (*http.Request, error) {
	actions := geminiActions[call.Op]
	if call.Dialect != ir.Gemini || actions == nil {
		return nil, unsupported(p.Platform(), call)
	}
	action := cmp.Or(call.Action, actions[0])
	if !slices.Contains(actions, action) {
		return nil, fmt.Errorf("building request: %q is no action of %s", action, call.Op)
	}
	query := ""
	if call.Stream {
		action, query = "streamGenerateContent", "alt=sse"
	}

	model, err := escapeModel(geminiResource(call.Model))
	if err != nil {
		return nil, err
	}
	req, err := newRequest(ctx, call, "/v1beta/"+model+":"+action, query, call.Body)
	if err != nil {
		return nil, err
	}
	p.authenticate(req, call)
	return finish(req, call), nil
}

// geminiResource returns the model's resource name; a tuned model brings its own.
func geminiResource(model string) string {
	if strings.HasPrefix(model, "tunedModels/") {
		return model
	}
	return "models/" + strings.TrimPrefix(model, "models/")
}

// ListModels builds the request of one page of at most 1000 models.
func (p *Gemini) ListModels(ctx context.Context, call *Call, page string) (*http.Request, error) {
	query := "pageSize=1000"
	if page != "" {
		query += "&pageToken=" + url.QueryEscape(page)
	}
	req, err := newRequest(ctx, call, "/v1beta/models", query, nil)
	if err != nil {
		return nil, err
	}
	p.authenticate(req, call)
	return finish(req, call), nil
}

// ModelNames reads one page. Names lose their prefix "models/".
func (*Gemini) ModelNames(body []byte) ([]string, string, error) {
	var page struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
		NextPageToken string `json:"nextPageToken"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", fmt.Errorf("reading model list: %w", err)
	}
	names := make([]string, 0, len(page.Models))
	for _, model := range page.Models {
		if name := strings.TrimPrefix(model.Name, "models/"); name != "" {
			names = append(names, name)
		}
	}
	return names, page.NextPageToken, nil
}

func (*Gemini) authenticate(req *http.Request, call *Call) {
	if call.Secret != "" {
		req.Header["X-Goog-Api-Key"] = call.Steady.secret(call.Secret).plain
	}
}

// Interface guards
var (
	_ Provider = (*Gemini)(nil)
	_ Lister   = (*Gemini)(nil)
)

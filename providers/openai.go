package providers

import (
	"context"
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(OpenAI{})
}

// OpenAI is OpenAI's own API with an API key: Chat Completions and Responses.
type OpenAI struct {
	// API chooses the dialect: `auto` asks in the client's own one if it is Chat Completions or Responses and in
	// Responses otherwise; `chat` and `responses` fix it. Embeddings do not depend on it. Default: auto.
	API string `json:"api,omitempty"`

	// Organization is the value of the header OpenAI-Organization. Default: none, the key's own organization.
	Organization string `json:"organization,omitempty"`

	// Project is the value of the header OpenAI-Project. Default: none, the key's own project.
	Project string `json:"project,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (OpenAI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.openai", New: func() caddy.Module { return new(OpenAI) }}
}

// Validate refuses an api that does not exist.
func (p *OpenAI) Validate() error { return check("api", p.API, "auto", "chat", "responses") }

// Options are `api`, `organization` and `project`.
func (p *OpenAI) Options() []Option {
	return []Option{
		{"api", "api auto | chat | responses", oneOf(&p.API, "auto", "chat", "responses")},
		{"organization", "organization <id>", word(&p.Organization)},
		{"project", "project <id>", word(&p.Project)},
	}
}

// Platform returns "openai".
func (*OpenAI) Platform() string { return "openai" }

// Defaults are OpenAI's address and the families of models it has had so far.
func (*OpenAI) Defaults() Defaults {
	return Defaults{
		BaseURL: "https://api.openai.com/v1",
		Models:  []string{"gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "codex-*", "text-embedding-*"},
		Needs:   Needs{Credential: true},
	}
}

// Dialect follows the option api. Tokens are counted by Responses alone, embeddings made by Chat's sibling alone.
func (p *OpenAI) Dialect(client ir.Dialect, op ir.Op, _ string) ir.Dialect {
	switch p.API {
	case "chat":
		return openAIDialect(ir.Chat, op)
	case "responses":
		return openAIDialect(ir.Responses, op)
	}
	if client == ir.Chat && op == ir.Generate {
		return ir.Chat
	}
	return openAIDialect(ir.Responses, op)
}

// Request builds a request with a Bearer key.
func (p *OpenAI) Request(ctx context.Context, call *Call) (*http.Request, error) {
	req, err := openAIRequest(ctx, p.Platform(), call)
	if err != nil {
		return nil, err
	}
	p.account(req.Header)
	relay(req.Header, call, openAIRelayed)
	if call.Dialect == ir.Responses {
		relay(req.Header, call, codexRelayed)
	}
	return finish(req, call), nil
}

// StoredRequest builds a request about a stored response.
func (p *OpenAI) StoredRequest(ctx context.Context, call *Call, method, path, query string) (*http.Request, error) {
	req, err := openAIStored(ctx, call, method, path, query)
	if err != nil {
		return nil, err
	}
	p.account(req.Header)
	return finish(req, call), nil
}

// Background returns true: the Responses API takes `background`.
func (*OpenAI) Background() bool { return true }

// ListModels builds the request for all models, which come on one page.
func (p *OpenAI) ListModels(ctx context.Context, call *Call, _ string) (*http.Request, error) {
	req, err := openAIList(ctx, call)
	if err != nil {
		return nil, err
	}
	p.account(req.Header)
	return finish(req, call), nil
}

// ModelNames reads the answer to ListModels.
func (*OpenAI) ModelNames(body []byte) ([]string, string, error) { return openAIModelNames(body) }

// account names the organization and the project that pay.
func (p *OpenAI) account(h http.Header) {
	if p.Organization != "" {
		h.Set("OpenAI-Organization", p.Organization)
	}
	if p.Project != "" {
		h.Set("OpenAI-Project", p.Project)
	}
}

// Interface guards
var (
	_ Provider        = (*OpenAI)(nil)
	_ Lister          = (*OpenAI)(nil)
	_ Keeper          = (*OpenAI)(nil)
	_ Configurable    = (*OpenAI)(nil)
	_ caddy.Validator = (*OpenAI)(nil)
)

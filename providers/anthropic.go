package providers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(Anthropic{})
}

// anthropicVersion is the version of the API that the gateway's own requests are written for. Later ones refuse
// temperature, top_p and top_k, which translated requests may carry (Anthropic's documentation, "Versioning").
const anthropicVersion = "2023-06-01"

// anthropicPaths are the endpoints below the base URL, which has no version.
var anthropicPaths = map[ir.Op]string{
	ir.Generate:    "/v1/messages",
	ir.CountTokens: "/v1/messages/count_tokens",
}

// anthropicRelayed are the headers of the Messages API and of Anthropic's own clients.
var anthropicRelayed = []string{
	"Anthropic-Version", "Anthropic-Beta", "Anthropic-User-Profile-Id", "Anthropic-Workspace-Id", "X-App", "X-Stainless-*",
}

// Anthropic is Anthropic's Messages API with an API key.
type Anthropic struct {
	// Betas are features that are switched on in every request, besides those that a client asks for itself. Default: none.
	Betas []string `json:"betas,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (Anthropic) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.anthropic", New: func() caddy.Module { return new(Anthropic) }}
}

// betaName is what Anthropic calls its features, such as context-1m-2025-08-07.
var betaName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate refuses betas that can be none.
func (p *Anthropic) Validate() error {
	for _, beta := range p.Betas {
		if !betaName.MatchString(beta) {
			return fmt.Errorf("betas: %q is no name such as context-1m-2025-08-07", beta)
		}
	}
	return nil
}

// Options are `betas`.
func (p *Anthropic) Options() []Option {
	return []Option{{"betas", "betas <beta...>", func(args []string) error {
		if len(args) == 0 {
			return ErrForm
		}
		for _, beta := range args {
			if !betaName.MatchString(beta) {
				return fmt.Errorf("%q is no name such as context-1m-2025-08-07", beta)
			}
		}
		p.Betas = args
		return nil
	}}}
}

// Platform returns "anthropic".
func (*Anthropic) Platform() string { return "anthropic" }

// Defaults are Anthropic's address and the Claude family.
func (*Anthropic) Defaults() Defaults {
	return Defaults{
		BaseURL: "https://api.anthropic.com",
		Models:  []string{"claude-*"},
		Needs:   Needs{Credential: true},
	}
}

// Dialect is Messages for generation and for counting; there are no embeddings.
func (*Anthropic) Dialect(_ ir.Dialect, op ir.Op, _ string) ir.Dialect {
	if anthropicPaths[op] == "" {
		return ""
	}
	return ir.Anthropic
}

// Request builds a request with x-api-key. A relayed request keeps the client's version and betas.
func (p *Anthropic) Request(ctx context.Context, call *Call) (*http.Request, error) {
	path := anthropicPaths[call.Op]
	if path == "" || call.Dialect != ir.Anthropic {
		return nil, unsupported(p.Platform(), call)
	}
	req, err := newRequest(ctx, call, path, "", call.Body)
	if err != nil {
		return nil, err
	}
	p.authenticate(req, call)
	relay(req.Header, call, anthropicRelayed)
	if betas := mergeLists(req.Header["Anthropic-Beta"], p.Betas); betas != nil {
		req.Header["Anthropic-Beta"] = betas
	}
	return finish(req, call), nil
}

// ListModels builds the request of one page of at most 1000 names; page is the last name of the page before.
func (p *Anthropic) ListModels(ctx context.Context, call *Call, page string) (*http.Request, error) {
	query := "limit=1000"
	if page != "" {
		query += "&after_id=" + url.QueryEscape(page)
	}
	req, err := newRequest(ctx, call, "/v1/models", query, nil)
	if err != nil {
		return nil, err
	}
	p.authenticate(req, call)
	return finish(req, call), nil
}

// ModelNames reads one page.
func (*Anthropic) ModelNames(body []byte) ([]string, string, error) {
	names, _, err := openAIModelNames(body)
	if err != nil {
		return nil, "", err
	}
	var page struct {
		HasMore bool   `json:"has_more"`
		LastID  string `json:"last_id"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", fmt.Errorf("reading model list: %w", err)
	}
	if !page.HasMore || len(names) == 0 {
		return names, "", nil
	}
	return names, cmp.Or(page.LastID, names[len(names)-1]), nil
}

func (*Anthropic) authenticate(req *http.Request, call *Call) {
	req.Header["Anthropic-Version"] = []string{anthropicVersion}
	if call.Secret != "" {
		req.Header["X-Api-Key"] = call.Steady.secret(call.Secret).plain
	}
}

// Interface guards
var (
	_ Provider        = (*Anthropic)(nil)
	_ Lister          = (*Anthropic)(nil)
	_ Configurable    = (*Anthropic)(nil)
	_ caddy.Validator = (*Anthropic)(nil)
)

package providers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(Antigravity{})
}

// Antigravity is the service behind Google's editor of that name, which serves Gemini and Claude to people who log in with
// their Google account. There is no public documentation of its API. Google's terms may forbid to use an account in this
// way, and accounts have been disabled for it: whether to do so is the decision of its owner. The gateway tells Google
// honestly who it is and imitates no client of theirs.
type Antigravity struct {
	// Project is the id of the Google Cloud project that pays. It may be a placeholder. Default: the one that Google has
	// made for the account.
	Project string `json:"project,omitempty"`

	// Hosts are the addresses that are asked for an answer, in their order: the next one when one is down, at its limit
	// or does not know the model. A base_url replaces them. Default: https://daily-cloudcode-pa.googleapis.com, then
	// https://cloudcode-pa.googleapis.com.
	Hosts []string `json:"hosts,omitempty"`

	// Credits lets a request spend the account's credits, which are its owner's money. Default: false.
	Credits bool `json:"credits,omitempty"`

	project string // without placeholders
	seen    *antigravityModels
}

// CaddyModule returns the Caddy module information.
func (Antigravity) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.antigravity", New: func() caddy.Module { return new(Antigravity) }}
}

// Provision resolves the placeholder.
func (p *Antigravity) Provision(caddy.Context) error {
	project, err := readProject(p.Project)
	if err != nil {
		return err
	}
	p.project, p.seen = project, new(antigravityModels)
	return p.Validate()
}

// Validate refuses hosts that are no addresses.
func (p *Antigravity) Validate() error {
	for _, host := range p.Hosts {
		if err := checkHost(host); err != nil {
			return fmt.Errorf("hosts: %w", err)
		}
	}
	return nil
}

// Options are `project`, `hosts` and `credits`.
func (p *Antigravity) Options() []Option {
	return []Option{
		{"project", "project <id>", word(&p.Project)},
		{"hosts", "hosts <url...>", p.setHosts},
		{"credits", "credits on | off", onOff(&p.Credits)},
	}
}

func (p *Antigravity) setHosts(args []string) error {
	if len(args) == 0 {
		return ErrForm
	}
	p.Hosts = args
	return errors.Unwrap(p.Validate())
}

// Platform returns "antigravity".
func (*Antigravity) Platform() string { return "antigravity" }

// Defaults are Google's first address and both families. The names with another one behind them are what the models have
// been called before, or elsewhere.
func (*Antigravity) Defaults() Defaults {
	return Defaults{
		BaseURL: antigravityDaily, Needs: Needs{Token: true}, Scopes: googleScopes,
		Models: []string{
			"gemini-*", "claude-*", "claude-opus-4-6=claude-opus-4-6-thinking", "gemini-3-flash-preview=gemini-3-flash",
			"gemini-3.1-pro=gemini-pro-agent", "gemini-3.1-pro-preview=gemini-pro-agent", "gemini-3.1-pro-high=gemini-pro-agent",
			"gemini-3.1-flash-lite-preview=gemini-3.1-flash-lite", "gemini-3.1-flash-image-preview=gemini-3.1-flash-image",
		},
	}
}

// Dialect is Gemini's, also for Claude; there are no embeddings.
func (*Antigravity) Dialect(_ ir.Dialect, op ir.Op, _ string) ir.Dialect {
	if op != ir.Generate && op != ir.CountTokens {
		return ""
	}
	return ir.Gemini
}

// Request builds a request with Gemini's body in Antigravity's envelope. Answers are always asked for as a stream, which
// is the only form that serves every model.
func (p *Antigravity) Request(ctx context.Context, call *Call) (*http.Request, error) {
	if call.Dialect != ir.Gemini || call.Op != ir.Generate && call.Op != ir.CountTokens {
		return nil, unsupported(p.Platform(), call)
	}
	around := p.around(call)
	if call.Op == ir.CountTokens {
		body, err := around.WrapCount(call.Body)
		if err != nil {
			return nil, err
		}
		return p.post(ctx, call, "countTokens", "", body)
	}
	if around.Project == "" {
		return nil, errors.New("building request: the account has no project; log in to it again, or set its project")
	}
	body, err := around.Wrap(call.Body)
	if err != nil {
		return nil, err
	}
	streamed := *call
	streamed.Stream = true
	return p.post(ctx, &streamed, "streamGenerateContent", "alt=sse", body)
}

func (p *Antigravity) around(call *Call) envelope.Antigravity {
	a := envelope.Antigravity{
		Model: p.seen.current(strings.TrimPrefix(call.Model, "models/")), Project: p.projectOf(call), Kind: "agent", ID: "agent-" + newUUID(),
		Agent: "ai-gateway", Session: call.Session, Credits: p.Credits,
	}
	a.Plain = !p.seen.searching(a.Model)
	if strings.Contains(a.Model, "-image") {
		a.Kind = "image_gen"
		a.ID = "image_gen/" + strconv.FormatInt(time.Now().UnixMilli(), 10) + "/" + newUUID() + "/1"
	}
	return a
}

func (p *Antigravity) post(ctx context.Context, call *Call, method, query string, body []byte) (*http.Request, error) {
	req, err := newRequest(ctx, call, "/v1internal:"+method, query, body)
	if err != nil {
		return nil, err
	}
	return finish(req, call), nil
}

func (p *Antigravity) projectOf(call *Call) string {
	if p.project != "" {
		return p.project
	}
	return call.Project
}

// Unwrap takes an answer out of the envelope.
func (*Antigravity) Unwrap(dst, data []byte) []byte { return envelope.Unwrap(dst, data) }

// Known says whether the configuration names the project.
func (p *Antigravity) Known() bool { return p.project != "" }

// ReadError implements ErrorReader.
func (*Antigravity) ReadError(e *ir.Error) { readGoogleError(e) }

// Interface guards
var (
	_ Provider          = (*Antigravity)(nil)
	_ Configurable      = (*Antigravity)(nil)
	_ Enveloped         = (*Antigravity)(nil)
	_ Discoverer        = (*Antigravity)(nil)
	_ Lister            = (*Antigravity)(nil)
	_ Guide             = (*Antigravity)(nil)
	_ ErrorReader       = (*Antigravity)(nil)
	_ Rerouter          = (*Antigravity)(nil)
	_ caddy.Provisioner = (*Antigravity)(nil)
	_ caddy.Validator   = (*Antigravity)(nil)
)

package providers

import (
	"context"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(CodeAssist{})
}

// CodeAssist is Gemini Code Assist, which serves Gemini to people who log in with their Google account. There is no
// public documentation of its API; what is known of it comes from Google's open client, Gemini CLI. Whether Google's
// terms allow an account to be used in this way is for its owner to find out.
type CodeAssist struct {
	// Project is the Google Cloud project that a licence belongs to. It may be a placeholder. Default: the one that
	// Code Assist has made for the account.
	Project string `json:"project,omitempty"`

	project string // without placeholders
}

// CaddyModule returns the Caddy module information.
func (CodeAssist) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.code_assist", New: func() caddy.Module { return new(CodeAssist) }}
}

// Provision resolves the placeholder.
func (p *CodeAssist) Provision(caddy.Context) error {
	project, err := readProject(p.Project)
	p.project = project
	return err
}

// Options are `project`.
func (p *CodeAssist) Options() []Option {
	return []Option{{"project", "project <id>", word(&p.Project)}}
}

// Platform returns "code_assist".
func (*CodeAssist) Platform() string { return "code_assist" }

// googleScopes are those of Google Cloud and of the account's name.
var googleScopes = []string{
	credentials.CloudScope, "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile",
}

// Defaults are Google's address and the Gemini family.
func (*CodeAssist) Defaults() Defaults {
	return Defaults{
		BaseURL: "https://cloudcode-pa.googleapis.com", Models: []string{"gemini-*"}, Needs: Needs{Token: true}, Scopes: googleScopes,
	}
}

// Dialect is Gemini's; there are no embeddings.
func (*CodeAssist) Dialect(_ ir.Dialect, op ir.Op, _ string) ir.Dialect {
	if op != ir.Generate && op != ir.CountTokens {
		return ""
	}
	return ir.Gemini
}

// Request builds a request with Gemini's body in Code Assist's envelope.
func (p *CodeAssist) Request(ctx context.Context, call *Call) (*http.Request, error) {
	if call.Dialect != ir.Gemini || call.Op != ir.Generate && call.Op != ir.CountTokens {
		return nil, unsupported(p.Platform(), call)
	}
	around := envelope.CodeAssist{
		Model: strings.TrimPrefix(call.Model, "models/"), Project: p.projectOf(call), Prompt: call.RequestID, Session: call.Session,
	}
	method, query, wrap := "generateContent", "", around.Wrap
	switch {
	case call.Op == ir.CountTokens:
		method, wrap = "countTokens", around.WrapCount
	case call.Stream:
		method, query = "streamGenerateContent", "alt=sse"
	}
	body, err := wrap(call.Body)
	if err != nil {
		return nil, err
	}
	req, err := newRequest(ctx, call, "/v1internal:"+method, query, body)
	if err != nil {
		return nil, err
	}
	return finish(req, call), nil
}

func (p *CodeAssist) projectOf(call *Call) string {
	if p.project != "" {
		return p.project
	}
	return call.Project
}

// Unwrap takes an answer out of the envelope.
func (*CodeAssist) Unwrap(dst, data []byte) []byte { return envelope.Unwrap(dst, data) }

// Known says whether the configuration names the project.
func (p *CodeAssist) Known() bool { return p.project != "" }

// ReadError implements ErrorReader.
func (*CodeAssist) ReadError(e *ir.Error) { readGoogleError(e) }

// Interface guards
var (
	_ Provider          = (*CodeAssist)(nil)
	_ Configurable      = (*CodeAssist)(nil)
	_ Enveloped         = (*CodeAssist)(nil)
	_ Discoverer        = (*CodeAssist)(nil)
	_ Lister            = (*CodeAssist)(nil)
	_ Meter             = (*CodeAssist)(nil)
	_ ErrorReader       = (*CodeAssist)(nil)
	_ caddy.Provisioner = (*CodeAssist)(nil)
)

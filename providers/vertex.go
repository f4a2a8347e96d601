package providers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(Vertex{})
}

// Vertex is Gemini and Claude on Google Cloud's Vertex AI, with a service account's key, a workload identity, the
// metadata server or a login; Gemini also with an API key (express mode).
type Vertex struct {
	// Project is the project that pays. It may be a placeholder. Default: the credential's own.
	Project string `json:"project,omitempty"`

	// Location is the region that serves, such as `us-east5`, or `global`, `us` or `eu`. It may be a placeholder.
	// Default: global.
	Location string `json:"location,omitempty"`

	project, location string // without placeholders
}

// CaddyModule returns the Caddy module information.
func (Vertex) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.vertex", New: func() caddy.Module { return new(Vertex) }}
}

// placeName is what projects and locations look like: they stand in a URL and in the name of a host.
var placeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.:-]{0,62}[a-z0-9])?$`)

// Provision resolves placeholders.
func (p *Vertex) Provision(caddy.Context) error {
	for _, option := range []struct {
		name, raw string
		value     *string
	}{{"project", p.Project, &p.project}, {"location", p.Location, &p.location}} {
		value, err := resolve(option.name, option.raw)
		if err != nil {
			return err
		}
		if value != "" && !placeName.MatchString(value) {
			return fmt.Errorf("%s: %q is not a name such as my-project or us-east5", option.name, value)
		}
		*option.value = value
	}
	if strings.ContainsAny(p.location, ".:") {
		return fmt.Errorf("location: %q is not a name such as us-east5", p.location)
	}
	if p.location == "" {
		p.location = "global"
	}
	return nil
}

// Options are `project` and `location`.
func (p *Vertex) Options() []Option {
	return []Option{
		{"project", "project <id>", word(&p.Project)},
		{"location", "location <region> | global | us | eu", word(&p.Location)},
	}
}

// Platform returns "vertex".
func (*Vertex) Platform() string { return "vertex" }

// vertexHosts are the locations that are no regions.
var vertexHosts = map[string]string{
	"":       "aiplatform.googleapis.com",
	"global": "aiplatform.googleapis.com",
	"us":     "aiplatform.us.rep.googleapis.com",
	"eu":     "aiplatform.eu.rep.googleapis.com",
}

// Defaults are the location's address, both families and Google Cloud's own ways to a token.
func (p *Vertex) Defaults() Defaults {
	host, ok := vertexHosts[p.location]
	if !ok {
		host = p.location + "-aiplatform.googleapis.com"
	}
	return Defaults{
		BaseURL: "https://" + host,
		Models:  []string{"gemini-*", "claude-*"},
		Scopes:  []string{credentials.CloudScope},
		Ambient: true,
	}
}

// Dialect is Messages for Claude and Gemini's for all other models. Anthropic has no models of embeddings.
func (*Vertex) Dialect(_ ir.Dialect, op ir.Op, model string) ir.Dialect {
	claude := strings.Contains(strings.ToLower(model), "claude")
	switch {
	case op == ir.Compact || op == ir.Embed && claude:
		return ""
	case claude:
		return ir.Anthropic
	}
	return ir.Gemini
}

// Request builds a request to the model's publisher.
func (p *Vertex) Request(ctx context.Context, call *Call) (*http.Request, error) {
	switch {
	case call.Op == ir.Compact:
		return nil, unsupported(p.Platform(), call)
	case call.Dialect == ir.Anthropic && call.Op == ir.Embed:
		return nil, unsupported(p.Platform(), call)
	case call.Dialect == ir.Anthropic:
		return p.claude(ctx, call)
	case call.Dialect == ir.Gemini:
		return p.gemini(ctx, call)
	}
	return nil, unsupported(p.Platform(), call)
}

// claude builds a request for one of Anthropic's models.
func (p *Vertex) claude(ctx context.Context, call *Call) (*http.Request, error) {
	if call.Secret != "" {
		return nil, errors.New("building request: an API key is good for Gemini only; use a service account for Claude")
	}
	counting := call.Op == ir.CountTokens
	name, action := call.Model, "rawPredict"
	switch {
	case counting:
		name = "count-tokens"
	case call.Stream:
		action = "streamRawPredict"
	}
	path, err := p.path(call, "anthropic", name)
	if err != nil {
		return nil, err
	}
	body, err := envelope.Vertex(call.Body, counting)
	if err != nil {
		return nil, err
	}
	req, err := newRequest(ctx, call, path+":"+action, "", body)
	if err != nil {
		return nil, err
	}
	if betas := p.betas(call); betas != nil {
		req.Header["Anthropic-Beta"] = betas
	}
	return finish(req, call), nil
}

// betas are those of a client's features that the platform knows. It refuses requests with any other.
func (*Vertex) betas(call *Call) []string {
	if !call.SameDialect {
		return nil
	}
	var known []string
	for _, line := range mergeLists(call.Client["Anthropic-Beta"]) {
		known = slices.DeleteFunc(strings.Split(line, ","), func(beta string) bool { return !ir.OnVertex(beta) })
	}
	return mergeLists(known)
}

// vertexActions are the methods of Google's models.
var vertexActions = map[ir.Op]string{ir.Generate: "generateContent", ir.CountTokens: "countTokens", ir.Embed: "predict"}

// gemini builds a request for one of Google's models.
func (p *Vertex) gemini(ctx context.Context, call *Call) (*http.Request, error) {
	action, query := vertexActions[call.Op], ""
	if call.Stream {
		action, query = "streamGenerateContent", "alt=sse"
	}
	path, err := p.path(call, "google", strings.TrimPrefix(call.Model, "models/"))
	if err != nil {
		return nil, err
	}
	if bytes.Contains(call.Body, []byte(`"cachedContent"`)) { // which the stable version does not know everywhere
		path = strings.Replace(path, "/v1/", "/v1beta1/", 1)
	}
	req, err := newRequest(ctx, call, path+":"+action, query, call.Body)
	if err != nil {
		return nil, err
	}
	if call.Secret != "" {
		req.Header.Set("X-Goog-Api-Key", call.Secret)
	}
	return finish(req, call), nil
}

// path is where a publisher's model stands: in a project and a location, or, with an API key, in neither.
func (p *Vertex) path(call *Call, publisher, model string) (string, error) {
	model, err := escapeModel(model)
	if err != nil {
		return "", err
	}
	path := "/publishers/" + publisher + "/models/" + model
	if call.Secret != "" {
		return "/v1" + path, nil
	}
	project := p.project
	if project == "" {
		project = call.Project
	}
	if !placeName.MatchString(project) {
		return "", errors.New("building request: the credential names no project; set the account's project")
	}
	return "/v1/projects/" + project + "/locations/" + p.location + path, nil
}

// Interface guards
var (
	_ Provider          = (*Vertex)(nil)
	_ Configurable      = (*Vertex)(nil)
	_ caddy.Provisioner = (*Vertex)(nil)
)

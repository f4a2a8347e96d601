package providers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(OpenAICompatible{})
}

// OpenAICompatible is any server that copies OpenAI's API: Ollama, vLLM, llama.cpp, LM Studio, DeepSeek, OpenRouter,
// another gateway. Its account must name its base_url (with /v1) and its models; a local one needs no credential.
type OpenAICompatible struct {
	// API is the dialect that the server speaks: `chat` or `responses`. Default: chat.
	API string `json:"api,omitempty"`

	// Preset names a server whose address and peculiarities are known: `deepseek`, `g4f`, `groq`, `lmstudio`, `mistral`,
	// `ollama`, `openrouter` or `vllm`. Default: none.
	Preset string `json:"preset,omitempty"`

	G4F
}

// CaddyModule returns the Caddy module information.
func (OpenAICompatible) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "ai_gateway.providers.openai_compatible",
		New: func() caddy.Module { return new(OpenAICompatible) },
	}
}

// Validate refuses an api or a preset that does not exist.
func (p *OpenAICompatible) Validate() error {
	if err := check("api", p.API, "chat", "responses"); err != nil {
		return err
	}
	if err := check("preset", p.Preset, presetNames...); err != nil {
		return err
	}
	if p.gpt4free() && p.API == "responses" {
		return errors.New("api: the preset g4f speaks chat alone")
	}
	return p.validate(p.Preset)
}

func (p *OpenAICompatible) gpt4free() bool { return p.Preset == g4fName }

// Options are `api`, `preset`, and those of the preset g4f.
func (p *OpenAICompatible) Options() []Option {
	return append([]Option{
		{"api", "api chat | responses", oneOf(&p.API, "chat", "responses")},
		{"preset", "preset " + strings.Join(presetNames, " | "), oneOf(&p.Preset, presetNames...)},
	}, p.options()...)
}

// Platform returns "openai_compatible".
func (*OpenAICompatible) Platform() string { return "openai_compatible" }

// Defaults are the preset's. Without one there are none: such a server may be anywhere and serve anything.
func (p *OpenAICompatible) Defaults() Defaults {
	known, ok := presets[p.Preset]
	return Defaults{
		BaseURL: known.base, Models: known.models, Concurrency: known.concurrency,
		Needs: Needs{BaseURL: !ok, Models: known.models == nil, Credential: ok && !known.open},
	}
}

// Adjust corrects what the preset's models can do.
func (p *OpenAICompatible) Adjust(c *ir.Caps) {
	if known, ok := presets[p.Preset]; ok {
		known.adjust(c)
	}
	c.NoTools = p.gpt4free() && (p.Tools == "" || p.Tools == "off")
}

// Dialect is the option api. Such servers count no tokens and compact nothing: `/responses/input_tokens` and
// `/responses/compact` are OpenAI's own.
func (p *OpenAICompatible) Dialect(_ ir.Dialect, op ir.Op, _ string) ir.Dialect {
	if op == ir.CountTokens || op == ir.Compact || op == ir.Embed && p.gpt4free() {
		return ""
	}
	if p.API == "responses" {
		return openAIDialect(ir.Responses, op)
	}
	return openAIDialect(ir.Chat, op)
}

// Request builds a request with a Bearer key, or with none.
func (p *OpenAICompatible) Request(ctx context.Context, call *Call) (*http.Request, error) {
	if p.gpt4free() {
		if call.Op != ir.Generate || call.Dialect != ir.Chat {
			return nil, unsupported(p.Platform(), call)
		}
		return p.request(ctx, call)
	}
	req, err := openAIRequest(ctx, p.Platform(), call)
	if err != nil {
		return nil, err
	}
	relay(req.Header, call, openAIRelayed)
	return finish(req, call), nil
}

// StoredRequest builds a request about a stored response.
func (*OpenAICompatible) StoredRequest(ctx context.Context, call *Call, method, path, query string) (*http.Request, error) {
	req, err := openAIStored(ctx, call, method, path, query)
	if err != nil {
		return nil, err
	}
	return finish(req, call), nil
}

// Background returns false: hardly any such server takes `background`.
func (*OpenAICompatible) Background() bool { return false }

// ListModels builds the request for all models, which come on one page.
func (p *OpenAICompatible) ListModels(ctx context.Context, call *Call, _ string) (*http.Request, error) {
	if p.gpt4free() {
		return p.get(ctx, call, "/models")
	}
	req, err := openAIList(ctx, call)
	if err != nil {
		return nil, err
	}
	return finish(req, call), nil
}

// ModelNames reads the answer to ListModels.
func (p *OpenAICompatible) ModelNames(body []byte) ([]string, string, error) {
	if p.gpt4free() {
		return g4fModelNames(body)
	}
	return openAIModelNames(body)
}

// Listen implements Listener.
func (p *OpenAICompatible) Listen(baseURL string) Ear {
	if !p.gpt4free() {
		return nil
	}
	return &g4fEar{origin: origin(baseURL)}
}

// Patience implements Patient.
func (p *OpenAICompatible) Patience() (Patience, bool) { return p.patience(), p.gpt4free() }

// OnlyListed implements Picky.
func (p *OpenAICompatible) OnlyListed() bool { return p.gpt4free() && !p.Unlisted }

// Lax implements Lax.
func (p *OpenAICompatible) Lax() bool { return p.gpt4free() }

// ReadError implements ErrorReader.
func (p *OpenAICompatible) ReadError(e *ir.Error) {
	if p.gpt4free() {
		readG4FError(e)
	}
}

// Probe implements Prober: models are listed without a key, so that a list says nothing about it.
func (p *OpenAICompatible) Probe(ctx context.Context, call *Call) (*http.Request, error) {
	if !p.gpt4free() {
		return nil, nil
	}
	return p.get(ctx, call, "/providers")
}

// Probed implements Prober.
func (p *OpenAICompatible) Probed(body []byte) error { return p.check(body) }

// Interface guards
var (
	_ Provider        = (*OpenAICompatible)(nil)
	_ Lister          = (*OpenAICompatible)(nil)
	_ Keeper          = (*OpenAICompatible)(nil)
	_ Configurable    = (*OpenAICompatible)(nil)
	_ Adjuster        = (*OpenAICompatible)(nil)
	_ Listener        = (*OpenAICompatible)(nil)
	_ Patient         = (*OpenAICompatible)(nil)
	_ Picky           = (*OpenAICompatible)(nil)
	_ Lax             = (*OpenAICompatible)(nil)
	_ Prober          = (*OpenAICompatible)(nil)
	_ ErrorReader     = (*OpenAICompatible)(nil)
	_ caddy.Validator = (*OpenAICompatible)(nil)
)

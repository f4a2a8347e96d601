// Package aigateway makes a Caddy a public AI gateway: clients of any of the four usual dialects in front, a pool of
// accounts of any vendor behind.
package aigateway

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	_ "github.com/caddy-ai-gateway/ai-gateway/onesocket" // the listener wrapper
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

func init() {
	caddy.RegisterModule(new(App))
	caddy.RegisterModule(Handler{})
	registerDirective("ai_gateway")
	// A site's `respond` answers everything, so that the gateway must come first to be reached at all.
	httpcaddyfile.RegisterDirectiveOrder("ai_gateway", httpcaddyfile.Before, "respond")
}

// Handler is an AI gateway. It answers requests below `/v1/`, `/v1beta/`, `/v1alpha/`, `/v1internal`, `/openai/`,
// `/anthropic/`, `/gemini/` and `/antigravity/`, and for `/responses` and `/health`, in the dialect of the client:
// OpenAI Chat Completions, OpenAI Responses, Anthropic Messages or Gemini. All other requests go to the next handler.
type Handler struct {
	// Name tells the gateway in the admin API, metrics and usage. Two gateways that differ cannot share one.
	// Default: default.
	Name string `json:"name,omitempty"`

	// Keys are the clients that may call. Without any, AllowAnonymous must be set.
	Keys []*Key `json:"keys,omitempty"`

	// KeysFile is a file of more keys: a name and a secret a line, or a JSON array of keys. It is read whenever the
	// configuration is loaded; `caddy reload --force` reads it again when nothing else has changed.
	KeysFile string `json:"keys_file,omitempty"`

	// AllowAnonymous lets clients in that send no key. Without Keys it also accepts any key; with Keys, a key that is
	// wrong is still refused. Default: false.
	AllowAnonymous bool `json:"allow_anonymous,omitempty"`

	// Accounts are the upstreams, in the order in which they are written.
	Accounts []*Account `json:"accounts,omitempty"`

	// Models says how requests for some models are served. Models without a block need none.
	Models []*Model `json:"models,omitempty"`

	// PolicyRaw is how one of several accounts of the same priority is chosen. Default: least_load.
	PolicyRaw json.RawMessage `json:"policy,omitempty" caddy:"namespace=ai_gateway.policies inline_key=policy"`

	// Sticky says how long sessions stay with their accounts.
	Sticky Sticky `json:"sticky,omitzero"`

	// Wait says how many requests may wait for an account with a free slot, and how long.
	Wait Wait `json:"wait,omitzero"`

	// Cooldown says how long accounts in trouble are left alone.
	Cooldown Cooldown `json:"cooldown,omitzero"`

	// Failover says what happens when an account does not answer well.
	Failover Failover `json:"failover,omitzero"`

	// Stream says how long silence may last.
	Stream Stream `json:"stream,omitzero"`

	// MaxBody is the largest request body in bytes, after decompression, 1024 at least. Default: 32MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// Strict refuses what an upstream's dialect cannot express instead of dropping it with a note. A model's block or a
	// request can turn it on, but none can turn it off. Default: false.
	Strict bool `json:"strict,omitempty"`

	// Notes says which notes about a translation the header X-Ai-Gateway-Notes carries: `warn` those about what was
	// lost, `all` also the harmless ones, `off` none. Default: warn.
	Notes string `json:"notes,omitempty"`

	// ExposeAccount names the account that served in the header X-Ai-Gateway-Upstream. Default: false.
	ExposeAccount bool `json:"expose_account,omitempty"`

	// LogErrorBodies writes what upstreams say in errors into the log, up to 4KiB and without what looks like a secret.
	// They may quote what clients have written. Default: false.
	LogErrorBodies bool `json:"log_error_bodies,omitempty"`

	// FetchMedia fetches images, PDFs, sounds and videos that a request names by URL, where the account that answers does
	// not fetch them itself. Only https, only addresses of the public internet, at most 16 of 20MB each and 50MB together.
	// Default: false, such a request is refused.
	FetchMedia bool `json:"fetch_media,omitempty"`

	// EmulateCompact has conversations of the Responses API that a client wants compacted summarized by the model itself,
	// where no account offers to compact them. Default: false, the client is told that nobody does.
	EmulateCompact bool `json:"emulate_compact,omitempty"`

	// UsageRaw is where it is kept what was used and what it cost: `sqlite` in a file, `off` nowhere. Default: sqlite.
	UsageRaw json.RawMessage `json:"usage,omitempty" caddy:"namespace=ai_gateway.usage inline_key=store"`

	// Prices is a file with prices of models in the format of LiteLLM's `model_prices_and_context_window.json`, which come
	// before the built-in ones.
	Prices string `json:"prices,omitempty"`

	// Warm opens a connection to every account after the start and tries its credential, side by side and without holding
	// up the start. After a reload only new accounts are looked at. Default: false.
	Warm bool `json:"warm,omitempty"`

	// Proxy is the URL of the proxy of accounts that have none of their own, as in an account. Default: the one that the
	// environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, if any.
	Proxy string `json:"proxy,omitempty"`

	// TransportRaw is how upstreams are reached by accounts that have no transport of their own: a transport of
	// reverse_proxy. For `http`, unless it says otherwise, dialling takes at most 10s and answers are not compressed.
	TransportRaw json.RawMessage `json:"transport,omitempty" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`

	written map[string]bool // names of accounts, while a Caddyfile is read

	logger    *zap.Logger
	app       *App
	announcer *announcer
	policy    pool.Policy
	usage     usage.Driver
	prices    *usage.Prices
	keys      []resolvedKey
	accounts  []resolvedAccount
	gateway   caddyhttp.MiddlewareHandler
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.ai_gateway", New: func() caddy.Module { return new(Handler) }}
}

// Provision prepares the gateway. It has no effect outside: `caddy validate` and a reload that fails come here too.
// Its errors name the gateway, since a configuration may hold several.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	h.setDefaults()
	if err := h.provision(ctx); err != nil {
		return fmt.Errorf("gateway %q: %w", h.Name, err)
	}
	return nil
}

func (h *Handler) provision(ctx caddy.Context) error {
	if err := h.Validate(); err != nil {
		return err
	}
	if err := h.enter(ctx); err != nil {
		return err
	}
	if err := h.resolveKeys(); err != nil {
		return err
	}
	if err := h.resolveAccounts(ctx); err != nil {
		return err
	}
	if err := h.loadPolicy(ctx); err != nil {
		return err
	}
	if err := h.watch(ctx); err != nil {
		return err
	}
	if err := h.loadUsage(ctx); err != nil {
		return err
	}
	h.warnOfStrayPatterns()
	h.warnOfStrayFallbacks()
	return h.build()
}

// ServeHTTP answers the requests that are the gateway's.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if h.gateway == nil {
		return next.ServeHTTP(w, r)
	}
	return h.gateway.ServeHTTP(w, r, next)
}

// Cleanup releases what Provision acquired, also when it got only halfway. Requests may still be running.
func (h *Handler) Cleanup() error {
	h.closeLogins()
	if gateway, ok := h.gateway.(caddy.CleanerUpper); ok {
		return gateway.Cleanup()
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)

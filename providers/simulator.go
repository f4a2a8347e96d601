package providers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/simulator"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(Simulator{})
}

// Simulator is an upstream inside this process that speaks all dialects and needs no key: for a first try, for
// examples and for tests of clients. What it answers depends on words in the prompt.
type Simulator struct {
	// Speaks fixes the dialect that the upstream is asked in: `chat`, `responses`, `anthropic` or `gemini`.
	// Default: the client's own.
	Speaks ir.Dialect `json:"speaks,omitempty"`

	// Always are words that apply to every answer as if they stood in every prompt, such as `fail with 503`.
	// Default: none.
	Always string `json:"always,omitempty"`

	// Delay is the time between the words of an answer. Default: 0.
	Delay caddy.Duration `json:"delay,omitempty"`

	// FirstByte is the time before an answer begins. Default: 0.
	FirstByte caddy.Duration `json:"first_byte,omitempty"`
}

var simulated = []string{string(ir.Chat), string(ir.Responses), string(ir.Anthropic), string(ir.Gemini)}

// CaddyModule returns the Caddy module information.
func (Simulator) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.simulator", New: func() caddy.Module { return new(Simulator) }}
}

// Validate refuses a dialect that the simulator does not speak, and negative durations.
func (p *Simulator) Validate() error {
	if p.Delay < 0 || p.FirstByte < 0 {
		return errors.New("delay and first_byte cannot be negative")
	}
	return check("speaks", string(p.Speaks), simulated...)
}

// Options are `speaks`, `always`, `delay` and `first_byte`.
func (p *Simulator) Options() []Option {
	return []Option{
		{"speaks", "speaks chat | responses | anthropic | gemini", p.setSpeaks},
		{"always", "always <words...>", p.setAlways},
		{"delay", "delay <duration>", setDuration(&p.Delay)},
		{"first_byte", "first_byte <duration>", setDuration(&p.FirstByte)},
	}
}

func (p *Simulator) setSpeaks(args []string) error {
	var dialect string
	if err := oneOf(&dialect, simulated...)(args); err != nil {
		return err
	}
	p.Speaks = ir.Dialect(dialect)
	return nil
}

func (p *Simulator) setAlways(args []string) error {
	p.Always = strings.Join(args, " ")
	if p.Always == "" {
		return ErrForm
	}
	return nil
}

func setDuration(target *caddy.Duration) func([]string) error {
	return func(args []string) error {
		if len(args) != 1 {
			return ErrForm
		}
		length, err := caddy.ParseDuration(args[0])
		if err != nil || length < 0 {
			return fmt.Errorf("%q is not a duration such as 50ms", args[0])
		}
		*target = caddy.Duration(length)
		return nil
	}
}

// Platform returns "simulator".
func (*Simulator) Platform() string { return "simulator" }

// Defaults are an address that is never dialled, and the names that the simulator is known by.
func (*Simulator) Defaults() Defaults {
	return Defaults{BaseURL: "http://simulator.invalid", Models: []string{"demo", "sim-*"}}
}

// Dialect is the client's own or the one of the option speaks, if the real vendor offers the operation in it.
func (p *Simulator) Dialect(client ir.Dialect, op ir.Op, model string) ir.Dialect {
	if p.Speaks != "" {
		client = p.Speaks
	}
	switch client {
	case ir.Anthropic:
		return (*Anthropic)(nil).Dialect(client, op, model)
	case ir.Gemini, ir.CodeAssist:
		return ir.Gemini
	}
	if op == ir.Compact {
		return ""
	}
	return openAIDialect(client, op)
}

// Request builds the request as for the vendor whose dialect it is in.
func (p *Simulator) Request(ctx context.Context, call *Call) (*http.Request, error) {
	switch call.Dialect {
	case ir.Anthropic:
		return new(Anthropic).Request(ctx, call)
	case ir.Gemini:
		return new(Gemini).Request(ctx, call)
	}
	return new(OpenAI).Request(ctx, versioned(call))
}

// StoredRequest builds a request about a stored response.
func (p *Simulator) StoredRequest(ctx context.Context, call *Call, method, path, query string) (*http.Request, error) {
	return new(OpenAI).StoredRequest(ctx, versioned(call), method, path, query)
}

// Background returns false: the simulator answers at once.
func (*Simulator) Background() bool { return false }

// ListModels builds the request for all models, which come on one page.
func (p *Simulator) ListModels(ctx context.Context, call *Call, page string) (*http.Request, error) {
	return new(OpenAI).ListModels(ctx, versioned(call), page)
}

// ModelNames reads the answer to ListModels.
func (*Simulator) ModelNames(body []byte) ([]string, string, error) { return openAIModelNames(body) }

// versioned returns the call with the base URL as OpenAI's SDKs take it.
func versioned(call *Call) *Call {
	c := *call
	c.BaseURL += "/v1"
	return &c
}

// Transport returns a simulator that plays the account: it refuses signatures of thoughts that another account made.
func (p *Simulator) Transport(account string) http.RoundTripper {
	return simulator.New(simulator.Options{
		Account:   account,
		Always:    p.Always,
		Delay:     time.Duration(p.Delay),
		FirstByte: time.Duration(p.FirstByte),
	})
}

// Interface guards
var (
	_ Provider        = (*Simulator)(nil)
	_ InProcess       = (*Simulator)(nil)
	_ Lister          = (*Simulator)(nil)
	_ Keeper          = (*Simulator)(nil)
	_ Configurable    = (*Simulator)(nil)
	_ caddy.Validator = (*Simulator)(nil)
)

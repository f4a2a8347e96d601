package usage

import (
	"context"
	"errors"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func init() {
	caddy.RegisterModule(Off{})
}

// Off keeps no usage. Budgets and limits of tokens then hold for what the running process has seen.
type Off struct{}

// CaddyModule returns the Caddy module information.
func (Off) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.usage.off", New: func() caddy.Module { return new(Off) }}
}

// UnmarshalCaddyfile takes no arguments.
func (Off) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the module's name
	if d.NextArg() || d.NextBlock(0) {
		return d.Err("usage: off takes no arguments")
	}
	return nil
}

// Identity is empty.
func (Off) Identity() string { return "" }

// Open has nothing to open.
func (Off) Open(context.Context) (Store, error) {
	return nil, errors.New("opening the usage store: usage is off")
}

// Retention is 0.
func (Off) Retention() time.Duration { return 0 }

// Interface guards
var (
	_ Driver                = Off{}
	_ caddyfile.Unmarshaler = (*Off)(nil)
)

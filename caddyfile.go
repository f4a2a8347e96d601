package aigateway

import (
	"fmt"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/dustin/go-humanize"
)

// parseDirective reads the directive `ai_gateway`.
func parseDirective(in httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h := new(Handler)
	if err := h.UnmarshalCaddyfile(in.Dispenser); err != nil {
		return nil, err
	}
	return h, nil
}

// gatewayOptions are the options of the directive's block.
func gatewayOptions() options[Handler] {
	return options[Handler]{
		"name":             {form: "name <name>", parse: parseName},
		"key":              {form: "key <name> <secret | sha256:hex>", many: true, parse: parseKey},
		"keys_file":        {form: "keys_file <path>", parse: parseKeysFile},
		"allow_anonymous":  {form: "allow_anonymous", parse: setFlag(func(h *Handler) *bool { return &h.AllowAnonymous })},
		"account":          {form: "account <name> <provider> [<credential>]", many: true, parse: parseAccount},
		"model":            {form: "model <pattern>", many: true, parse: parseModel},
		"prices":           {form: "prices <file>", parse: parsePrices},
		"usage":            {form: "usage sqlite [<path>] | off", parse: parseUsage},
		"policy":           {form: "policy " + policyNames, parse: parsePolicy},
		"sticky":           {form: "sticky <ttl> [<max sessions>] | off", parse: parseSticky},
		"wait":             {form: "wait [sticky <n> <duration>] [fallback <n> <duration>]", parse: parseWait},
		"cooldown":         {form: "cooldown { ... }", parse: parseCooldown},
		"failover":         {form: "failover { ... }", parse: parseFailover},
		"stream":           {form: "stream { ... }", parse: parseStream},
		"max_body":         {form: "max_body <size>", parse: parseMaxBody},
		"strict":           {form: "strict", parse: setFlag(func(h *Handler) *bool { return &h.Strict })},
		"notes":            {form: "notes warn | all | off", parse: parseNotes},
		"log_error_bodies": {form: "log_error_bodies", parse: setFlag(func(h *Handler) *bool { return &h.LogErrorBodies })},
		"expose_account":   {form: "expose_account", parse: setFlag(func(h *Handler) *bool { return &h.ExposeAccount })},
		"fetch_media":      {form: "fetch_media", parse: setFlag(func(h *Handler) *bool { return &h.FetchMedia })},
		"emulate_compact":  {form: "emulate_compact", parse: setFlag(func(h *Handler) *bool { return &h.EmulateCompact })},
		"transport":        {form: "transport <protocol> { ... }", parse: parseGatewayTransport},
		"warm":             {form: "warm", parse: setFlag(func(h *Handler) *bool { return &h.Warm })},
		"proxy":            {form: "proxy <url>", parse: setProxy(func(h *Handler) *string { return &h.Proxy })},
	}
}

// UnmarshalCaddyfile sets up the gateway from Caddyfile tokens. Syntax:
//
//	ai_gateway [<matcher>] {
//		name <name>
//
//		key <name> <secret | sha256:hex> {
//			models   <pattern...>
//			accounts <pattern...>
//			expires  <date>
//			concurrency <n>
//			queue       <n>
//			rate        <n>/<duration>
//			tokens      <n>/<duration>
//			budget      <usd>/<day|month>
//			intercept   <quota | warmup | title...>
//		}
//		keys_file <path>
//		allow_anonymous
//
//		account <name> <provider> [<credential>] {
//			models      <pattern | name=upstream...>
//			priority    <n>
//			weight      <n>
//			concurrency <n>
//			base_url    <url>
//			header      <name> <value>
//			caps        <name> <value>
//			proxy       <url>
//			transport   <protocol> { ... }
//			oauth {
//				preset        google
//				client_id     <id>
//				client_secret <secret>
//				token_url     <url>
//				auth_url      <url>
//				device_url    <url>
//				scopes        <scope...>
//				refresh_token <token>
//			}
//			credential_file <path>
//			...         # the provider's own options
//		}
//
//		model <pattern> {
//			as       <upstream model>
//			accounts <pattern...>
//			fallback <model...>
//			default  [<dialect>] <path> <json>
//			override [<dialect>] <path> <json>
//			remove   [<dialect>] <path>
//			price    <in> <out> [<cache read> [<cache write>]]
//			intercept <quota | warmup | title...>
//			strict
//			instructions_default <text>
//		}
//		prices <file>
//
//		policy least_load | thompson | round_robin | random | first
//		sticky <ttl> [<max sessions>] | off
//		wait [sticky <n> <duration>] [fallback <n> <duration>]
//		failover {
//			attempts <n>
//			on       <status...>
//			never    <status...>
//		}
//		cooldown {
//			error      <min> <max>
//			rate_limit <min> <max>
//			overload   <min> <max>
//			auth       <duration>
//			panic      <percent>
//		}
//		stream {
//			ping       <duration>
//			first_byte <duration>
//			idle       <duration>
//			hold       <events> <size> <duration>
//		}
//		max_body <size>
//		strict
//		notes warn | all | off
//		expose_account
//		log_error_bodies
//		fetch_media
//		emulate_compact
//		warm
//		proxy <url>
//		transport <protocol> { ... }
//		usage sqlite [<path>] | off
//	}
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	if len(d.RemainingArgs()) > 0 {
		return d.Err("ai_gateway takes no arguments besides a matcher; its options stand in a block")
	}
	return gatewayOptions().parseBlock(d, h, "ai_gateway")
}

func parseName(d *caddyfile.Dispenser, h *Handler) error {
	if !d.AllArgs(&h.Name) {
		return errForm
	}
	return checkName(h.Name)
}

func parseMaxBody(d *caddyfile.Dispenser, h *Handler) error {
	var size string
	if !d.AllArgs(&size) {
		return errForm
	}
	if err := parseSize(size, &h.MaxBody); err != nil {
		return err
	}
	return checkMaxBody(h.MaxBody)
}

func parseNotes(d *caddyfile.Dispenser, h *Handler) error {
	if !d.AllArgs(&h.Notes) {
		return errForm
	}
	switch h.Notes {
	case notesWarn, notesAll, notesOff:
		return nil
	}
	return errForm
}

// failoverOptions are the options of the block `failover`.
func failoverOptions() options[Failover] {
	return options[Failover]{
		"attempts": {form: "attempts <n>", parse: setNumber(1, 100, func(f *Failover) *int { return &f.Attempts })},
		"on":       {form: "on <status...>", parse: parseStatuses(func(f *Failover) *[]int { return &f.On })},
		"never":    {form: "never <status...>", parse: parseStatuses(func(f *Failover) *[]int { return &f.Never })},
	}
}

func parseFailover(d *caddyfile.Dispenser, h *Handler) error {
	if d.NextArg() {
		return errForm
	}
	return failoverOptions().parseBlock(d, &h.Failover, "failover")
}

func parseGatewayTransport(d *caddyfile.Dispenser, h *Handler) (err error) {
	h.TransportRaw, err = parseTransport(d)
	return err
}

// parseSize reads a size in Caddy's notation, such as 32MiB.
func parseSize(s string, target *int64) error {
	size, err := humanize.ParseBytes(s)
	if err != nil || size == 0 || size > 1<<40 {
		return fmt.Errorf("%q is not a size such as 32MiB", s)
	}
	*target = int64(size)
	return nil
}

// Interface guard
var _ caddyfile.Unmarshaler = (*Handler)(nil)

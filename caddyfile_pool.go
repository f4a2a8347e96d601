package aigateway

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// policyNames are the policies that come with the gateway.
const policyNames = "least_load | thompson | round_robin | random | first"

// parsePolicy reads `policy <name>`, behind which a policy of somebody else's may have options of its own.
func parsePolicy(d *caddyfile.Dispenser, h *Handler) error {
	if !d.NextArg() {
		return errForm
	}
	name := d.Val()
	info, err := caddy.GetModule(pool.Namespace + "." + name)
	if err != nil {
		var names []string
		for _, module := range caddy.GetModules(pool.Namespace) {
			names = append(names, module.ID.Name())
		}
		return fmt.Errorf("unknown policy %q; possible are %s", name, strings.Join(names, ", "))
	}
	module := info.New()
	if _, ok := module.(pool.Policy); !ok {
		return fmt.Errorf("module %s is not a policy", info.ID)
	}
	if configurable, ok := module.(caddyfile.Unmarshaler); ok {
		if err := configurable.UnmarshalCaddyfile(d.NewFromNextSegment()); err != nil {
			return &locatedError{err}
		}
	} else if d.NextArg() {
		return errForm
	}
	h.PolicyRaw = caddyconfig.JSONModuleObject(module, "policy", name, nil)
	return nil
}

// parseSticky reads `sticky <ttl> [<max sessions>] | off`.
func parseSticky(d *caddyfile.Dispenser, h *Handler) error {
	args := d.RemainingArgs()
	switch {
	case len(args) == 0 || len(args) > 2:
		return errForm
	case args[0] == "off" && len(args) == 1:
		h.Sticky.Off = true
		return nil
	case args[0] == "off":
		return errForm
	}
	if err := parseDuration(args[0], &h.Sticky.TTL); err != nil {
		return err
	}
	if len(args) == 2 {
		return parseNumber(args[1], 1, maxSessions, &h.Sticky.MaxSessions)
	}
	return nil
}

// parseWait reads `wait [sticky <n> <duration>] [fallback <n> <duration>]`.
func parseWait(d *caddyfile.Dispenser, h *Handler) error {
	args := d.RemainingArgs()
	if len(args) == 0 || len(args)%3 != 0 {
		return errForm
	}
	for ; len(args) > 0; args = args[3:] {
		target := &h.Wait.Fallback
		switch args[0] {
		case "sticky":
			target = &h.Wait.Sticky
		case "fallback":
		default:
			return errForm
		}
		if *target != nil {
			return fmt.Errorf("%s is given twice", args[0])
		}
		list, err := parseWaitingList(args[1], args[2])
		if err != nil {
			return err
		}
		*target = list
	}
	return nil
}

func parseWaitingList(requests, duration string) (*WaitingList, error) {
	list := new(WaitingList)
	if err := parseNumber(requests, 0, maxWaiting, &list.Requests); err != nil {
		return nil, err
	}
	length, err := caddy.ParseDuration(duration)
	if err != nil || length < 0 || length > 0 && length < time.Millisecond {
		return nil, fmt.Errorf("%q is not a duration such as 5s", duration)
	}
	list.Duration = caddy.Duration(length)
	return list, nil
}

// parseStatuses is the parse function of an option with one or more statuses.
func parseStatuses(field func(*Failover) *[]int) func(*caddyfile.Dispenser, *Failover) error {
	return func(d *caddyfile.Dispenser, f *Failover) error {
		args := d.RemainingArgs()
		if len(args) == 0 {
			return errForm
		}
		for _, arg := range args {
			var status int
			if err := parseNumber(arg, 400, 599, &status); err != nil {
				return err
			}
			*field(f) = append(*field(f), status)
		}
		return nil
	}
}

// cooldownOptions are the options of the block `cooldown`.
func cooldownOptions() options[Cooldown] {
	return options[Cooldown]{
		"error":      {form: "error <min> <max>", parse: setSpan(func(c *Cooldown) *Span { return &c.Error })},
		"rate_limit": {form: "rate_limit <min> <max>", parse: setSpan(func(c *Cooldown) *Span { return &c.RateLimit })},
		"overload":   {form: "overload <min> <max>", parse: setSpan(func(c *Cooldown) *Span { return &c.Overload })},
		"auth":       {form: "auth <duration>", parse: setDuration(func(c *Cooldown) *caddy.Duration { return &c.Auth })},
		"panic":      {form: "panic <percent>", parse: parsePanic},
	}
}

func parseCooldown(d *caddyfile.Dispenser, h *Handler) error {
	if d.NextArg() {
		return errForm
	}
	return cooldownOptions().parseBlock(d, &h.Cooldown, "cooldown")
}

// setSpan is the parse function of an option with two durations, the shorter one first.
func setSpan(field func(*Cooldown) *Span) func(*caddyfile.Dispenser, *Cooldown) error {
	return func(d *caddyfile.Dispenser, c *Cooldown) error {
		var shortest, longest string
		if !d.AllArgs(&shortest, &longest) {
			return errForm
		}
		span := field(c)
		if err := errors.Join(parseDuration(shortest, &span.Min), parseDuration(longest, &span.Max)); err != nil {
			return err
		}
		return span.check()
	}
}

func parsePanic(d *caddyfile.Dispenser, c *Cooldown) error {
	var arg string
	if !d.AllArgs(&arg) {
		return errForm
	}
	percent := 0
	if err := parseNumber(strings.TrimSuffix(arg, "%"), 0, 100, &percent); err != nil {
		return err
	}
	c.Panic = &percent
	return nil
}

// parseNumber reads a whole number.
func parseNumber(arg string, low, high int, target *int) error {
	n, err := strconv.Atoi(arg)
	if err != nil || n < low || n > high {
		return fmt.Errorf("%q is not a whole number from %d to %d", arg, low, high)
	}
	*target = n
	return nil
}

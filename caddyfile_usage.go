package aigateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// parseUsage reads `usage <store>`, behind which the store has arguments and options of its own.
func parseUsage(d *caddyfile.Dispenser, h *Handler) error {
	if !d.NextArg() {
		return errForm
	}
	name := d.Val()
	info, err := caddy.GetModule(usageNamespace + "." + name)
	if err != nil {
		var names []string
		for _, module := range caddy.GetModules(usageNamespace) {
			names = append(names, module.ID.Name())
		}
		return fmt.Errorf("unknown store %q; possible are %s", name, strings.Join(names, ", "))
	}
	module, ok := info.New().(usage.Driver)
	if !ok {
		return fmt.Errorf("module %s is not a store of usage", info.ID)
	}
	if configurable, ok := module.(caddyfile.Unmarshaler); ok {
		if err := configurable.UnmarshalCaddyfile(d.NewFromNextSegment()); err != nil {
			return &locatedError{err}
		}
	} else if d.NextArg() {
		return errForm
	}
	h.UsageRaw = caddyconfig.JSONModuleObject(module, "store", name, nil)
	return nil
}

func parsePrices(d *caddyfile.Dispenser, h *Handler) error {
	if !d.AllArgs(&h.Prices) || h.Prices == "" {
		return errForm
	}
	return nil
}

func parseKeysFile(d *caddyfile.Dispenser, h *Handler) error {
	if !d.AllArgs(&h.KeysFile) || h.KeysFile == "" {
		return errForm
	}
	return nil
}

func parsePrice(d *caddyfile.Dispenser, m *Model) error {
	args := d.RemainingArgs()
	if len(args) < 2 || len(args) > 4 {
		return errForm
	}
	if _, err := usage.ParsePrice(args); err != nil {
		return err
	}
	var numbers [4]float64
	for i, arg := range args {
		numbers[i], _ = strconv.ParseFloat(arg, 64) // has just been read
	}
	m.Price = &Price{Input: numbers[0], Output: numbers[1]}
	if len(args) > 2 {
		m.Price.CacheRead = &numbers[2]
	}
	if len(args) > 3 {
		m.Price.CacheWrite = &numbers[3]
	}
	return nil
}

func parseQueue(d *caddyfile.Dispenser, k *Key) error {
	var n int
	if err := setNumber(0, 1_000_000, func(n *int) *int { return n })(d, &n); err != nil {
		return err
	}
	k.Queue = &n
	return nil
}

// setRate is the parse function of an option with a number within a duration.
func setRate(field func(*Key) *string) func(*caddyfile.Dispenser, *Key) error {
	return func(d *caddyfile.Dispenser, k *Key) error {
		if !d.AllArgs(field(k)) {
			return errForm
		}
		_, err := access.ParseRate(*field(k))
		return err
	}
}

func parseBudget(d *caddyfile.Dispenser, k *Key) error {
	if !d.AllArgs(&k.Budget) {
		return errForm
	}
	_, err := access.ParseBudget(k.Budget)
	return err
}

// interceptForm is how probes are named.
const interceptForm = "intercept <quota | warmup | title...>"

// setIntercept is the parse function of an option with kinds of probes.
func setIntercept[T any](field func(*T) *[]string) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		words := d.RemainingArgs()
		if len(words) == 0 {
			return errForm
		}
		*field(t) = words
		return checkIntercept(words)
	}
}

func checkIntercept(words []string) error {
	for i, word := range words {
		if !slices.Contains(handlers.Intercepts, handlers.Intercept(word)) {
			return fmt.Errorf("%q is not a kind of probe; possible are %s", word, join(handlers.Intercepts))
		}
		if slices.Contains(words[:i], word) {
			return fmt.Errorf("%q is named twice", word)
		}
	}
	return nil
}

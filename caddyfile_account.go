package aigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// accountOptions are the options of the block `account` that every provider has, made once for thousands of accounts.
// Nobody changes them.
var accountOptions = sync.OnceValue(func() options[Account] {
	return options[Account]{
		"models":          {form: "models <pattern | name=upstream...>", parse: parseAccountModels},
		"oauth":           {form: "oauth { ... }", parse: parseOAuth},
		"credential_file": {form: "credential_file <path>", parse: setWord(func(a *Account) *string { return &a.CredentialFile })},
		"priority":        {form: "priority <n>", parse: setNumber(-1000, 1000, func(a *Account) *int { return &a.Priority })},
		"weight":          {form: "weight <n>", parse: setNumber(1, 1000, func(a *Account) *int { return &a.Weight })},
		"concurrency":     {form: "concurrency <n>", parse: setNumber(0, 1_000_000, func(a *Account) *int { return &a.Concurrency })},
		"base_url":        {form: "base_url <url>", parse: parseBaseURL},
		"header":          {form: "header <name> <value>", many: true, parse: parseHeader},
		"caps":            {form: "caps <name> <value>", many: true, parse: parseCaps},
		"transport":       {form: "transport <protocol> { ... }", parse: parseAccountTransport},
		"proxy":           {form: "proxy <url>", parse: setProxy(func(a *Account) *string { return &a.Proxy })},
	}
})

func parseAccount(d *caddyfile.Dispenser, h *Handler) error {
	args := d.RemainingArgs()
	if len(args) < 2 || len(args) > 3 {
		return errForm
	}
	account := &Account{Name: args[0]}
	if len(args) == 3 {
		account.Credential = args[2]
	}
	if err := checkName(account.Name); err != nil {
		return err
	}
	if h.written[account.Name] {
		return fmt.Errorf("%q is defined twice", account.Name)
	}
	if err := checkWritten(account.Credential); err != nil {
		return err
	}
	if h.written == nil {
		h.written = make(map[string]bool)
	}
	h.written[account.Name] = true
	h.Accounts = append(h.Accounts, account)

	provider, err := newProvider(args[1])
	if err != nil {
		return err
	}
	start := *d // an error about the account as a whole names its first line
	if err := parseBlock(d, account, accountOption(provider, args[1])); err != nil {
		return err
	}
	if v, ok := provider.(caddy.Validator); ok {
		if err := v.Validate(); err != nil {
			return locate(&start, fmt.Errorf("account %q: %w", account.Name, err))
		}
	}
	if err := account.checkProvider(provider); err != nil {
		return locate(&start, fmt.Errorf("account %q: %w", account.Name, err))
	}
	account.ProviderRaw, err = moduleObject(provider, "provider", args[1])
	return err
}

// newProvider makes an unconfigured provider of the kind.
func newProvider(kind string) (providers.Provider, error) {
	info, err := caddy.GetModule(providers.Namespace + "." + kind)
	if err != nil {
		var kinds []string
		for _, module := range caddy.GetModules(providers.Namespace) {
			kinds = append(kinds, module.ID.Name())
		}
		return nil, fmt.Errorf("unknown provider %q; possible are %s", kind, strings.Join(kinds, ", "))
	}
	provider, ok := info.New().(providers.Provider)
	if !ok {
		return nil, fmt.Errorf("module %s is not a provider", info.ID)
	}
	return provider, nil
}

// accountOption finds the options of an account of the kind: those of every account and those of the provider, which
// cannot take over a name that every account has.
func accountOption(provider providers.Provider, kind string) func(string) (option[Account], error) {
	var own []providers.Option
	if configurable, ok := provider.(providers.Configurable); ok {
		own = configurable.Options()
	}
	return func(name string) (option[Account], error) {
		if opt, ok := accountOptions()[name]; ok {
			return opt, nil
		}
		for i := range own {
			if own[i].Name == name {
				return providerOption(&own[i]), nil
			}
		}
		all := maps.Clone(accountOptions()) // for the error
		for i := range own {
			all[own[i].Name] = providerOption(&own[i])
		}
		return all.find(name, "an account of "+kind)
	}
}

func providerOption(own *providers.Option) option[Account] {
	return option[Account]{form: own.Form, parse: func(d *caddyfile.Dispenser, _ *Account) error {
		err := own.Set(d.RemainingArgs())
		if errors.Is(err, providers.ErrForm) {
			return errForm
		}
		return err
	}}
}

func parseAccountModels(d *caddyfile.Dispenser, a *Account) error {
	if err := setList(func(a *Account) *[]string { return &a.Models })(d, a); err != nil {
		return err
	}
	for _, model := range a.Models {
		if _, err := parseServed(model); err != nil {
			return err
		}
	}
	return nil
}

func parseBaseURL(d *caddyfile.Dispenser, a *Account) error {
	if !d.AllArgs(&a.BaseURL) {
		return errForm
	}
	if strings.Contains(a.BaseURL, "{") {
		return nil // a placeholder, which is resolved and checked when the configuration is loaded
	}
	return checkBaseURL(a.BaseURL)
}

func parseHeader(d *caddyfile.Dispenser, a *Account) error {
	var name, value string
	if !d.AllArgs(&name, &value) {
		return errForm
	}
	if err := checkHeader(name); err != nil {
		return err
	}
	if a.Header == nil {
		a.Header = make(http.Header)
	}
	a.Header.Add(name, value)
	return nil
}

func parseCaps(d *caddyfile.Dispenser, a *Account) error {
	var name, value string
	if !d.AllArgs(&name, &value) {
		return errForm
	}
	c, err := capNamed(name)
	if err != nil {
		return err
	}
	if _, twice := a.Caps[name]; twice {
		return fmt.Errorf("%s is given twice", name)
	}
	raw, err := c.parse(value)
	if err != nil {
		return err
	}
	if a.Caps == nil {
		a.Caps = make(map[string]json.RawMessage)
	}
	a.Caps[name] = raw
	return nil
}

func parseAccountTransport(d *caddyfile.Dispenser, a *Account) (err error) {
	a.TransportRaw, err = parseTransport(d)
	return err
}

package aigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// configFlags say which configuration a command reads, without a running Caddy.
type configFlags struct{ name, adapter string }

// flags adds the flags that Caddy's own commands have for it.
func (f *configFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.name, "config", "c", "", "configuration file; default: Caddyfile in this directory")
	cmd.Flags().StringVarP(&f.adapter, "adapter", "a", "", "name of the adapter of the configuration file")
}

// read returns the configuration in Caddy's JSON.
func (f *configFlags) read() ([]byte, error) {
	raw, used, _, err := caddycmd.LoadConfig(f.name, f.adapter)
	if err == nil && used == "" {
		err = errors.New("there is no Caddyfile in this directory; name the file with --config")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return raw, nil
}

// openedConfig is a configuration whose accounts can be worked with although it does not run.
type openedConfig struct {
	gateways []running
	accounts []*resolvedAccount
	close    func()
}

// open loads the gateways of the configuration without starting anything.
func (f *configFlags) open() (*openedConfig, error) {
	raw, err := f.read()
	if err != nil {
		return nil, err
	}
	return openAccounts(raw)
}

// openAccounts resolves the accounts of a configuration in Caddy's JSON.
func openAccounts(raw []byte) (*openedConfig, error) {
	var config caddy.Config
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	base, err := caddy.ProvisionContext(&caddy.Config{
		Admin: &caddy.AdminConfig{Disabled: true}, Logging: config.Logging, StorageRaw: config.StorageRaw,
	})
	if err != nil {
		return nil, fmt.Errorf("loading the configuration: %w", err)
	}
	ctx, cancel := caddy.NewContext(base)
	c := &openedConfig{close: cancel}
	known := make(map[string]bool)
	for _, gateway := range distinct(handlersIn(config.AppsRaw["http"])) {
		module, err := ctx.LoadModuleByID("http.handlers.ai_gateway", gateway)
		if err != nil {
			cancel()
			return nil, fmt.Errorf("loading the configuration: %w", err)
		}
		h := module.(*Handler)
		c.gateways = append(c.gateways, h.gateway.(running))
		for i := range h.accounts {
			if a := &h.accounts[i]; !known[a.Name] {
				known[a.Name] = true
				c.accounts = append(c.accounts, a)
			}
		}
	}
	return c, nil
}

// find returns the account that somebody wants to log in to.
func (c *openedConfig) find(name string) (*resolvedAccount, error) {
	for _, a := range c.accounts {
		switch {
		case a.Name != name:
		case a.login != nil:
			return a, nil
		case a.disabled:
			return nil, fmt.Errorf("account %q: %s", name, a.why)
		default:
			return nil, fmt.Errorf("account %q needs no login: it has no option oauth", name)
		}
	}
	return nil, fmt.Errorf("the configuration has no account %q; with a login it has: %s", name, c.logins())
}

// logins are the names of the accounts that somebody logs in to, for people.
func (c *openedConfig) logins() string {
	var names []string
	for _, a := range c.accounts {
		if a.login != nil {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// handlersIn returns the gateways in the JSON of Caddy's http app, wherever routes are nested.
func handlersIn(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil {
		if string(object["handler"]) == `"ai_gateway"` {
			delete(object, "handler")
			inner, _ := json.Marshal(object) // it was JSON before
			return []json.RawMessage{inner}
		}
		for _, member := range object {
			list = append(list, handlersIn(member)...)
		}
		return list
	}
	var array []json.RawMessage
	if json.Unmarshal(raw, &array) == nil {
		for _, item := range array {
			list = append(list, handlersIn(item)...)
		}
	}
	return list
}

// distinct leaves out gateways that several sites have.
func distinct(list []json.RawMessage) []json.RawMessage {
	var kept []json.RawMessage
	for _, raw := range list {
		if !slices.ContainsFunc(kept, func(other json.RawMessage) bool { return bytes.Equal(raw, other) }) {
			kept = append(kept, raw)
		}
	}
	return kept
}

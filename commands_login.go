package aigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// loginCommand lets a person log in to an account, on a machine with a browser or without one.
func loginCommand() *cobra.Command {
	var file, adapter, listen string
	var device bool
	cmd := &cobra.Command{
		Use:   "login <account> [--config <file>] [--listen <address> | --device]",
		Short: "Logs in to an account that has the option oauth",
		Long: `Logs in to an account that has the option oauth: prints a link to the
authorisation server, takes its answer and stores the account's tokens where the
gateway keeps them. A gateway that runs takes them up by itself.

On a machine with a browser the answer arrives by itself. Anywhere else, open the
link in your own browser. It ends at an address on 127.0.0.1 that cannot be
reached: paste that address here. With --device, where the authorisation server
grants it, there is a short code instead, which you enter in any browser.

Run it as the user and with the environment that Caddy runs with.

Exit codes: 0 the tokens are stored; 1 there was no login.`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", "", "configuration file; default: Caddyfile in this directory")
	f.StringVarP(&adapter, "adapter", "a", "", "name of the adapter of the configuration file")
	f.StringVar(&listen, "listen", "127.0.0.1:0", "loopback address to wait for the answer at; a client may allow only one port")
	f.BoolVar(&device, "device", false, "log in with a code on another device; needs device_url")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(flags caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		c, err := openConfig(file, adapter)
		if err != nil {
			return exit(err)
		}
		defer c.close()
		return exit(newWizard(cmd.InOrStdin(), cmd.OutOrStdout(), listen, device).run(ctx, c, flags.Arg(0)))
	})
	return cmd
}

// logoutCommand forgets an account's tokens.
func logoutCommand() *cobra.Command {
	var file, adapter string
	cmd := &cobra.Command{
		Use:   "logout <account> [--config <file>]",
		Short: "Forgets the tokens of an account that has the option oauth",
		Long: `Deletes the stored tokens of an account that has the option oauth, or its
credential_file. The authorisation server is not told: revoke the access in the
account's settings there. A gateway that runs uses the last access token until
its end.`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", "", "configuration file; default: Caddyfile in this directory")
	f.StringVarP(&adapter, "adapter", "a", "", "name of the adapter of the configuration file")
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		c, err := openConfig(file, adapter)
		if err != nil {
			return exit(err)
		}
		defer c.close()
		return exit(c.logout(out, args[0]))
	})
}

// openedConfig is a configuration whose accounts can be worked with although it does not run.
type openedConfig struct {
	gateways []running
	accounts []*resolvedAccount
	close    func()
}

// openConfig loads a configuration's gateways without starting anything.
func openConfig(file, adapter string) (*openedConfig, error) {
	raw, used, _, err := caddycmd.LoadConfig(file, adapter)
	if err == nil && used == "" {
		err = errors.New("there is no Caddyfile in this directory; name the file with --config")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
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

// missing are the accounts that nobody has logged in to yet.
func (c *openedConfig) missing(ctx context.Context) []string {
	var names []string
	for _, a := range c.accounts {
		if a.login == nil || a.login.Seed != "" {
			continue
		}
		if _, err := credentials.Get(ctx, a.login.Store); errors.Is(err, fs.ErrNotExist) {
			names = append(names, a.Name)
		}
	}
	return names
}

func (c *openedConfig) logout(out io.Writer, name string) error {
	a, err := c.find(name)
	if err != nil {
		return err
	}
	if err := credentials.Remove(context.Background(), a.login.Store); err != nil {
		return err
	}
	fmt.Fprintf(out, "logged out of %s: no token is left in the %s\n", name, a.login.Store.Where())
	if a.login.Seed != "" {
		fmt.Fprintln(out, "the configuration still has a refresh_token, with which the gateway would begin again")
	}
	return nil
}

// discoverTime bounds the search for a project, which may sign the account up.
const discoverTime = 2 * time.Minute

// describe finds out what the vendor grants an account that has just been logged in to, and stores it.
func (a *resolvedAccount) describe(ctx context.Context, t credentials.Token) (credentials.Token, error) {
	d, ok := a.provider.(providers.Discoverer)
	if !ok {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	call := &providers.Call{BaseURL: a.baseURL, Bearer: t.Access, Header: a.header}
	found, err := d.Discover(ctx, call, providers.Transport(a.provider, a.baseURL, a.login.HTTP.Transport).RoundTrip)
	if err != nil {
		return t, err
	}
	t.Project, t.Tier = found.Project, found.Tier
	return t, credentials.Describe(ctx, a.login.Store, found.Project, found.Tier)
}

package aigateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// loginCommand lets a person log in to an account, on a machine with a browser or without one.
func loginCommand() *cobra.Command {
	config := new(configFlags)
	var listen string
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
	config.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:0", "loopback address to wait for the answer at; a client may allow only one port")
	f.BoolVar(&device, "device", false, "log in with a code on another device; needs device_url")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(flags caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		c, err := config.open()
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
	config := new(configFlags)
	cmd := &cobra.Command{
		Use:   "logout <account> [--config <file>]",
		Short: "Forgets the tokens of an account that has the option oauth",
		Long: `Deletes the stored tokens of an account that has the option oauth, or its
credential_file. The authorisation server is not told: revoke the access in the
account's settings there. A gateway that runs uses the last access token until
its end.`,
		Args: cobra.ExactArgs(1),
	}
	config.flags(cmd)
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		c, err := config.open()
		if err != nil {
			return exit(err)
		}
		defer c.close()
		return exit(c.logout(out, args[0]))
	})
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

package aigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
)

// tryCommand tests one account.
func tryCommand() *cobra.Command {
	c := new(console)
	cmd := &cobra.Command{
		Use:   "test <account>",
		Short: "Tries an account's credential and asks it for its models",
		Long: `Asks an account for its models, which costs nothing, and refreshes its token
before if it has to. It is the running Caddy that asks; when none runs, the
configuration is loaded for it, with the environment of this shell.

Exit codes: 0 the account is well; 1 the command failed; 2 the account is not.`,
		Args: cobra.ExactArgs(1),
	}
	c.flags(cmd)
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		var result tried
		shown, err := c.do(out, http.MethodPost, "accounts/"+url.PathEscape(args[0])+"/test", &result)
		var unreachable *unreachableError
		if errors.As(err, &unreachable) {
			result, err = c.tryHere(args[0])
			if err == nil && c.asJSON {
				shown, err = true, json.NewEncoder(out).Encode(result)
			}
		}
		if err != nil {
			return exit(err)
		}
		if !shown {
			result.print(out)
		}
		if !result.OK {
			return exitTrouble, nil
		}
		return caddy.ExitCodeSuccess, nil
	})
}

// tryHere tests an account in this process.
func (c *console) tryHere(name string) (tried, error) {
	opened, err := (&configFlags{c.config, c.adapter}).open()
	if err != nil {
		return tried{}, fmt.Errorf("no Caddy is running, and: %w", err)
	}
	defer opened.close()
	for _, g := range opened.gateways {
		for _, account := range g.accounts() {
			if account.Name == name {
				return account.try(context.Background()), nil
			}
		}
	}
	return tried{}, fmt.Errorf("the configuration has no account %q", name)
}

func (t *tried) print(out io.Writer) {
	if t.OK {
		fmt.Fprintf(out, "%s: it answers, and takes the credential\n", t.Account)
	} else {
		fmt.Fprintf(out, "%s: %s\n", t.Account, t.Problem)
	}
	if t.Advice != "" {
		fmt.Fprintf(out, "  %s\n", t.Advice)
	}
	if t.Note != "" {
		fmt.Fprintf(out, "  not asked for models: %s\n", t.Note)
	}
	for _, name := range t.Missing {
		fmt.Fprintf(out, "  its list of models does not have %q\n", name)
	}
	if t.Login == nil {
		return
	}
	fmt.Fprintf(out, "  login: %s", t.Login.State)
	if !t.Login.Expires.IsZero() {
		fmt.Fprintf(out, ", token good until %s", t.Login.Expires.Format(time.RFC3339))
	}
	if t.Login.Unsaved {
		fmt.Fprint(out, ", not stored")
	}
	fmt.Fprintln(out)
}

package aigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// exitTrouble is the exit code of a command that has done its work and found something that needs a person.
// 1 says that the command itself failed.
const exitTrouble = 2

// console is how a command reaches the running Caddy, and how it shows what it gets.
type console struct {
	address, config, adapter string
	asJSON                   bool
}

// flags adds the flags that Caddy's own commands have for it.
func (c *console) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "address of the running Caddy's admin endpoint; default: as in --config, else localhost:2019")
	f.StringVarP(&c.config, "config", "c", "", "configuration file to take the address from")
	f.StringVarP(&c.adapter, "adapter", "a", "", "name of the adapter of the configuration file")
	f.BoolVar(&c.asJSON, "json", false, "print JSON")
}

// run makes f what the command does.
func run(cmd *cobra.Command, f func(out io.Writer, args []string) (int, error)) *cobra.Command {
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(flags caddycmd.Flags) (int, error) {
		return f(cmd.OutOrStdout(), flags.Args())
	})
	return cmd
}

// call asks the admin API of the running Caddy and returns its JSON.
func (c *console) call(method, path string) ([]byte, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(c.address, nil, c.config, c.adapter)
	if err != nil {
		return nil, fmt.Errorf("finding the admin endpoint: %w", err)
	}
	resp, err := caddycmd.AdminAPIRequest(address, method, adminPrefix+path, nil, nil)
	if err != nil && strings.Contains(err.Error(), "HTTP ") {
		return nil, plainError(err)
	}
	if err != nil {
		return nil, &unreachableError{address, err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the admin endpoint: %w", err)
	}
	return body, nil
}

// unreachableError says that no admin endpoint answers.
type unreachableError struct {
	address string
	cause   error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("asking the admin endpoint at %s: %v; is Caddy running, and is this the address of its option admin?", e.address, e.cause)
}

// Unwrap returns why.
func (e *unreachableError) Unwrap() error { return e.cause }

// plainError is what the admin API says was wrong, without what is around it.
func plainError(err error) error {
	var api struct {
		Error string `json:"error"`
	}
	_, body, found := strings.Cut(err.Error(), "{")
	if !found || json.Unmarshal([]byte("{"+strings.TrimSpace(body)), &api) != nil || api.Error == "" {
		return err
	}
	return errors.New(api.Error)
}

// get asks for something to show. With --json it is printed at once and shown is true.
func (c *console) get(out io.Writer, path string, into any) (shown bool, err error) {
	return c.do(out, http.MethodGet, path, into)
}

func (c *console) do(out io.Writer, method, path string, into any) (shown bool, err error) {
	body, err := c.call(method, path)
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, fmt.Errorf("reading the answer of the admin endpoint: %w", err)
	}
	if c.asJSON {
		_, err = out.Write(body)
		return true, err
	}
	return false, nil
}

// exit returns an error with Caddy's exit code for it.
func exit(err error) (int, error) {
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	return caddy.ExitCodeSuccess, nil
}

// printJSON shows a value with --json.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "\t")
	return encoder.Encode(value)
}

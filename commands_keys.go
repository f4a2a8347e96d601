package aigateway

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// keysCommand shows the clients' keys, and makes new ones.
func keysCommand() *cobra.Command {
	c := new(console)
	cmd := &cobra.Command{
		Use:   "keys [--address <address>] [--json]",
		Short: "Shows the keys of the running gateways and what is left of their limits",
		Args:  cobra.NoArgs,
	}
	c.flags(cmd)
	run(cmd, func(out io.Writer, _ []string) (int, error) {
		var list []keyStatus
		if shown, err := c.get(out, "keys", &list); shown || err != nil {
			return exit(err)
		}
		return exit(printKeys(out, list))
	})
	cmd.AddCommand(newKeyCommand())
	return cmd
}

func printKeys(out io.Writer, keys []keyStatus) error {
	t := newTable(out, "KEY", "GATEWAYS", "RUNNING", "RATE", "TOKENS", "BUDGET", "SPENT TODAY", "THIS MONTH", "EXPIRES")
	for _, k := range keys {
		running := fmt.Sprint(k.Running)
		if k.Concurrency > 0 {
			running += fmt.Sprintf("/%d", k.Concurrency)
		}
		if k.Waiting > 0 {
			running += fmt.Sprintf(" +%d", k.Waiting)
		}
		expires := cell{}
		if k.Expires != nil {
			expires.text = k.Expires.Format("2006-01-02 15:04")
		}
		if k.Expired {
			expires = cell{"expired", red}
		}
		t.row(text("%s", k.Name), text("%s", strings.Join(k.Gateways, " ")), text("%s", running), k.Rate.cell(), k.Tokens.cell(),
			text("%s", k.Budget), text("$%.4f", k.SpentTodayUSD), text("$%.4f", k.SpentMonthUSD), expires)
	}
	return t.print()
}

// cell shows what is left of a limit.
func (l *limitUse) cell() cell {
	if l == nil {
		return cell{}
	}
	c := text("%d left of %s", l.Remaining, l.Limit)
	if l.Remaining == 0 {
		c.colour = red
	}
	return c
}

// newKey is a key that was just made.
type newKey struct {
	Name   string `json:"name"`
	Secret string `json:"secret"`
	Line   string `json:"line"` // for the Caddyfile
}

// newKeyCommand makes a key. It needs no running Caddy.
func newKeyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "new <name> [--json]",
		Short: "Makes a key for a client",
		Long: `Makes a secret for a client, and the line with its digest for the Caddyfile.
The secret is shown this once and stored nowhere: give it to the client.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		key, err := makeKey(args[0])
		if err != nil {
			return exit(err)
		}
		if asJSON {
			return exit(printJSON(out, key))
		}
		_, err = fmt.Fprintf(out, "For the Caddyfile, within ai_gateway:\n\n\t%s\n\nFor the client, shown only this once:\n\n\t%s\n", key.Line, key.Secret)
		return exit(err)
	})
}

// secretBytes is how much chance a secret holds.
const secretBytes = 32

func makeKey(name string) (newKey, error) {
	if err := checkName(name); err != nil {
		return newKey{}, fmt.Errorf("naming the key: %w", err)
	}
	random := make([]byte, secretBytes)
	if _, err := rand.Read(random); err != nil {
		return newKey{}, fmt.Errorf("drawing a secret: %w", err)
	}
	secret := "sk-" + base64.RawURLEncoding.EncodeToString(random)
	digest := sha256.Sum256([]byte(secret))
	return newKey{name, secret, "key " + name + " sha256:" + hex.EncodeToString(digest[:])}, nil
}

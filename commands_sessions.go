package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

// sessionsCommand counts, finds and forgets sessions.
func sessionsCommand() *cobra.Command {
	c := new(console)
	cmd := &cobra.Command{
		Use:   "sessions [--address <address>] [--json]",
		Short: "Counts the sessions that are on an account",
		Args:  cobra.NoArgs,
	}
	c.flags(cmd)
	run(cmd, func(out io.Writer, _ []string) (int, error) {
		var all sessionsStatus
		if shown, err := c.get(out, "sessions", &all); shown || err != nil {
			return exit(err)
		}
		fmt.Fprintf(out, "about %d sessions\n\n", all.Count)
		t := newTable(out, "GATEWAY", "STICKY")
		for _, g := range all.Gateways {
			sticky := text("%s", time.Duration(g.TTLSeconds*float64(time.Second)))
			if !g.Sticky {
				sticky = text("off")
			}
			t.row(text("%s", g.Gateway), sticky)
		}
		return exit(t.print())
	})
	cmd.AddCommand(
		sessionCommand("find", http.MethodGet, "Tells which account a session is on"),
		sessionCommand("forget", http.MethodDelete, "Lets the next request of a session choose its account anew"),
	)
	return cmd
}

// sessionCommand does something with the sessions of one name.
func sessionCommand(verb, method, short string) *cobra.Command {
	c := new(console)
	var gateway, key string
	cmd := &cobra.Command{
		Use:   verb + " <session> [--key <name>] [--gateway <name>]",
		Short: short,
		Long: short + `.

A session is named by the 16 hex digits of the field ai_session of the access
log.`,
		Args: cobra.ExactArgs(1),
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&key, "key", "", "only of the client with this key")
	cmd.Flags().StringVar(&gateway, "gateway", "", "only in this gateway")
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		q := url.Values{}
		for name, value := range map[string]string{"key": key, "gateway": gateway} {
			if value != "" {
				q.Set(name, value)
			}
		}
		var found []sessionStatus
		if shown, err := c.do(out, method, "sessions/"+url.PathEscape(args[0])+"?"+q.Encode(), &found); shown || err != nil {
			return exit(err)
		}
		t := newTable(out, "SESSION", "GATEWAY", "KEY", "ACCOUNT")
		for _, s := range found {
			t.row(text("%s", s.Session), text("%s", s.Gateway), text("%s", s.Key), text("%s", s.Account))
		}
		return exit(t.print())
	})
}

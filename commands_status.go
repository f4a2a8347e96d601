package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
)

// statusCommand tells at a glance how the gateways fare.
func statusCommand() *cobra.Command {
	c := new(console)
	cmd := &cobra.Command{
		Use:   "status [--address <address>] [--json]",
		Short: "Shows how the running gateways fare",
		Long: `Shows the gateways of the running Caddy and their accounts.

Exit codes: 0 all accounts that have a credential may answer; 1 Caddy could not
be asked; 2 some account is down, needs a login or was taken out of use.`,
		Args: cobra.NoArgs,
	}
	c.flags(cmd)
	return run(cmd, func(out io.Writer, _ []string) (int, error) { return c.status(out) })
}

// overview is what `status --json` prints.
type overview struct {
	Gateways []gatewayStatus `json:"gateways"`
	Accounts []accountStatus `json:"accounts"`
}

func (c *console) status(out io.Writer) (int, error) {
	var all overview
	quiet := *c
	quiet.asJSON = false
	if _, err := quiet.get(out, "gateways", &all.Gateways); err != nil {
		return exit(err)
	}
	if _, err := quiet.get(out, "accounts", &all.Accounts); err != nil {
		return exit(err)
	}
	code := caddy.ExitCodeSuccess
	running := 0
	for _, a := range all.Accounts {
		running += a.InUse
		if a.down() {
			code = exitTrouble
		}
	}
	if c.asJSON {
		return code, printJSON(out, all)
	}
	for _, g := range all.Gateways {
		fmt.Fprintf(out, "gateway %s: %s, %s, %d waiting\n", g.Name, counted(len(g.Accounts), "account"), counted(len(g.Keys), "key"), g.Waiting)
	}
	if len(all.Gateways) == 0 {
		fmt.Fprintln(out, "no gateway is running")
	}
	fmt.Fprintf(out, "%s running\n\n", counted(running, "request"))
	return code, printAccounts(out, all.Accounts, time.Now())
}

// counted returns a number of things, such as 1 key or 2 keys.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// down reports whether a person may have to do something.
func (a *accountStatus) down() bool {
	switch a.State {
	case stateOff, stateLogin, stateFrozen, stateCooldown, stateProbing:
		return true
	}
	return false
}

// stateColours are how terminals show states.
var stateColours = map[accountState]string{
	stateReady: green, stateFull: yellow, stateLimited: yellow, stateProbing: yellow,
	stateCooldown: red, stateFrozen: red, stateLogin: red, stateOff: red, stateDisabled: grey,
}

func printAccounts(out io.Writer, accounts []accountStatus, now time.Time) error {
	t := newTable(out, "ACCOUNT", "PROVIDER", "STATE", "FOR", "RUNNING", "OK", "FAILED", "RATE", "FIRST BYTE", "TOTAL", "USED", "WHY")
	for _, a := range accounts {
		slots := fmt.Sprint(a.InUse)
		if a.Limit > 0 {
			slots += fmt.Sprintf("/%d", a.Limit)
		}
		if a.Waiting > 0 {
			slots += fmt.Sprintf(" +%d", a.Waiting)
		}
		why := a.Reason
		if why == "" && a.LastError != nil {
			why = "last failure: " + strings.TrimSuffix(a.LastError.Kind+": "+a.LastError.Reason, ": ") + ", " + ago(a.LastError.At, now)
		}
		if why == "" && a.Check != nil && a.Check.Problem != "" {
			why = "when looked at: " + a.Check.Problem + ", " + ago(a.Check.At, now)
		}
		rate := cell{}
		if a.SuccessRate != nil {
			rate = text("%.0f%%", *a.SuccessRate*100)
		}
		t.row(text("%s", a.Name), text("%s", a.Provider), cell{string(a.State), stateColours[a.State]}, text("%s", until(a.Until, now)),
			text("%s", slots), text("%d", a.Succeeded), text("%d", a.Failed), rate,
			seconds(a.FirstByteSeconds), seconds(a.TotalSeconds), text("%s", ago(a.UsedAt, now)), text("%s", why))
	}
	return t.print()
}

// seconds shows an average; before the first value there is none.
func seconds(average float64) cell {
	if average == 0 {
		return cell{}
	}
	return text("%.2fs", average)
}

// accountsCommand shows the accounts and lets people interfere.
func accountsCommand() *cobra.Command {
	c := new(console)
	cmd := &cobra.Command{
		Use:   "accounts [<account>] [--address <address>] [--json]",
		Short: "Shows the accounts of the running gateways, or one with its quota and limits",
		Args:  oneOrVerb,
	}
	c.flags(cmd)
	run(cmd, func(out io.Writer, args []string) (int, error) {
		if len(args) == 1 {
			return exit(c.account(out, args[0]))
		}
		var list []accountStatus
		if shown, err := c.get(out, "accounts", &list); shown || err != nil {
			return exit(err)
		}
		return exit(printAccounts(out, list, time.Now()))
	})
	for _, verb := range []struct{ name, short string }{
		{"freeze", "Keeps requests from an account for a time"},
		{"unfreeze", "Ends all cooldowns of an account"},
		{"disable", "Takes an account out of use until it is enabled or Caddy restarts"},
		{"enable", "Takes an account back into use"},
		{"refresh", "Exchanges an account's token now"},
	} {
		cmd.AddCommand(handCommand(verb.name, verb.short))
	}
	cmd.AddCommand(tryCommand())
	return cmd
}

// oneOrVerb takes the name of an account, and tells the verbs that would take more than it.
func oneOrVerb(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	var verbs []string
	for _, sub := range cmd.Commands() {
		verbs = append(verbs, sub.Name())
	}
	return fmt.Errorf("%q is none of the commands %s; to show one account, give its name alone", args[0], strings.Join(verbs, ", "))
}

// account shows one account.
func (c *console) account(out io.Writer, name string) error {
	var a accountStatus
	if shown, err := c.get(out, "accounts/"+url.PathEscape(name), &a); shown || err != nil {
		return err
	}
	if err := printAccounts(out, []accountStatus{a}, time.Now()); err != nil {
		return err
	}
	return printQuota(out, &a, time.Now())
}

// handCommand does something to one account.
func handCommand(verb, short string) *cobra.Command {
	c := new(console)
	var duration, reason string
	cmd := &cobra.Command{Use: verb + " <account>", Short: short, Args: cobra.ExactArgs(1)}
	c.flags(cmd)
	if verb == "freeze" {
		cmd.Flags().StringVar(&duration, "duration", "1h", "for how long")
		cmd.Flags().StringVar(&reason, "reason", "", "why, for those who look at the account")
	}
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		path := "accounts/" + url.PathEscape(args[0]) + "/" + verb
		if verb == "freeze" {
			path += "?" + url.Values{"duration": {duration}, "reason": {reason}}.Encode()
		}
		var now accountStatus
		if shown, err := c.do(out, http.MethodPost, path, &now); shown || err != nil {
			return exit(err)
		}
		return exit(printAccounts(out, []accountStatus{now}, time.Now()))
	})
}

// explainCommand tells which account would answer.
func explainCommand() *cobra.Command {
	c := new(console)
	q := url.Values{}
	var key, gateway, dialect, session string
	cmd := &cobra.Command{
		Use:   "explain <model> [--key <name>] [--session <name>] [--gateway <name>] [--dialect <dialect>]",
		Short: "Tells which account would answer a request now, and why not the others",
		Long: `Tells which account of the running gateway would answer a request now, and why
not the others. Nothing is sent to any account.

Exit codes: 0 an account would answer; 1 the question could not be asked; 2 none would.`,
		Args: cobra.ExactArgs(1),
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&key, "key", "", "name of the client's key; default: one that may everything")
	cmd.Flags().StringVar(&session, "session", "", "the conversation, by the access log's field ai_session; default: none")
	cmd.Flags().StringVar(&gateway, "gateway", "", "name of the gateway, if there are several")
	cmd.Flags().StringVar(&dialect, "dialect", "chat", "the client's dialect: chat, responses, anthropic or gemini")
	return run(cmd, func(out io.Writer, args []string) (int, error) {
		for name, value := range map[string]string{"model": args[0], "key": key, "session": session, "gateway": gateway, "dialect": dialect} {
			if value != "" {
				q.Set(name, value)
			}
		}
		var answer struct{ Chosen, Text string }
		shown, err := c.get(out, "explain?"+q.Encode(), &answer)
		if err != nil {
			return exit(err)
		}
		if !shown {
			fmt.Fprint(out, answer.Text)
		}
		if answer.Chosen == "" {
			return exitTrouble, nil
		}
		return caddy.ExitCodeSuccess, nil
	})
}

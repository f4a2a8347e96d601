package aigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
)

// doctorCommand examines a configuration before it runs.
func doctorCommand() *cobra.Command {
	var d doctor
	config := new(configFlags)
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [--config <file>] [--probe] [--json]",
		Short: "Examines a configuration and says what to mend",
		Long: `Examines a configuration: whether it loads, whether the variables and files that
it reads are there, and what is unwise in it. With --probe each account is asked
for its list of models, which shows that it can be reached and that its
credential is good, and costs nothing.

Run it as the user and with the environment that Caddy runs with.

Exit codes: 0 nothing is wrong (there may be warnings); 1 there is no
configuration to examine; 2 something is wrong.`,
		Args: cobra.NoArgs,
	}
	config.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&d.probe, "probe", false, "ask each account for its models")
	f.DurationVar(&d.timeout, "timeout", 15*time.Second, "time that an account may take to answer")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return run(cmd, func(out io.Writer, _ []string) (int, error) {
		raw, err := config.read()
		if err != nil {
			return exit(err)
		}
		d.examine(raw)
		return d.report(out, asJSON)
	})
}

// doctor examines a configuration.
type doctor struct {
	probe   bool
	timeout time.Duration

	findings []finding
}

// finding is one thing that the doctor has found.
type finding struct {
	Level string `json:"level"` // ok, warning or error
	Where string `json:"where"`
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

// The levels of findings.
const (
	levelOK      = "ok"
	levelWarning = "warning"
	levelError   = "error"
)

func (d *doctor) find(level, where, what, mend string) {
	d.findings = append(d.findings, finding{level, where, what, mend})
}

// examine looks at a configuration in Caddy's JSON.
func (d *doctor) examine(config []byte) {
	var c caddy.Config
	if err := json.Unmarshal(config, &c); err != nil {
		d.find(levelError, "configuration", "it is not Caddy's JSON: "+err.Error(), "adapt it from a Caddyfile")
		return
	}
	found := distinct(handlersIn(c.AppsRaw["http"]))
	if len(found) == 0 {
		d.find(levelError, "configuration", "it has no ai_gateway", "write the directive ai_gateway into a site")
		return
	}
	d.examineServer(&c)
	for _, raw := range found {
		d.examineGateway(raw)
	}
	if d.broken() {
		return // loading would fail for the same reasons, and tell only the first
	}
	if err := caddy.Validate(&c); err != nil {
		d.find(levelError, "configuration", err.Error(), "")
		return
	}
	d.find(levelOK, "configuration", "it loads", "")
	if d.probe {
		d.probeAll(config)
	}
}

func (d *doctor) broken() bool {
	for _, f := range d.findings {
		if f.Level == levelError {
			return true
		}
	}
	return false
}

// report prints what was found.
func (d *doctor) report(out io.Writer, asJSON bool) (int, error) {
	code := caddy.ExitCodeSuccess
	if d.broken() {
		code = exitTrouble
	}
	if asJSON {
		return code, printJSON(out, d.findings)
	}
	colour := takesColour(out)
	colours := map[string]string{levelOK: green, levelWarning: yellow, levelError: red}
	for _, f := range d.findings {
		if _, err := fmt.Fprintf(out, "%s  %s: %s\n", paint(colour, cell{f.Level, colours[f.Level]}), f.Where, f.What); err != nil {
			return exit(err)
		}
		if f.Mend != "" {
			fmt.Fprintf(out, "    %s\n", f.Mend)
		}
	}
	return code, nil
}

// probeAll asks the accounts of all gateways for their models. One that several gateways have is asked once.
func (d *doctor) probeAll(config []byte) {
	opened, err := openAccounts(config)
	if err != nil {
		d.find(levelError, "configuration", err.Error(), "")
		return
	}
	defer opened.close()
	asked := make(map[string]bool)
	for _, gateway := range opened.gateways {
		for _, a := range gateway.Pool.Accounts() {
			if a.Disabled || asked[a.Name] {
				continue
			}
			asked[a.Name] = true
			limit, end := context.WithTimeout(context.Background(), d.timeout)
			missing, err := gateway.Probe(limit, a)
			end()
			d.judgeProbe("account "+a.Name, missing, err)
		}
	}
}

func (d *doctor) judgeProbe(where string, missing []string, err error) {
	switch {
	case errors.Is(err, handlers.ErrNoProbe):
		d.find(levelOK, where, "not asked: "+err.Error(), "")
	case err != nil:
		d.find(levelError, where, "listing its models: "+err.Error(), handlers.Reach(err))
	default:
		d.find(levelOK, where, "it answers, and takes the credential", "")
	}
	for _, name := range missing {
		d.find(levelWarning, where, fmt.Sprintf("its list of models does not have %q", name), "look at the name, unless the vendor hides it")
	}
}

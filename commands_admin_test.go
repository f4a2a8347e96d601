package aigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
)

// command runs a command with arguments, and returns what it prints. Its error is also there for an exit code that is
// not 0.
func command(t *testing.T, cmd *cobra.Command, args ...string) (out string, err error) {
	t.Helper()
	var b bytes.Buffer
	root := &cobra.Command{Use: "ai-gateway", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cmd)
	root.SetOut(&b)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{cmd.Name()}, args...))
	err = root.Execute()
	return b.String(), err
}

// endpoint serves the admin API as Caddy does.
func endpoint(t *testing.T) (address string) {
	t.Helper()
	api := &adminAPI{logger: zap.NewNop()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := api.serve(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestStatusCommands(t *testing.T) {
	admin(t)
	at := "--address=" + endpoint(t)
	for _, tt := range []struct {
		cmd  *cobra.Command
		args []string
		want []string
	}{
		{statusCommand(), []string{at}, []string{"gateway main: 3 accounts, 2 keys", "one", "ready", "ADMIN_TEST_MISSING"}},
		{accountsCommand(), []string{at}, []string{"ACCOUNT", "openai", "0/4"}},
		{keysCommand(), []string{at}, []string{"alice", "60 left of 60/1m", "5.00 USD per day", "2027-02-01"}},
		{explainCommand(), []string{"fast", at, "--key", "alice"}, []string{"two would answer"}},
		{accountsCommand(), []string{"freeze", "one", at, "--duration", "2h", "--reason", "because"}, []string{"frozen: because", "h0m0s"}},
		{accountsCommand(), []string{"unfreeze", "one", at}, []string{"ready"}},
		{statusCommand(), []string{at, "--json"}, []string{`"gateways"`, `"state": "ready"`}},
		{keysCommand(), []string{at, "--json"}, []string{`"name":"alice"`}},
	} {
		out, err := command(t, tt.cmd, tt.args...)
		if err != nil {
			t.Errorf("%v: %v", tt.args, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s %v: no %q in\n%s", tt.cmd.Name(), tt.args, want, out)
			}
		}
		if strings.Contains(out, "secret-") || strings.Contains(out, "\x1b") {
			t.Errorf("%s %v: a secret, or colours outside of a terminal:\n%s", tt.cmd.Name(), tt.args, out)
		}
	}
	if _, err := command(t, accountsCommand(), "frobnicate", "one"); err == nil || !strings.Contains(err.Error(), `"frobnicate" is none of the commands disable, enable, freeze, refresh, test, unfreeze`) {
		t.Errorf("an unknown verb: %v", err)
	}
	if got := counted(1, "key") + counted(0, "key"); got != "1 key0 keys" {
		t.Error(got)
	}
}

func TestStatusOfTrouble(t *testing.T) {
	admin(t)
	at := "--address=" + endpoint(t)
	if _, err := command(t, accountsCommand(), "disable", "one", at); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, statusCommand(), at); err == nil || !strings.Contains(out, "taken out of use") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := command(t, explainCommand(), "gpt-5", at); err == nil || !strings.Contains(out, "no account would answer") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := command(t, accountsCommand(), "enable", "nobody", at); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Error(err)
	}
	if _, err := command(t, statusCommand(), "--address=127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "is Caddy running") {
		t.Error(err)
	}
}

// TestErrorsOfTheAPIAreShownPlainly wants what the API says without what it is wrapped in.
func TestErrorsOfTheAPIAreShownPlainly(t *testing.T) {
	for in, want := range map[string]string{
		"caddy responded with error: HTTP 404: {\"error\":\"there is no account \\\"x\\\"\"}\n": `there is no account "x"`,
		"caddy responded with error: HTTP 502: {broken":                                         "caddy responded with error: HTTP 502: {broken",
	} {
		if got := plainError(errors.New(in)).Error(); got != want {
			t.Errorf("%q is shown as %q", in, got)
		}
	}
}

// TestNewKey makes a key and lets a client in with it.
func TestNewKey(t *testing.T) {
	out, err := command(t, keysCommand(), "new", "bob", "--json")
	must(t, err)
	var made newKey
	must(t, json.Unmarshal([]byte(out), &made))
	if !regexp.MustCompile(`^key bob sha256:[0-9a-f]{64}$`).MatchString(made.Line) || len(made.Secret) < 40 {
		t.Fatalf("%+v", made)
	}
	keys, err := access.New([]access.Key{{Name: "bob", Secret: strings.Fields(made.Line)[2]}}, false)
	must(t, err)
	defer keys.Close()
	if key, ok := keys.Find(made.Secret); !ok || key.Name != "bob" {
		t.Error("the secret does not fit the line")
	}
	text, err := command(t, keysCommand(), "new", "bob")
	must(t, err)
	if strings.Contains(text, made.Secret) || strings.Count(text, "sk-") != 1 {
		t.Errorf("another key is:\n%s", text)
	}
	if _, err := command(t, keysCommand(), "new", "Bob!"); err == nil {
		t.Error("a name that the Caddyfile refuses is taken")
	}
}

func TestDoctor(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret-good" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"there","object":"model"}]}`)
	}))
	t.Cleanup(upstream.Close)
	t.Setenv("DOCTOR_KEY", "sk-doctor")
	account := func(secret, models string) string {
		return "account a openai_compatible " + secret + " {\n\t\t\tbase_url " + upstream.URL + "/v1\n\t\t\tmodels " + models + "\n\t\t}"
	}
	for _, tt := range []struct {
		name, global, gateway string
		bad                   bool
		want, not             []string
	}{
		{"all well", "grace_period 30s", "key k {env.DOCTOR_KEY}\n" + account("secret-good", "there"), false,
			[]string{"it loads", "account a: it answers"}, []string{"error", "grace_period", "key k"}},
		{"unwise", "", "key k sk-literal\nallow_anonymous\n" + account("{env.DOCTOR_KEY}", "*"), true,
			[]string{"grace_period", "key k: its secret stands", "everybody who reaches it", "status 401", "the credential is refused"}, nil},
		{"a model that is not there", "", "key k {env.DOCTOR_KEY}\n" + account("secret-good", "there gone"), false,
			[]string{`does not have "gone"`}, []string{`"there"`}},
		{"the simulator answers to every name", "", "key k {env.DOCTOR_KEY}\naccount b simulator {\n\t\t\tmodels shaky\n\t\t}", false,
			[]string{"account b: it answers"}, []string{"shaky"}},
		{"nothing set", "", "key k {env.DOCTOR_NONE}\naccount b gemini {env.DOCTOR_ALSO_NONE}", true,
			[]string{"set {env.DOCTOR_NONE}", "set {env.DOCTOR_ALSO_NONE}", "none of its accounts can answer"}, []string{"it loads"}},
		{"it does not load", "", "key k {env.DOCTOR_KEY}\naccount b simulator {\n\t\t\tweight 0\n\t\t}", true, nil, []string{"it loads"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "Caddyfile")
			content := "{\n\tadmin off\n\t" + tt.global + "\n}\nhttp://127.0.0.1:9 {\n\tai_gateway {\n\t\t" + tt.gateway + "\n\t}\n}\n"
			must(t, os.WriteFile(file, []byte(content), 0o600))
			out, err := command(t, doctorCommand(), "--config", file, "--probe")
			if (err != nil) != tt.bad {
				t.Errorf("%v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			for _, not := range append(tt.not, "secret-good", "sk-literal", "sk-doctor") {
				if strings.Contains(out, not) {
					t.Errorf("%q is in\n%s", not, out)
				}
			}
		})
	}
}

// TestStatusDown wants the status to end with another exit code whenever somebody may have to act, and not for what ends by
// itself or was meant.
func TestStatusDown(t *testing.T) {
	for state, want := range map[accountState]bool{
		stateDisabled: false, stateOff: true, stateLogin: true, stateFrozen: true, stateCooldown: true, stateProbing: true,
		stateLimited: false, stateFull: false, stateReady: false,
	} {
		if a := (accountStatus{State: state}); a.down() != want {
			t.Errorf("%s: down is %v", state, !want)
		}
		if _, ok := stateColours[state]; !ok {
			t.Errorf("%s has no colour", state)
		}
	}
}

package aigateway

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenLine stands between the Caddyfile and what it becomes.
const goldenLine = "\n----------\n"

// TestAdapt turns every Caddyfile of testdata/adapt into JSON, or into its error.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/adapt/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".caddyfiletest")
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
			input, want, _ := strings.Cut(string(content), goldenLine)

			got := adapt(t, input)
			if failed := !strings.HasPrefix(got, "{"); failed != strings.HasPrefix(name, "error_") {
				t.Errorf("a file begins with error_ if and only if it has a mistake; got %s", got)
			}
			if *update {
				if err := os.WriteFile(file, []byte(input+goldenLine+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// adapt returns the JSON or the error, and checks that JSON is the same when the Caddyfile is adapted again.
func adapt(t *testing.T, input string) string {
	t.Helper()
	adapter := caddyconfig.GetAdapter("caddyfile")
	raw, warnings, err := adapter.Adapt([]byte(strings.TrimSuffix(input, "\n")+"\n"), nil)
	if err != nil {
		return err.Error() + "\n"
	}
	for _, warning := range warnings {
		t.Errorf("line %d: %s: %s", warning.Line, warning.Directive, warning.Message)
	}
	again, _, err := adapter.Adapt([]byte(strings.TrimSuffix(input, "\n")+"\n"), nil)
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("adapting again gave something else: %v\n%s", err, again)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return pretty.String() + "\n"
}

// TestAdaptCoversEveryOption fails when an option has no golden file that uses it, or none that gets it wrong.
func TestAdaptCoversEveryOption(t *testing.T) {
	files, _ := filepath.Glob("testdata/adapt/*.caddyfiletest")
	var right, wrong strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(string(content), goldenLine)
		if strings.HasPrefix(filepath.Base(file), "error_") {
			wrong.Write(content)
		} else {
			right.WriteString(input)
		}
	}
	blocks := map[string][]string{
		"gateway": gatewayOptions().names(), "key": keyOptions().names(), "account": accountOptions().names(),
		"model": modelOptions().names(), "stream": streamOptions().names(), "failover": failoverOptions().names(),
		"cooldown": cooldownOptions().names(), "oauth": oauthOptions().names(), "admin": adminSiteOptions().names(),
	}
	for _, module := range caddy.GetModules(providers.Namespace) {
		if p, ok := module.New().(providers.Configurable); ok {
			for _, own := range p.Options() {
				blocks[module.ID.Name()] = append(blocks[module.ID.Name()], own.Name)
			}
		}
	}
	for block, names := range blocks {
		for _, name := range names {
			if !strings.Contains(right.String(), "\t"+name+" ") && !strings.Contains(right.String(), "\t"+name+"\n") {
				t.Errorf("%s: no golden file uses %s", block, name)
			}
			if !strings.Contains(wrong.String(), "\n"+name+": ") && !strings.Contains(wrong.String(), ": "+name+": ") {
				t.Errorf("%s: no golden file gets %s wrong", block, name)
			}
		}
	}
}

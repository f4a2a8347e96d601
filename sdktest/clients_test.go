package sdktest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// captured is one request that a coding agent has sent.
type captured struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// capturedModels are the names in the captured requests, and the models that they stand for where the upstream is of
// the same vendor.
var capturedModels = map[string]struct{ dialect, model string }{
	"gpt-4.1-fake":           {"chat", "sim-gpt-4.1"},
	"gpt-5-fake":             {"responses", "sim-gpt-5"},
	"claude-sonnet-4-5-fake": {"anthropic", "sim-claude-sonnet-4-5"},
	"claude-opus-4-8-fake":   {"anthropic", "sim-claude-opus-4-8"},
	"gemini-2.5-flash-fake":  {"gemini", "sim-gemini-2.5-flash"},
	"gemini-3-pro-fake":      {"gemini", "sim-gemini-3-pro-preview"},
}

// clientSites have one account for each upstream, which knows the models of the captured requests by its own names.
func clientSites() []site {
	var all []site
	for i, up := range upstreams {
		var models strings.Builder
		for name, own := range capturedModels {
			model := up.model
			if own.dialect == up.dialect {
				model = own.model
			}
			fmt.Fprintf(&models, " %s=%s", name, model)
		}
		all = append(all, site{clientHost(i), fmt.Sprintf("account clients-%d simulator {\nspeaks %s\nmodels%s\n}", i, up.dialect, models.String())})
	}
	return all
}

func clientHost(i int) string { return fmt.Sprintf("clients-%d.test", i) }

// nonsense are the requests that are wrong by themselves, and are refused by those who look at what is wrong.
var nonsense = map[string]string{
	"opencode-anthropic/01-side": "anthropic", // a budget of -1 tokens
}

// TestClients posts what coding agents have sent, headers and all, but for the key.
func TestClients(t *testing.T) {
	files, err := filepath.Glob("testdata/clients/*/*.json.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captured requests: %v", err)
	}
	for i, up := range upstreams {
		t.Run(up.String(), func(t *testing.T) {
			t.Parallel()
			for _, file := range files {
				rest, _ := filepath.Rel("testdata/clients", file)
				name := strings.TrimSuffix(filepath.ToSlash(rest), ".json.gz")
				t.Run(name, func(t *testing.T) {
					q, d := readCaptured(t, file)
					a := q.send(t, clientHost(i), d)
					if nonsense[name] == up.dialect {
						a.expect(t, http.StatusBadRequest)
						return
					}
					a.expect(t, http.StatusOK)
					if a.report.Ending != grammar.Complete {
						t.Errorf("ending %q: %.3000s", a.report.Ending, a.body)
					}
					if a.report.Text == "" {
						t.Errorf("the answer says nothing: %.3000s", a.body)
					}
				})
			}
		})
	}
}

// readCaptured reads a captured request and gives it the tests' key.
func readCaptured(t *testing.T, file string) (raw, grammar.Dialect) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var c captured
	if err := json.NewDecoder(zr).Decode(&c); err != nil {
		t.Fatal(err)
	}
	q := raw{method: c.Method, path: c.Path, body: string(c.Body), header: http.Header{}, anonymous: true}
	for name, value := range c.Headers {
		switch name {
		case "host", "content-length", "connection":
			continue
		case "authorization":
			value = "Bearer " + key
		case "x-api-key", "x-goog-api-key":
			value = key
		}
		q.header.Set(name, value)
	}
	switch {
	case strings.Contains(c.Path, ":streamGenerateContent"):
		return q, grammar.Gemini
	case strings.HasPrefix(c.Path, "/v1/messages"):
		return q, grammar.Anthropic
	case strings.HasPrefix(c.Path, "/v1/responses"):
		return q, grammar.Responses
	}
	return q, grammar.Chat
}

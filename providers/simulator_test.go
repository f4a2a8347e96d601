package providers

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestSimulatorAnswers sends every kind of request that the provider builds to the simulator behind it.
func TestSimulatorAnswers(t *testing.T) {
	const (
		message  = `{"model":"demo","messages":[{"role":"user","content":"hello"}],"max_tokens":50}`
		response = `{"model":"demo","input":"hello"}`
		contents = `{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`
	)
	tests := []struct {
		op       ir.Op
		dialect  ir.Dialect
		body     string
		stream   bool
		wantType string
	}{
		{ir.Generate, ir.Chat, message, false, "application/json"},
		{ir.Generate, ir.Responses, response, false, "application/json"},
		{ir.Generate, ir.Anthropic, message, false, "application/json"},
		{ir.Generate, ir.Gemini, contents, false, "application/json"},
		{ir.Generate, ir.Gemini, contents, true, "text/event-stream"},
		{ir.CountTokens, ir.Responses, response, false, "application/json"},
		{ir.CountTokens, ir.Anthropic, strings.Replace(message, `,"max_tokens":50`, "", 1), false, "application/json"},
		{ir.CountTokens, ir.Gemini, contents, false, "application/json"},
		{ir.Embed, ir.Chat, `{"model":"demo","input":"hello"}`, false, "application/json"},
		{ir.Embed, ir.Gemini, `{"requests":[{"model":"models/demo","content":{"parts":[{"text":"hello"}]}}]}`, false, "application/json"},
	}
	provider := new(Simulator)
	transport := provider.Transport("demo")
	for _, tt := range tests {
		t.Run(string(tt.dialect)+" "+string(tt.op), func(t *testing.T) {
			req, err := provider.Request(t.Context(), &Call{
				Op: tt.op, Dialect: tt.dialect, Model: "demo", Stream: tt.stream, Body: []byte(tt.body),
				BaseURL: provider.Defaults().BaseURL,
			})
			if err != nil {
				t.Fatal(err)
			}
			res, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), tt.wantType) {
				t.Errorf("got %d, %s: %s", res.StatusCode, res.Header.Get("Content-Type"), body)
			}
		})
	}
}

func TestSimulatorFailsOnDemand(t *testing.T) {
	provider := &Simulator{Always: "fail with 503"}
	req, err := provider.Request(t.Context(), &Call{
		Op: ir.Generate, Dialect: ir.Responses, Body: []byte(`{"model":"demo","input":"hello"}`),
		BaseURL: provider.Defaults().BaseURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	res, err := provider.Transport("demo").RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestSimulatorLists(t *testing.T) {
	provider := new(Simulator)
	req, err := provider.ListModels(t.Context(), &Call{BaseURL: provider.Defaults().BaseURL}, "")
	if err != nil {
		t.Fatal(err)
	}
	res, err := provider.Transport("demo").RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	names, _, err := provider.ModelNames(body)
	if err != nil || len(names) == 0 || names[0] != "demo" {
		t.Errorf("got %v, %v from %s", names, err, body)
	}
}

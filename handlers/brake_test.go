package handlers

import (
	"strconv"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestBrake repeats requests for models that are not there, as Gemini CLI does without an end after 404, and with one
// after 400. Everybody else keeps getting 404.
func TestBrake(t *testing.T) {
	const (
		cli  = "GeminiCLI-tui/0.61.0/m (linux; x64; terminal)"
		body = `{"contents":[{"role":"user","parts":[{"text":"x"}]}]}`
	)
	for name, test := range map[string]struct {
		model, agent string
		upstream     int
		want         [5]int
	}{
		"gemini CLI":                  {"gemini-3-flash-preview", cli, 200, [5]int{404, 404, 404, 400, 400}},
		"gemini CLI, the upstream's":  {"m", cli, 404, [5]int{404, 404, 404, 400, 400}},
		"another client":              {"gemini-3-flash-preview", "google-genai-sdk/1.0", 200, [5]int{404, 404, 404, 404, 404}},
		"another of the CLI's errors": {"m", cli, 400, [5]int{400, 400, 400, 400, 400}},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := one(t, ir.Gemini, fails(test.upstream, `{"error":{"code":`+strconv.Itoa(test.upstream)+`,"message":"not found","status":"X"}}`), nil)
			for i, want := range test.want {
				got := f.post("/v1beta/models/"+test.model+":generateContent", body, "User-Agent", test.agent)
				if got.status != want {
					t.Errorf("answer %d is %d %s, want %d", i+1, got.status, got.body, want)
				}
			}
		})
	}
}

package aigateway

import (
	"strings"
	"testing"
)

func TestTranslateCommand(t *testing.T) {
	const request = `{"model":"m","messages":[{"role":"user","content":"hi"}],"logit_bias":{"1":2}}`
	const stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hey\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	for _, c := range []struct {
		name, args, input string
		code              int
		out, notes, err   string
	}{
		{"request", "--from chat --to anthropic --model claude-sonnet-4-5", request, 0, `"max_tokens":`, "warn drop logit_bias\n", ""},
		{"same dialect", "--from chat --to chat", request, 0, `"logit_bias":{"1":2}`, "", ""},
		{"web app", "--from chat --to gemini_web", request, 0, `"prompt":"hi"`, "logit_bias", ""},
		{"strict web app", "--from chat --to gemini_web --strict", strings.Replace(request, "}]", "}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", 1), 2, `"unsupported_for_target"`, "error 400 ", ""},
		{"an answer of the web app", "--from gemini_web --to chat --response", "{}", 1, "", "", "only requests"},
		{"an answer for the web app", "--from chat --to gemini_web --response", "{}", 1, "", "", "only requests"},
		{"strict", "--from chat --to gemini --strict", request, 2, `"invalid_request_error"`, "error 400 ", ""},
		{"no request", "--from chat --to gemini", "{", 2, "Failed to parse request body", "error 400 ", ""},
		{"response", "--from chat --to gemini --response", `{"choices":[{"message":{"content":"hey"},"finish_reason":"stop"}]}`, 0, `"text":"hey"`, "", ""},
		{"no response", "--from chat --to gemini --response", `3`, 2, `"error":`, "error 502 ", ""},
		{"stream", "--from chat --to responses --stream", stream, 0, "event: response.completed", "", ""},
		{"cut stream", "--from chat --to anthropic --stream", stream[:60], 2, "event: error", "error 502 ", ""},
		{"unknown dialect", "--from klingon --to chat", "", 1, "", "", "give one of chat, responses, anthropic and gemini"},
		{"no dialect", "--from chat", "", 1, "", "", "--to"},
		{"both forms", "--from chat --to chat --response --stream", "", 1, "", "", "exclude each other"},
		{"nameless", "--from gemini --to chat", `{"contents":[]}`, 1, "", "", "name it with --model"},
		{"bad header", "--from chat --to chat --header x", request, 1, "", "", "no colon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, notes strings.Builder
			cmd := translateCommand()
			cmd.SetArgs(strings.Fields(c.args))
			cmd.SetIn(strings.NewReader(c.input))
			cmd.SetOut(&out)
			cmd.SetErr(&notes)
			err := cmd.Execute()
			if code := exitCode(err); code != c.code {
				t.Errorf("exit code %d, want %d (%v)", code, c.code, err)
			}
			if !strings.Contains(out.String(), c.out) || c.code == 1 && out.Len() > 0 {
				t.Errorf("wrote %s", out.String())
			}
			if !strings.Contains(notes.String(), c.notes) || strings.Contains(notes.String(), "exiting with") {
				t.Errorf("told %s", notes.String())
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("failed with %v", err)
			}
		})
	}
}

// exitCode tells with what a process ends for a command's error. Caddy's type
// for errors with a code is not exported, but its text is the code.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case strings.Contains(err.Error(), "exiting with status 2"):
		return 2
	default:
		return 1
	}
}

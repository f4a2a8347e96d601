package simulator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestRealClients sends what real clients have sent: Claude Code, Codex, Gemini CLI and opencode, in the middle of a
// session with tools. Their signatures are replaced by the simulator's own.
func TestRealClients(t *testing.T) {
	files, err := filepath.Glob("testdata/clients/*.json")
	if err != nil || len(files) < 9 {
		t.Fatalf("only %d recorded requests: %v", len(files), err)
	}
	for _, file := range files {
		s := New(Options{})
		recorded, body := recordedRequest(t, s, file)
		var headers []string
		recorded.Get("headers").ForEach(func(k, v gjson.Result) bool {
			headers = append(headers, k.String(), v.String())
			return true
		})
		target := recorded.Get("path").String()
		events := stream(t, s, target, body, headers...)
		if strings.HasPrefix(target, "/v1/messages") {
			checkAnthropicGrammar(t, events)
		}
		if strings.HasPrefix(target, "/v1/responses") {
			checkResponseGrammar(t, events)
		}
		text := ""
		for _, e := range events {
			text += streamedText(e.data.Raw)
		}
		if !strings.Contains(text, "answered: ") || !strings.Contains(text, "xyzzy-42") {
			t.Errorf("%s is answered with %q", file, text)
		}
		unsigned := recorded.Get("body").Raw
		if strings.Contains(unsigned, "UzF") {
			if status, _, answer := ask(t, s, "POST", target, unsigned, headers...); status != 400 {
				t.Errorf("%s with the signatures of another account is answered with %d %s", file, status, answer)
			}
		}
	}
}

func recordedRequest(t *testing.T, s *Simulator, file string) (gjson.Result, string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var request struct{ Body any }
	if err := json.Unmarshal(raw, &request); err != nil {
		t.Fatal(err)
	}
	signAgain(s, request.Body)
	body, err := json.Marshal(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	return gjson.ParseBytes(raw), string(body)
}

// signAgain replaces the signatures in a request.
func signAgain(s *Simulator, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			signAgain(s, item)
		}
	case map[string]any:
		for _, item := range v {
			signAgain(s, item)
		}
		if isRecorded(v["signature"]) {
			v["signature"] = s.signer.sign(signedThought, "n", v["thinking"].(string))
		}
		if isRecorded(v["encrypted_content"]) {
			v["encrypted_content"] = s.signer.sign(signedReasoning, "n", "")
		}
		if isRecorded(v["thoughtSignature"]) {
			v["thoughtSignature"] = s.signer.sign(signedText, "n", "")
			if f, ok := v["functionCall"].(map[string]any); ok {
				arguments, _ := json.Marshal(f["args"])
				v["thoughtSignature"] = s.signer.sign(signedCall, "n", callContent(f["name"].(string), string(arguments)))
			}
		}
	}
}

func isRecorded(v any) bool {
	text, ok := v.(string)
	return ok && strings.HasPrefix(text, "UzF")
}

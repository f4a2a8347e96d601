package simulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// antigravityFields are the members of a request inside of Antigravity's envelope.
var antigravityFields = func() map[string]*shape {
	fields := with(cloudFields, map[string]*shape{
		"systemInstruction": object(map[string]*shape{"role": str(), "parts": listOf(geminiPart)}),
		"tools": listOf(object(map[string]*shape{
			"functionDeclarations": listOf(object(map[string]*shape{
				"name": str().nonEmpty(), "description": str(), "parameters": anyObject(),
			}, "name", "parameters")).count(1, 1000),
			"googleSearch": anyObject(), "urlContext": anyObject(),
		})),
	})
	for _, name := range []string{"safetySettings", "serviceTier"} {
		delete(fields, name)
	}
	return fields
}()

var (
	antigravityRequest = object(map[string]*shape{
		"model": str().nonEmpty(), "project": str().nonEmpty(), "request": object(antigravityFields, "contents"), "requestId": str().nonEmpty(),
		"requestType": oneOf("agent", "image_gen", "web_search"), "userAgent": str(), "enabledCreditTypes": listOf(oneOf("GOOGLE_ONE_AI")),
	}, "model", "project", "request")
	antigravityCountRequest = object(map[string]*shape{
		"request": object(map[string]*shape{"contents": geminiFields["contents"]}, "contents"),
	}, "request")
	availableRequest = object(map[string]*shape{"project": str().nonEmpty()})
)

// servesClaude tells whether a model of Antigravity is Claude.
func servesClaude(model string) bool { return strings.Contains(model, "claude") }

// antigravityStream answers POST /v1internal:streamGenerateContent at Antigravity.
func (s *Simulator) antigravityStream(w http.ResponseWriter, r *http.Request, q query) {
	if !withToken(w, r) {
		return
	}
	model, inner := q.body.Get("model").String(), q.body.Get("request")
	claude := servesClaude(model)
	err := antigravityRequest.check(gemini{}, nil, q.body)
	switch {
	case err != nil:
	case strings.Contains(model, "/"):
		err = invalid("Invalid value at 'model': the name of a model has no prefix")
	case isMissing(model):
		err = &apiError{status: http.StatusNotFound, message: "Requested entity was not found."}
	case claude:
		err = vendorError(s.checkClaude(inner))
	default:
		err = s.checkGeminiRules(model, inner)
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	c := readGemini(model, inner)
	c.stream = true
	w.Header().Set("X-Cloudaicompanion-Trace-Id", "trace")
	s.perform(w, r, c, geminiSpeaker{simulator: s, events: true, wrapped: true, claude: claude})
}

// vendorError is Anthropic's error inside of Google's.
func vendorError(err *apiError) *apiError {
	if err == nil {
		return nil
	}
	inner, _ := json.Marshal(map[string]any{
		"type": "error", "error": map[string]string{"type": "invalid_request_error", "message": err.message}, "request_id": "req_vrtx_1",
	})
	return invalid("%s", inner)
}

// antigravityCount answers POST /v1internal:countTokens at Antigravity.
func (s *Simulator) antigravityCount(w http.ResponseWriter, r *http.Request, q query) {
	s.countWrapped(w, r, q, antigravityCountRequest)
}

// fetchAvailableModels answers POST /v1internal:fetchAvailableModels.
func (s *Simulator) fetchAvailableModels(w http.ResponseWriter, r *http.Request, q query) {
	if !admitted(w, r, q, availableRequest) {
		return
	}
	models := map[string]any{
		"chat_internal": map[string]any{"displayName": "internal"}, "tab_flash": map[string]any{"displayName": "internal"},
		"gemini-old": map[string]any{"displayName": "Gemini Old"},
	}
	for _, id := range append([]string{"claude-sonnet-4-6", "gemini-3-flash"}, s.listed(nil)...) {
		models[id] = map[string]any{
			"displayName": id, "maxTokens": 200_000, "maxOutputTokens": 64_000, "supportsThinking": true,
			"quotaInfo": map[string]any{"remainingFraction": 0.5, "resetTime": "2030-01-01T00:00:00Z"},
		}
	}
	sendJSON(w, http.StatusOK, map[string]any{
		"models": models, "deprecatedModelIds": map[string]any{"gemini-old": map[string]any{"newModelId": s.listed(nil)[0]}},
	})
}

// claudeSignature signs a thought of Claude's behind Antigravity: Anthropic's signature in base64 once more.
func (sp geminiSpeaker) claudeSignature(p *plan, x candidate) string {
	if !sp.claude || !p.reasoning.sealed || x.thought == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(sp.simulator.signer.sign(signedThought, p.id, x.thought)))
}

// checkClaudeSignature checks the signature of a part of Claude's.
func (s *Simulator) checkClaudeSignature(signature string, p gjson.Result, place *path) *apiError {
	inner, err := base64.StdEncoding.DecodeString(signature)
	switch {
	case !p.Get("thought").Bool():
		return invalid("%s.thought_signature: a signature stands on thinking alone", gemini{}.name(place))
	case err != nil, !s.signer.valid(signedThought, string(inner), p.Get("text").String()):
		return invalid("%s: Invalid `signature` in `thinking` block", gemini{}.name(place))
	}
	return nil
}

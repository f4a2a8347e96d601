package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// Code Assist, as Gemini CLI speaks to it: Gemini's requests in an envelope, and what an account must ask for first.

// assistProject is the project that the simulator makes for whoever has none.
const assistProject = "simulated-project"

// cloudFields are the members of a request on Google Cloud's platforms.
var cloudFields = func() map[string]*shape {
	fields := with(geminiFields, map[string]*shape{"labels": anyObject(), "sessionId": str()})
	delete(fields, "store")
	delete(fields, "continuationToken")
	return fields
}()

var (
	assistRequest = object(map[string]*shape{
		"model": str().nonEmpty(), "project": str().nonEmpty(), "userPromptId": str(), "request": object(cloudFields, "contents"),
		"enabledCreditTypes": listOf(str()),
	}, "model", "project", "request")
	assistCountRequest = object(map[string]*shape{
		"request": object(map[string]*shape{"model": str().like(`^models/`), "contents": geminiFields["contents"]}, "model", "contents"),
	}, "request")
	assistMetadata = object(map[string]*shape{
		"ideType": str(), "platform": str(), "pluginType": str(), "duetProject": str(),
	}, "ideType")
	loadRequest    = object(map[string]*shape{"cloudaicompanionProject": str(), "metadata": assistMetadata, "mode": str()}, "metadata")
	onboardRequest = object(map[string]*shape{"tierId": str().nonEmpty(), "cloudaicompanionProject": str(), "metadata": assistMetadata}, "tierId", "metadata")
	quotaRequest   = object(map[string]*shape{"project": str().nonEmpty(), "userAgent": str()}, "project")
)

// assistGenerate answers POST /v1internal:generateContent.
func (s *Simulator) assistGenerate(w http.ResponseWriter, r *http.Request, q query) {
	s.assist(w, r, q, false)
}

// assistStream answers POST /v1internal:streamGenerateContent.
func (s *Simulator) assistStream(w http.ResponseWriter, r *http.Request, q query) {
	s.assist(w, r, q, true)
}

func (s *Simulator) assist(w http.ResponseWriter, r *http.Request, q query, stream bool) {
	if !withToken(w, r) {
		return
	}
	model, inner := q.body.Get("model").String(), q.body.Get("request")
	err := assistRequest.check(gemini{}, nil, q.body)
	switch {
	case err != nil:
	case strings.Contains(model, "/"):
		err = invalid("Invalid value at 'model': the name of a model has no prefix")
	case isMissing(model):
		err = gemini{}.noModel(model)
	default:
		err = s.checkGeminiRules(model, inner)
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	c := readGemini(model, inner)
	c.stream = stream
	s.perform(w, r, c, geminiSpeaker{simulator: s, events: r.URL.Query().Get("alt") == "sse", wrapped: true})
}

// assistCount answers POST /v1internal:countTokens, which refuses thoughts.
func (s *Simulator) assistCount(w http.ResponseWriter, r *http.Request, q query) {
	s.countWrapped(w, r, q, assistCountRequest)
}

func (s *Simulator) countWrapped(w http.ResponseWriter, r *http.Request, q query, allowed *shape) {
	if !withToken(w, r) {
		return
	}
	err := allowed.check(gemini{}, nil, q.body)
	for _, c := range contentsOf(q.body.Get("request")) {
		for _, p := range c.parts {
			if err == nil && p.Get("thought").Bool() {
				err = invalid("Invalid JSON payload received. Unknown name \"thought\": Cannot find field.")
			}
		}
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"totalTokens": readGemini("", q.body.Get("request")).countInput()})
}

// admitted reports whether a request has a token and the members of the shape; one that has not is answered.
func admitted(w http.ResponseWriter, r *http.Request, q query, allowed *shape) bool {
	if !withToken(w, r) {
		return false
	}
	if err := allowed.check(gemini{}, nil, q.body); err != nil {
		gemini{}.fail(w, err)
		return false
	}
	return true
}

// loadCodeAssist answers POST /v1internal:loadCodeAssist: an account that is to be signed up.
func (s *Simulator) loadCodeAssist(w http.ResponseWriter, r *http.Request, q query) {
	if !admitted(w, r, q, loadRequest) {
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"allowedTiers": []any{map[string]any{"id": "free-tier", "isDefault": true}}})
}

// onboardUser answers POST /v1internal:onboardUser at once.
func (s *Simulator) onboardUser(w http.ResponseWriter, r *http.Request, q query) {
	if !withToken(w, r) {
		return
	}
	err := onboardRequest.check(gemini{}, nil, q.body)
	if err == nil && q.body.Get("tierId").String() == "free-tier" && q.body.Get("cloudaicompanionProject").Exists() {
		err = &apiError{status: http.StatusBadRequest, message: "Precondition check failed."}
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{
		"name": "operations/1", "done": true,
		"response": map[string]any{"cloudaicompanionProject": map[string]any{"id": assistProject, "name": assistProject}},
	})
}

// retrieveUserQuota answers POST /v1internal:retrieveUserQuota.
func (s *Simulator) retrieveUserQuota(w http.ResponseWriter, r *http.Request, q query) {
	if !admitted(w, r, q, quotaRequest) {
		return
	}
	buckets := []any{}
	for _, model := range s.listed(geminiNames) {
		buckets = append(buckets, map[string]any{
			"modelId": model, "tokenType": "REQUESTS", "remainingFraction": 0.75, "remainingAmount": "750", "resetTime": "2030-01-01T00:00:00Z",
		})
	}
	sendJSON(w, http.StatusOK, map[string]any{"buckets": buckets})
}

// checkGeminiRules checks a request whose members are known.
func (s *Simulator) checkGeminiRules(model string, b gjson.Result) *apiError {
	for _, rule := range []func() *apiError{
		func() *apiError { return checkGeminiConfig(model, b) },
		func() *apiError { return checkGeminiTools(model, b) },
		func() *apiError { return s.checkContents(model, b) },
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

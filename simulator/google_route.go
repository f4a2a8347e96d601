package simulator

import (
	"net/http"
	"strings"
)

// antigravityPrefix is where the simulator plays Antigravity, which has the paths of Code Assist at another address.
const antigravityPrefix = "/antigravity"

// assistMethods are the methods of Code Assist.
var assistMethods = map[string]func(s *Simulator, w http.ResponseWriter, r *http.Request, q query){
	"generateContent":       (*Simulator).assistGenerate,
	"streamGenerateContent": (*Simulator).assistStream,
	"countTokens":           (*Simulator).assistCount,
	"loadCodeAssist":        (*Simulator).loadCodeAssist,
	"onboardUser":           (*Simulator).onboardUser,
	"retrieveUserQuota":     (*Simulator).retrieveUserQuota,
}

// antigravityMethods are those of Antigravity. Answers that do not stream are left out: not every model has them.
var antigravityMethods = map[string]func(s *Simulator, w http.ResponseWriter, r *http.Request, q query){
	"streamGenerateContent": (*Simulator).antigravityStream,
	"countTokens":           (*Simulator).antigravityCount,
	"loadCodeAssist":        (*Simulator).loadCodeAssist,
	"onboardUser":           (*Simulator).onboardUser,
	"fetchAvailableModels":  (*Simulator).fetchAvailableModels,
}

// googleRoute finds the operation of a request to Code Assist, Antigravity or Vertex AI.
func googleRoute(p string) (operation, query, bool) {
	methods, rest := assistMethods, p
	if inner, ok := strings.CutPrefix(p, antigravityPrefix); ok {
		methods, rest = antigravityMethods, inner
	}
	if method, ok := strings.CutPrefix(rest, "/v1internal:"); ok {
		return operation{googleCloud{}, http.MethodPost, methods[method]}, query{}, true
	}
	return vertexRoute(p)
}

// googleCloud is the voice of the APIs that take tokens, not keys.
type googleCloud struct{ gemini }

func (googleCloud) credential(r *http.Request) string { return bearer(r) }

func (googleCloud) unauthorized(string) *apiError {
	return &apiError{status: http.StatusUnauthorized, message: "Request had invalid authentication credentials. Expected OAuth 2 access token, " +
		"login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."}
}

// withToken refuses a request without a token, and one with a key besides.
func withToken(w http.ResponseWriter, r *http.Request) bool {
	if bearer(r) == "" || r.Header.Get("X-Goog-Api-Key") != "" || r.URL.Query().Has("key") {
		googleCloud{}.fail(w, googleCloud{}.unauthorized(""))
		return false
	}
	return true
}

package handlers

import (
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// credentialOrder are the places of a client's key, the dialect's own first.
var credentialOrder = map[ir.Dialect][4]func(*http.Request) string{
	ir.Chat:      {bearer, xAPIKey, googKey, queryKey},
	ir.Responses: {bearer, xAPIKey, googKey, queryKey},
	ir.Anthropic: {xAPIKey, bearer, googKey, queryKey},
	ir.Gemini:    {googKey, queryKey, bearer, xAPIKey},
}

// credential returns the key that the client presents, from the first place
// that is not empty.
func credential(r *http.Request, d ir.Dialect) string {
	for _, place := range credentialOrder[d] {
		if key := place(r); key != "" {
			return key
		}
	}
	return ""
}

func bearer(r *http.Request) string {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

func xAPIKey(r *http.Request) string  { return strings.TrimSpace(r.Header.Get("X-Api-Key")) }
func googKey(r *http.Request) string  { return strings.TrimSpace(r.Header.Get("X-Goog-Api-Key")) }
func queryKey(r *http.Request) string { return strings.TrimSpace(r.URL.Query().Get("key")) }

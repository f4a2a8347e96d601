package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// operation is what a route does.
type operation struct {
	vendor vendor
	method string
	serve  func(s *Simulator, w http.ResponseWriter, r *http.Request, q query)
}

// fixedRoutes are the routes without a name in the path.
var fixedRoutes = map[string]operation{
	"/v1/chat/completions":       {openAI{}, http.MethodPost, (*Simulator).chatCompletions},
	"/v1/embeddings":             {openAI{}, http.MethodPost, (*Simulator).openAIEmbeddings},
	"/v1/responses":              {openAI{}, http.MethodPost, (*Simulator).createResponse},
	"/v1/responses/input_tokens": {openAI{}, http.MethodPost, (*Simulator).countResponse},
	"/v1/messages":               {anthropic{}, http.MethodPost, (*Simulator).messages},
	"/v1/messages/count_tokens":  {anthropic{}, http.MethodPost, (*Simulator).countMessages},
	"/v1beta/models":             {gemini{}, http.MethodGet, (*Simulator).geminiModels},
	"/v1alpha/models":            {gemini{}, http.MethodGet, (*Simulator).geminiModels},
}

// geminiActions are the methods of a Gemini model.
var geminiActions = map[string]func(s *Simulator, w http.ResponseWriter, r *http.Request, q query){
	"generateContent":       (*Simulator).generateContent,
	"streamGenerateContent": (*Simulator).streamGenerateContent,
	"countTokens":           (*Simulator).countTokens,
	"embedContent":          (*Simulator).embedContent,
	"batchEmbedContents":    (*Simulator).batchEmbedContents,
}

// route finds the operation of a request. One without serve is an unknown path of that vendor.
func route(r *http.Request) (operation, query) {
	p := r.URL.Path
	if op, q, ok := googleRoute(p); ok {
		return op, q
	}
	if rest, ok := strings.CutPrefix(p, g4fPrefix); ok && g4fRoutes[rest].serve != nil {
		return g4fRoutes[rest], query{}
	}
	if op, ok := fixedRoutes[p]; ok {
		return op, query{}
	}
	if p == "/v1/models" || strings.HasPrefix(p, "/v1/models/") && !isGeminiAction(p) {
		return listRoute(r, strings.TrimPrefix(strings.TrimPrefix(p, "/v1/models"), "/"))
	}
	if id, ok := strings.CutPrefix(p, "/v1/responses/"); ok {
		return responseRoute(r, id)
	}
	for _, version := range []string{"/v1beta/models/", "/v1alpha/models/", "/v1/models/"} {
		if rest, ok := strings.CutPrefix(p, version); ok {
			return geminiRoute(r, rest)
		}
	}
	return operation{vendor: vendorOf(r)}, query{}
}

func isGeminiAction(p string) bool {
	i := strings.LastIndexByte(p, ':')
	return i >= 0 && geminiActions[p[i+1:]] != nil
}

func listRoute(r *http.Request, id string) (operation, query) {
	q := query{id: id}
	if r.Header.Get("Anthropic-Version") != "" {
		return operation{anthropic{}, http.MethodGet, (*Simulator).anthropicModels}, q
	}
	return operation{openAI{}, http.MethodGet, (*Simulator).openAIModels}, q
}

// geminiRoute splits model:action at the last colon, since names may hold colons.
func geminiRoute(r *http.Request, rest string) (operation, query) {
	i := strings.LastIndexByte(rest, ':')
	if i < 0 {
		return operation{gemini{}, http.MethodGet, (*Simulator).geminiModels}, query{id: rest}
	}
	return operation{gemini{}, http.MethodPost, geminiActions[rest[i+1:]]}, query{model: rest[:i]}
}

func responseRoute(r *http.Request, rest string) (operation, query) {
	id, action, _ := strings.Cut(rest, "/")
	q := query{id: id}
	switch {
	case action == "input_items":
		return operation{openAI{}, http.MethodGet, (*Simulator).listInputItems}, q
	case action != "" || id == "":
		return operation{vendor: openAI{}}, q
	case r.Method == http.MethodDelete:
		return operation{openAI{}, http.MethodDelete, (*Simulator).deleteResponse}, q
	}
	return operation{openAI{}, http.MethodGet, (*Simulator).getResponse}, q
}

// vendorOf guesses whose API an unknown path belongs to.
func vendorOf(r *http.Request) vendor {
	first := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")[0]
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1/messages"), r.Header.Get("Anthropic-Version") != "":
		return anthropic{}
	case slices.Contains([]string{"v1beta", "v1alpha"}, first), r.Header.Get("X-Goog-Api-Key") != "":
		return gemini{}
	}
	return openAI{}
}

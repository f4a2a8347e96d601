package simulator

import (
	"net/http"
	"slices"
	"time"
)

// modelsSince is when the models of the simulator were made.
var modelsSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ownNames are listed everywhere, unless the options name others.
var ownNames = []string{"demo", "sim-gpt-5", "sim-claude-sonnet-4-5", "sim-gemini-3-pro"}

// The names that each vendor's lists show beside the simulator's own, unless the options name others: an account of a vendor
// serves the names of its vendor alone, and so does a key that is limited to them.
var (
	openAINames    = []string{"gpt-5.2", "gpt-5.2-codex", "gpt-5", "gpt-5-mini", "gpt-4.1", "o3", "text-embedding-3-small"}
	anthropicNames = []string{"claude-opus-4-8", "claude-sonnet-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"}
	geminiNames    = []string{
		"gemini-3-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-embedding-001",
	}
)

// listed returns the models that the lists of a vendor show.
func (s *Simulator) listed(vendors []string) []string {
	if len(s.options.Models) > 0 {
		return s.options.Models
	}
	return slices.Concat(ownNames, vendors)
}

type openAIModelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// openAIModels answers GET /v1/models[/{id}].
func (s *Simulator) openAIModels(w http.ResponseWriter, _ *http.Request, q query) {
	info := func(id string) openAIModelInfo {
		return openAIModelInfo{id, "model", modelsSince.Unix(), "simulator"}
	}
	if q.id != "" {
		if isMissing(q.id) {
			openAI{}.fail(w, openAI{}.noModel(q.id))
			return
		}
		sendJSON(w, http.StatusOK, info(q.id))
		return
	}
	data := []openAIModelInfo{}
	for _, id := range s.listed(openAINames) {
		data = append(data, info(id))
	}
	sendJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

type anthropicModelInfo struct {
	Type           string `json:"type"`
	ID             string `json:"id"`
	DisplayName    string `json:"display_name"`
	CreatedAt      string `json:"created_at"`
	MaxInputTokens int    `json:"max_input_tokens"`
	MaxTokens      int    `json:"max_tokens"`
}

// anthropicModels answers GET /v1/models[/{id}] when anthropic-version is sent.
func (s *Simulator) anthropicModels(w http.ResponseWriter, r *http.Request, q query) {
	info := func(id string) anthropicModelInfo {
		return anthropicModelInfo{"model", id, id, modelsSince.Format(time.RFC3339), 200_000, 64_000}
	}
	if q.id != "" {
		if isMissing(q.id) {
			anthropic{}.fail(w, anthropic{}.noModel(q.id))
			return
		}
		sendJSON(w, http.StatusOK, info(q.id))
		return
	}
	data := []anthropicModelInfo{}
	for _, id := range s.listed(anthropicNames) {
		data = append(data, info(id))
	}
	sendJSON(w, http.StatusOK, map[string]any{
		"data": data, "has_more": false, "first_id": data[0].ID, "last_id": data[len(data)-1].ID,
	})
}

type geminiModelInfo struct {
	Name             string   `json:"name"`
	BaseModelID      string   `json:"baseModelId"`
	Version          string   `json:"version"`
	DisplayName      string   `json:"displayName"`
	Description      string   `json:"description"`
	InputTokenLimit  int      `json:"inputTokenLimit"`
	OutputTokenLimit int      `json:"outputTokenLimit"`
	Methods          []string `json:"supportedGenerationMethods"`
	Thinking         bool     `json:"thinking"`
}

// geminiModels answers GET /v1beta/models[/{model}].
func (s *Simulator) geminiModels(w http.ResponseWriter, _ *http.Request, q query) {
	info := func(id string) geminiModelInfo {
		return geminiModelInfo{
			"models/" + id, id, "001", id, "A model of the simulator.", 1_048_576, 65_536,
			[]string{"generateContent", "streamGenerateContent", "countTokens", "embedContent"}, true,
		}
	}
	if q.id != "" {
		if isMissing(q.id) {
			gemini{}.fail(w, gemini{}.noModel(q.id))
			return
		}
		sendJSON(w, http.StatusOK, info(q.id))
		return
	}
	models := []geminiModelInfo{}
	for _, id := range s.listed(geminiNames) {
		models = append(models, info(id))
	}
	sendJSON(w, http.StatusOK, map[string]any{"models": models})
}

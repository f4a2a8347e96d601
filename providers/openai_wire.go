package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// openAIPaths are the endpoints below the base URL, which ends in /v1.
var openAIPaths = map[ir.Op]map[ir.Dialect]string{
	ir.Generate:    {ir.Chat: "/chat/completions", ir.Responses: "/responses"},
	ir.CountTokens: {ir.Responses: "/responses/input_tokens"},
	ir.Embed:       {ir.Chat: "/embeddings"},
	ir.Compact:     {ir.Responses: "/responses/compact"},
}

// openAIRelayed are headers of OpenAI's API that do not name an account. Organization and project do: they would let
// a client choose which of the operator's budgets pays.
var openAIRelayed = []string{"Openai-Beta", "Idempotency-Key", "X-Client-Request-Id", "Accept-Language"}

// codexRelayed are the headers by which Codex names the session and the turn.
var codexRelayed = []string{
	"Originator", "Session_id", "Session-Id", "Conversation_id", "Thread-Id", "Version", "X-Codex-*",
}

// openAIDialect returns the dialect of the operation where the preferred one has none; empty if there is none at all.
func openAIDialect(prefer ir.Dialect, op ir.Op) ir.Dialect {
	switch {
	case op == ir.Embed:
		return ir.Chat
	case op == ir.Generate && (prefer == ir.Chat || prefer == ir.Responses):
		return prefer // every choice asks this of every account, which a look at the table would make twice as long
	}
	if openAIPaths[op][prefer] == "" {
		return ""
	}
	return prefer
}

// openAIRequest builds the request that OpenAI and all who copied its API understand.
func openAIRequest(ctx context.Context, platform string, call *Call) (*http.Request, error) {
	path := openAIPaths[call.Op][call.Dialect]
	if path == "" {
		return nil, unsupported(platform, call)
	}
	req, err := newRequest(ctx, call, path, "", call.Body)
	if err != nil {
		return nil, err
	}
	bearer(req, call, call.Secret)
	return req, nil
}

// openAIStored builds a request about a stored response. Cancelling is a POST without a body.
func openAIStored(ctx context.Context, call *Call, method, path, query string) (*http.Request, error) {
	req, err := newRequest(ctx, call, "/responses"+path, query, nil)
	if err != nil {
		return nil, err
	}
	req.Method = method
	bearer(req, call, call.Secret)
	return req, nil
}

func openAIList(ctx context.Context, call *Call) (*http.Request, error) {
	req, err := newRequest(ctx, call, "/models", "", nil)
	if err != nil {
		return nil, err
	}
	bearer(req, call, call.Secret)
	return req, nil
}

func bearer(req *http.Request, call *Call, secret string) {
	if secret != "" {
		req.Header["Authorization"] = call.Steady.secret(secret).bearer
	}
}

func openAIModelNames(body []byte) ([]string, string, error) {
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, "", fmt.Errorf("reading model list: %w", err)
	}
	names := make([]string, 0, len(list.Data))
	for _, model := range list.Data {
		if model.ID != "" {
			names = append(names, model.ID)
		}
	}
	return names, "", nil
}

package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// g4fPrefix is where the simulator plays a server of gpt4free, whose API looks like OpenAI's.
const g4fPrefix = "/g4f"

var g4fRoutes = map[string]operation{
	"/v1/chat/completions": {g4f{}, http.MethodPost, (*Simulator).g4fChat},
	"/v1/models":           {g4f{}, http.MethodGet, (*Simulator).g4fModels},
	"/v1/providers":        {g4f{}, http.MethodGet, (*Simulator).g4fProviders},
}

// g4f is the voice of gpt4free's server.
type g4f struct{ openAI }

func (g4f) credential(r *http.Request) string { return r.Header.Get("G4f-Api-Key") }

func (g4f) unauthorized(string) *apiError {
	return &apiError{status: http.StatusUnauthorized, message: "Invalid G4F API key"}
}

func (g4f) fail(w http.ResponseWriter, err *apiError) {
	if err.status == http.StatusUnprocessableEntity {
		sendJSON(w, err.status, map[string]any{"detail": []any{map[string]any{"loc": []string{"body"}, "msg": err.message, "type": "value_error"}}})
		return
	}
	sendJSON(w, err.status, map[string]any{"error": map[string]any{"message": "ResponseError: " + err.message}, "provider": nil})
}

// g4fRequest has the members whose types the server checks; it ignores all others.
var g4fRequest = object(map[string]*shape{
	"model": str(), "stream": boolean(), "temperature": number(0, 2), "top_p": number(0, 1), "presence_penalty": number(-2, 2),
	"frequency_penalty": number(-2, 2), "max_tokens": atLeast(1), "stop": either(str(), listOf(str())), "tools": listOf(anyObject()),
	"tool_choice": str(), "parallel_tool_calls": boolean(), "reasoning_effort": oneOf("none", "low", "medium", "high", "x-high"),
	"response_format": anyObject(), "provider": str(), "timeout": atLeast(1), "stream_timeout": atLeast(1), "tool_emulation": boolean(),
	"messages": listOf(anyObject()).count(1, 10_000),
}, "messages")

// openAIMembers are those that the server hands on.
var openAIMembers = []string{
	"model", "messages", "stream", "temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens", "stop", "tools", "tool_choice",
	"parallel_tool_calls", "response_format",
}

// g4fChat checks what the server itself does, and has OpenAI's model answer. What a caller of it must not do, since it
// leaks or is ignored, is refused too.
func (s *Simulator) g4fChat(w http.ResponseWriter, r *http.Request, q query) {
	known := membersOf(q.body, func(name string) bool { return g4fRequest.fields[name] != nil })
	if err := g4fRequest.check(openAI{}, nil, gjson.Parse("{"+strings.Join(known, ",")+"}")); err != nil {
		err.status = http.StatusUnprocessableEntity
		g4f{}.fail(w, err)
		return
	}
	switch {
	case r.Header.Get("Authorization") != "":
		g4f{}.fail(w, invalid("Authorization is handed on to the provider as its key"))
		return
	case q.body.Get("stream_options").Exists(), q.body.Get("max_completion_tokens").Exists(), q.body.Get("api_key").Exists():
		g4f{}.fail(w, invalid("stream_options, max_completion_tokens and api_key are not for callers"))
		return
	}
	members := membersOf(q.body, func(name string) bool { return contains(openAIMembers, name) })
	if q.body.Get("stream").Bool() {
		members = append(members, `"stream_options":{"include_usage":true}`)
	}
	s.chatCompletions(w, r, query{body: gjson.Parse("{" + strings.Join(members, ",") + "}")})
}

// membersOf are the members of an object that are wanted, as they are written.
func membersOf(b gjson.Result, wanted func(name string) bool) []string {
	var members []string
	b.ForEach(func(k, v gjson.Result) bool {
		if wanted(k.String()) {
			members = append(members, k.Raw+":"+v.Raw)
		}
		return true
	})
	return members
}

func (s *Simulator) g4fModels(w http.ResponseWriter, _ *http.Request, _ query) {
	data := []any{map[string]any{"id": "SomeProvider", "object": "model", "provider": true}}
	for _, id := range append([]string{"deepseek-v3", "qwen-3-235b", "grok-4"}, s.listed(nil)...) {
		data = append(data, map[string]any{"id": id, "object": "model", "created": 0, "image": false, "provider": false})
	}
	sendJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

func (s *Simulator) g4fProviders(w http.ResponseWriter, _ *http.Request, _ query) {
	sendJSON(w, http.StatusOK, []any{map[string]any{"id": "SomeProvider", "object": "provider", "created": 0}})
}

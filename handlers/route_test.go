package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestParseRoute reads the routes that clients ask for.
func TestParseRoute(t *testing.T) {
	chat := route{kind: routeGenerate, dialect: ir.Chat, methods: "POST"}
	responses := route{kind: routeGenerate, dialect: ir.Responses, methods: "POST"}
	messages := route{kind: routeGenerate, dialect: ir.Anthropic, methods: "POST"}
	gem := func(model string) route {
		return route{kind: routeGenerate, dialect: ir.Gemini, model: model, methods: "POST"}
	}
	list := func(d ir.Dialect) route { return route{kind: routeModels, dialect: d, methods: "GET"} }
	single := func(d ir.Dialect, model string) route {
		return route{kind: routeModel, dialect: d, model: model, methods: "GET"}
	}
	stored := func(id, action, methods string) route {
		return route{kind: routeStored, dialect: ir.Responses, id: id, action: action, methods: methods}
	}
	antigravity := func(rt route) route { rt.provider = "antigravity"; return rt }
	tests := map[string]route{
		"GET /health":                                       {kind: routeHealth, dialect: ir.Chat, methods: "GET, HEAD"},
		"POST /v1/chat/completions":                         chat,
		"POST /v1/responses":                                responses,
		"POST /responses":                                   responses,
		"POST /openai/v1/responses":                         responses,
		"POST /v1/messages":                                 messages,
		"POST /v1/messages?beta=true":                       messages,
		"POST /openai/v1/chat/completions":                  chat,
		"POST /anthropic/v1/messages":                       messages,
		"POST /antigravity/v1/messages":                     antigravity(messages),
		"POST /antigravity/v1/chat/completions":             antigravity(chat),
		"POST /antigravity/v1beta/models/g:generateContent": antigravity(gem("g")),
		"POST /v1/messages/count_tokens":                    {kind: routeCount, dialect: ir.Anthropic, methods: "POST"},
		"POST /v1/responses/compact":                        {kind: routeCompact, dialect: ir.Responses, methods: "POST"},
		"POST /v1/conversations":                            {kind: routeConversation, dialect: ir.Responses, methods: "POST"},
		"GET /v1/conversations/conv_1":                      {kind: routeConversation, dialect: ir.Responses, id: "conv_1", methods: "GET, DELETE"},
		"GET /v1/conversations/conv_1/items":                {kind: routeConversation, dialect: ir.Responses, id: "conv_1", action: "items", methods: "GET"},
		"POST /v1/responses/input_tokens":                   {kind: routeCount, dialect: ir.Responses, methods: "POST"},
		"POST /responses/input_tokens":                      {kind: routeCount, dialect: ir.Responses, methods: "POST"},
		"GET /v1/responses/resp_1":                          stored("resp_1", "", "GET, DELETE"),
		"DELETE /responses/resp_1":                          stored("resp_1", "", "GET, DELETE"),
		"POST /openai/v1/responses/resp_1/cancel":           stored("resp_1", "cancel", "POST"),
		"GET /v1/responses/resp_1/input_items":              stored("resp_1", "input_items", "GET"),

		"POST /v1beta/models/g:generateContent":             gem("g"),
		"POST /v1/models/g:generateContent":                 gem("g"),
		"POST /v1alpha/models/g:generateContent":            gem("g"),
		"POST /gemini/v1beta/models/g:generateContent":      gem("g"),
		"POST /gemini/v1/models/g:generateContent":          gem("g"),
		"POST /v1beta/models/models/g:generateContent":      gem("g"),
		"POST /v1beta/models/a/b:generateContent":           gem("a/b"),
		"POST /v1beta/models/a%2Fb:generateContent":         gem("a/b"),
		"POST /v1beta/models/llama:8b:generateContent":      gem("llama:8b"),
		"POST /v1beta/models/llama%3A8b:generateContent":    gem("llama:8b"),
		"POST /v1beta/models/g%3AgenerateContent":           gem("g"),
		"POST /v1beta/models/tunedModels/t:generateContent": gem("t"),
		"POST /v1beta/models/:generateContent":              gem(""),
		"POST /v1beta/models/g:countTokens":                 {kind: routeCount, dialect: ir.Gemini, model: "g", methods: "POST"},
		"POST /v1beta/models/g:streamGenerateContent": {
			kind: routeGenerate, dialect: ir.Gemini, model: "g", methods: "POST", stream: true, array: true,
		},
		"POST /v1beta/models/g:streamGenerateContent?alt=sse": {
			kind: routeGenerate, dialect: ir.Gemini, model: "g", methods: "POST", stream: true,
		},

		"POST /v1/embeddings":                  {kind: routeEmbed, dialect: ir.Chat, methods: "POST"},
		"POST /v1beta/models/g:embedContent":   {kind: routeEmbed, dialect: ir.Gemini, model: "g", single: true, methods: "POST"},
		"POST /v1/models/g:batchEmbedContents": {kind: routeEmbed, dialect: ir.Gemini, model: "g", methods: "POST"},

		"GET /v1/models":                 list(ir.Chat),
		"GET /openai/v1/models":          list(ir.Chat),
		"GET /anthropic/v1/models":       list(ir.Anthropic),
		"GET /gemini/v1/models":          list(ir.Gemini),
		"GET /gemini/v1beta/models":      list(ir.Gemini),
		"GET /v1beta/models":             list(ir.Gemini),
		"GET /v1alpha/models":            list(ir.Gemini),
		"GET /v1/models?key=abc":         list(ir.Gemini),
		"GET /v1/claude/models":          list(ir.Anthropic),
		"GET /v1/models/m":               single(ir.Chat, "m"),
		"GET /v1/models/org/sub/m":       single(ir.Chat, "org/sub/m"),
		"GET /v1/models/org%2Fm":         single(ir.Chat, "org/m"),
		"GET /v1/models/llama:8b":        single(ir.Chat, "llama:8b"),
		"GET /v1beta/models/m":           single(ir.Gemini, "m"),
		"GET /v1beta/models/a/b":         single(ir.Gemini, "a/b"),
		"GET /anthropic/v1/models/m":     single(ir.Anthropic, "m"),
		"GET /antigravity/v1/models":     antigravity(list(ir.Chat)),
		"GET /antigravity/v1beta/models": antigravity(list(ir.Gemini)),
	}
	for request, want := range tests {
		method, target, _ := strings.Cut(request, " ")
		got, ok := parseRoute(httptest.NewRequest(method, target, nil))
		if !ok || got != want {
			t.Errorf("%s:\ngot  %+v (%v)\nwant %+v", request, got, ok, want)
		}
	}
}

// TestNotOurs hands everything else to the next handler.
func TestNotOurs(t *testing.T) {
	f := serve(t, gatewaySpec{})
	paths := []string{"/", "/index.html", "/v1", "/v2/chat/completions", "/openai", "/anthropic", "/responsesx", "/healthz", "/api/v1/messages", "/V1/messages", "/antigravity"}
	for i, path := range paths {
		if got := f.post(path, "{}"); got.status != http.StatusTeapot {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		if f.nexts != i+1 {
			t.Errorf("%s is not handed on", path)
		}
	}
}

// TestRefused covers what is ours but nothing can be had of: every answer is an
// error in the right dialect, and needs no key.
func TestRefused(t *testing.T) {
	f := serve(t, gatewaySpec{})
	tests := map[string]struct {
		status  int
		dialect ir.Dialect
	}{
		"GET /v1/":                             {404, ir.Chat},
		"GET /v1/files":                        {404, ir.Chat},
		"POST /v1/batches":                     {404, ir.Chat},
		"POST /v1/complete":                    {404, ir.Anthropic},
		"POST /v1/messages/batches":            {404, ir.Anthropic},
		"GET /v1/responses/resp_1/other":       {404, ir.Responses},
		"POST /v1beta/cachedContents":          {404, ir.Gemini},
		"POST /v1beta/models/g:predict":        {404, ir.Gemini},
		"POST /v1beta/models/g":                {404, ir.Gemini},
		"POST /v1beta/openai/chat/completions": {404, ir.Gemini},
		"POST /openai/nonsense":                {404, ir.Chat},
		"POST /openai/foo/chat/completions":    {404, ir.Chat},
		"POST /anthropic/v1/chat/completions":  {404, ir.Anthropic},
		"POST /gemini/v1/chat/completions":     {404, ir.Gemini},
		"POST /gemini/x":                       {404, ir.Gemini},

		"GET /v1/chat/completions":                {405, ir.Chat},
		"PUT /v1/messages":                        {405, ir.Anthropic},
		"GET /v1/messages/count_tokens":           {405, ir.Anthropic},
		"GET /v1/responses":                       {405, ir.Responses},
		"PUT /v1/responses/resp_1":                {405, ir.Responses},
		"GET /v1/responses/resp_1/cancel":         {405, ir.Responses},
		"GET /v1beta/models/g:generateContent":    {405, ir.Gemini},
		"DELETE /v1beta/models/g:generateContent": {405, ir.Gemini},
		"GET /v1/models/g:streamGenerateContent":  {405, ir.Gemini},
		"POST /v1/models":                         {405, ir.Chat},
		"DELETE /v1/models/m":                     {405, ir.Chat},
		"POST /v1/models/m":                       {405, ir.Chat},
		"DELETE /v1beta/models/m":                 {405, ir.Gemini},
		"POST /health":                            {405, ir.Chat},
	}
	for request, want := range tests {
		method, path, _ := strings.Cut(request, " ")
		got := f.do(method, path, "", "Authorization", "")
		if got.status != want.status {
			t.Errorf("%s: got %d %s", request, got.status, got.body)
			continue
		}
		if (got.header.Get("Allow") != "") != (want.status == 405) {
			t.Errorf("%s: Allow is %q", request, got.header.Get("Allow"))
		}
		wantDialect(t, request, want.dialect, got)
	}
}

// wantDialect wants an error body as the dialect's clients read it.
func wantDialect(t *testing.T, label string, d ir.Dialect, got answered) {
	t.Helper()
	e := gjson.Get(got.body, "error")
	ok := gjson.Valid(got.body) && e.Get("message").Str != "" && got.header.Get("Content-Type") == "application/json"
	switch d {
	case ir.Anthropic:
		ok = ok && gjson.Get(got.body, "type").Str == "error" && e.Get("type").Str != "" && got.header.Get("Request-Id") != ""
	case ir.Gemini:
		ok = ok && e.Get("code").Int() == int64(got.status) && e.Get("status").Str != "" && !e.Get("type").Exists()
	default:
		ok = ok && e.Get("type").Str != "" && e.Get("code").Exists() && e.Get("param").Exists() && got.header.Get("X-Request-Id") != ""
	}
	if !ok {
		t.Errorf("%s: this is no error of %s: %v %s", label, d, got.header, got.body)
	}
}

// TestUpgrade refuses WebSockets, which clients then do without.
func TestUpgrade(t *testing.T) {
	f := serve(t, gatewaySpec{})
	for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
		got := f.do("GET", path, "", "Connection", "Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Key", "x", "Sec-WebSocket-Version", "13")
		if got.status != http.StatusUpgradeRequired || gjson.Get(got.body, "error.code").Str != "websocket_not_supported" {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

// TestHealth answers without a key, whatever the accounts' state.
func TestHealth(t *testing.T) {
	f := serve(t, gatewaySpec{})
	if got := f.do("GET", "/health", "", "Authorization", ""); got.status != 200 || got.body != `{"status":"ok"}` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := f.do("HEAD", "/health", "", "Authorization", ""); got.status != 200 || got.body != "" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: got %d %v", got.status, got.header)
	}
}

// TestHead answers as GET does, without a body.
func TestHead(t *testing.T) {
	f, _ := one(t, ir.Chat, fails(500, ""), nil)
	for path, status := range map[string]int{"/v1/models": 200, "/v1/models/m": 200, "/v1/models/other": 404, "/v1beta/models/m": 200, "/v1/chat/completions": 405} {
		if got := f.do("HEAD", path, ""); got.status != status || got.body != "" {
			t.Errorf("%s: got %d %q", path, got.status, got.body)
		}
	}
}

// TestStoredResponses are nowhere to be found.
func TestStoredResponses(t *testing.T) {
	f := serve(t, gatewaySpec{})
	got := f.do("GET", "/v1/responses/resp_%22x", "")
	if got.status != 404 || errorOf(got.body) != `Response with id 'resp_"x' not found.` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := f.do("GET", "/v1/responses/resp_1", "", "Authorization", ""); got.status != 401 {
		t.Errorf("without a key: got %d %s", got.status, got.body)
	}
}

// TestGeminiPaths tells what is wrong with a path.
func TestGeminiPaths(t *testing.T) {
	f := serve(t, gatewaySpec{})
	tests := map[string]struct {
		status  int
		message string
	}{
		"/v1beta/models/g":                {404, "invalid model action path"},
		"/v1beta/models/g:predict":        {404, "unknown action predict"},
		"/v1beta/models/:generateContent": {400, "Missing model in URL"},
	}
	for path, want := range tests {
		if got := f.post(path, speeches[ir.Gemini].ask); got.status != want.status || errorOf(got.body) != want.message {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

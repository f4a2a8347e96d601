package simulator

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// ask sends one request in the process; headers are names and values.
func ask(t *testing.T, s *Simulator, method, target, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if strings.HasPrefix(target, "/v1/messages") {
		r.Header.Set("Anthropic-Version", "2023-06-01")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("reading the answer to %s %s: %v", method, target, err)
	}
	return response.StatusCode, response.Header, string(answer)
}

// post sends a request that must succeed.
func post(t *testing.T, s *Simulator, target, body string, headers ...string) gjson.Result {
	t.Helper()
	status, _, answer := ask(t, s, http.MethodPost, target, body, headers...)
	if status != http.StatusOK || !gjson.Valid(answer) {
		t.Fatalf("POST %s answers %d %s", target, status, answer)
	}
	return gjson.Parse(answer)
}

// event is one event of a stream.
type event struct {
	name string
	data gjson.Result
}

// stream sends a request that must answer with a stream.
func stream(t *testing.T, s *Simulator, target, body string, headers ...string) []event {
	t.Helper()
	status, header, answer := ask(t, s, http.MethodPost, target, body, headers...)
	if status != http.StatusOK || header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("POST %s answers %d %s", target, status, answer)
	}
	var events []event
	for _, block := range strings.Split(strings.TrimSpace(strings.ReplaceAll(answer, "\r\n", "\n")), "\n\n") {
		e := event{}
		for _, line := range strings.Split(block, "\n") {
			if name, ok := strings.CutPrefix(line, "event: "); ok {
				e.name = name
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				if data != "[DONE]" && !gjson.Valid(data) {
					t.Fatalf("the event %q does not parse", data)
				}
				e.data = gjson.Parse(data)
				if data == "[DONE]" {
					e.data = gjson.Result{Type: gjson.String, Str: data, Raw: data}
				}
			}
		}
		events = append(events, e)
	}
	return events
}

// turnOf is a request of one user turn in a dialect, with more members, and the path to send it to.
func turnOf(dialect, prompt, more string) (target, body string) {
	var b strings.Builder
	quoted := quote(prompt)
	if more != "" {
		more = "," + more
	}
	switch dialect {
	case "chat":
		b.WriteString(`{"model":"demo","messages":[{"role":"user","content":` + quoted + `}]` + more + `}`)
		return "/v1/chat/completions", b.String()
	case "responses":
		return "/v1/responses", `{"model":"demo","input":` + quoted + more + `}`
	case "anthropic":
		return "/v1/messages", `{"model":"demo","max_tokens":1000,"messages":[{"role":"user","content":` + quoted + `}]` + more + `}`
	}
	return "/v1beta/models/demo:generateContent", `{"contents":[{"role":"user","parts":[{"text":` + quoted + `}]}]` + more + `}`
}

func quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// textPath is where the text of an answer is.
var textPath = map[string]string{
	"chat":      "choices.0.message.content",
	"responses": `output.#(type=="message").content.0.text`,
	"anthropic": `content.#(type=="text").text`,
	"gemini":    "candidates.0.content.parts.0.text",
}

var dialects = []string{"chat", "responses", "anthropic", "gemini"}

// say asks a prompt in a dialect and answers with the text.
func say(t *testing.T, s *Simulator, dialect, prompt string) string {
	t.Helper()
	target, body := turnOf(dialect, prompt, "")
	return post(t, s, target, body).Get(textPath[dialect]).String()
}

func TestDefaultAnswerInEveryDialect(t *testing.T) {
	s := New(Options{})
	for _, d := range dialects {
		if got := say(t, s, d, "Hello, world"); got != "You said: Hello, world" {
			t.Errorf("%s answers %q", d, got)
		}
	}
}

func TestRoutes(t *testing.T) {
	s := New(Options{Models: []string{"demo", "sim-x"}})
	for _, c := range []struct {
		method, target, body string
		headers              []string
		status               int
		path, want           string
	}{
		{"GET", "/v1/models", "", nil, 200, "data.1.id", "sim-x"},
		{"GET", "/v1/models", "", []string{"Anthropic-Version", "2023-06-01"}, 200, "last_id", "sim-x"},
		{"GET", "/v1/models/any/name", "", nil, 200, "id", "any/name"},
		{"GET", "/v1/models/missing-1", "", nil, 404, "error.code", "model_not_found"},
		{"GET", "/v1/models/demo", "", []string{"Anthropic-Version", "2023-06-01"}, 200, "type", "model"},
		{"GET", "/v1beta/models", "", nil, 200, "models.0.name", "models/demo"},
		{"GET", "/v1beta/models/demo", "", nil, 200, "name", "models/demo"},
		{"GET", "/v1beta/models/missing", "", nil, 404, "error.status", "NOT_FOUND"},
		{"POST", "/v1/embeddings", `{"model":"demo","input":["a b","c"],"dimensions":4}`, nil, 200, "data.1.embedding.#", "4"},
		{"POST", "/v1/embeddings", `{"model":"demo","input":"a b"}`, nil, 200, "usage.prompt_tokens", "2"},
		{"POST", "/v1/embeddings", `{"model":"missing","input":"a"}`, nil, 404, "error.code", "model_not_found"},
		{"POST", "/v1beta/models/demo:embedContent", `{"content":{"parts":[{"text":"a"}]}}`, nil, 200, "embedding.values.#", "768"},
		{"POST", "/v1/models/demo:batchEmbedContents", `{"requests":[{"model":"models/demo","content":{"parts":[{"text":"a"}]},"outputDimensionality":3}]}`, nil, 200, "embeddings.0.values.#", "3"},
		{"POST", "/v1alpha/models/demo:countTokens", `{"contents":[{"parts":[{"text":"one two"}]}]}`, nil, 200, "totalTokens", "5"},
		{"POST", "/v1/responses/input_tokens", `{"model":"demo","input":"one two"}`, nil, 200, "input_tokens", "5"},
		{"POST", "/v1/messages/count_tokens", `{"model":"demo","messages":[{"role":"user","content":"one two"}]}`, nil, 200, "input_tokens", "5"},
		{"POST", "/v1/messages?beta=true", `{"model":"demo","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, nil, 200, "type", "message"},
		{"POST", "/v1beta/models/ns/a:b:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, nil, 200, "modelVersion", "ns/a:b"},

		{"GET", "/v1/chat/completions", "", nil, 405, "error.code", "method_not_supported"},
		{"GET", "/v1/messages", "", nil, 405, "error.message", "Method Not Allowed"},
		{"GET", "/v1beta/models/demo:generateContent", "", nil, 405, "error.code", "405"},
		{"POST", "/v1/nothing", "{}", nil, 404, "error.code", "unknown_url"},
		{"POST", "/v1/messages/nothing", "{}", nil, 404, "error.type", "not_found_error"},
		{"POST", "/v1beta/models/demo:nothing", "{}", nil, 404, "error.status", "NOT_FOUND"},
		{"POST", "/v1/chat/completions", "", nil, 400, "error.type", "invalid_request_error"},
		{"POST", "/v1/responses", `{"model":`, nil, 400, "error.type", "invalid_request_error"},
		{"POST", "/v1/messages", `[]`, nil, 400, "error.message", "The request body is not valid JSON."},
		{"POST", "/v1beta/models/demo:generateContent", ``, nil, 400, "error.message", "Invalid JSON payload received. Unexpected end of string."},
		{"POST", "/v1beta/models/missing:generateContent", `{"contents":[]}`, nil, 404, "error.status", "NOT_FOUND"},
		{"POST", "/v1/messages", `{"model":"missing","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, nil, 404, "error.message", "model: missing"},
	} {
		status, _, answer := ask(t, s, c.method, c.target, c.body, c.headers...)
		if got := gjson.Get(answer, c.path).String(); status != c.status || got != c.want {
			t.Errorf("%s %s %s answers %d with %s = %q, want %d %q\n%s", c.method, c.target, c.body, status, c.path, got, c.status, c.want, answer)
		}
	}
}

func TestCredentials(t *testing.T) {
	s := New(Options{Keys: []string{"right", "other"}})
	for _, d := range dialects {
		target, body := turnOf(d, "x", "")
		good := map[string]string{"chat": "Authorization", "responses": "Authorization", "anthropic": "X-Api-Key", "gemini": "X-Goog-Api-Key"}[d]
		value := map[bool]string{true: "Bearer ", false: ""}[good == "Authorization"]
		for credential, want := range map[string]int{"right": 200, "other": 200, "wrong": 401, "": 401} {
			status, _, answer := ask(t, s, "POST", target, body, good, value+credential)
			if status != want {
				t.Errorf("%s with credential %q answers %d %s", d, credential, status, answer)
			}
			if strings.Contains(answer, "wrong") {
				t.Errorf("%s repeats the credential: %s", d, answer)
			}
		}
	}
	if status, _, _ := ask(t, s, "POST", "/v1beta/models/demo:generateContent?key=right", `{"contents":[{"parts":[{"text":"x"}]}]}`); status != 200 {
		t.Errorf("the key in the query is answered with %d", status)
	}
	if status, _, _ := ask(t, s, "GET", "/v1/models", "", "Authorization", "Bearer wrong"); status != 401 {
		t.Errorf("the list of models is answered with %d", status)
	}
}

func TestBodiesThatGoTooFar(t *testing.T) {
	s := New(Options{})
	deep := `{"model":"demo","messages":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
	if status, _, answer := ask(t, s, "POST", "/v1/chat/completions", deep); status != 400 {
		t.Errorf("the nested body is answered with %d %s", status, answer)
	}
	quoted := `{"model":"demo","messages":[{"role":"user","content":"\\\"` + strings.Repeat("[", 2000) + `"}]}`
	post(t, s, "/v1/chat/completions", quoted)
	if status, _, _ := ask(t, s, "POST", "/v1/responses", `{"model":"`+strings.Repeat("x", maxBody)+`"}`); status != 413 {
		t.Errorf("the large body is answered with %d", status)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory[int, string](2)
	m.put(1, "a")
	m.put(2, "b")
	m.get(1)
	m.put(3, "c")
	_, second := m.get(2)
	first, _ := m.get(1)
	if second || first != "a" || m.order.Len() != 2 || len(m.items) != 2 {
		t.Errorf("the memory holds %v", m.items)
	}
	m.remove(1)
	if _, ok := m.get(1); ok || len(m.items) != 1 {
		t.Errorf("the memory still holds %v", m.items)
	}
}

func TestRequestsHaveNames(t *testing.T) {
	s := New(Options{})
	_, one, _ := ask(t, s, "GET", "/v1/models", "", "Anthropic-Version", "2023-06-01")
	_, two, answer := ask(t, s, "POST", "/v1/messages", "{}")
	if a, b := one.Get("Request-Id"), two.Get("Request-Id"); a == "" || a == b || gjson.Get(answer, "request_id").String() != b {
		t.Errorf("the requests are named %q and %q: %s", a, b, answer)
	}
}

func TestEmbeddingsAreTheSameAndOfLengthOne(t *testing.T) {
	s := New(Options{})
	floats := post(t, s, "/v1/embeddings", `{"model":"demo","input":"hello","dimensions":8}`).Get("data.0.embedding")
	text := post(t, s, "/v1/embeddings", `{"model":"demo","input":"hello","dimensions":8,"encoding_format":"base64"}`).Get("data.0.embedding")
	var v []float32
	sum := 0.0
	for _, f := range floats.Array() {
		v = append(v, float32(f.Num))
		sum += f.Num * f.Num
	}
	if floatBytes(v) != text.String() {
		t.Errorf("base64 is %s, the numbers are %s", text, floats.Raw)
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("the length is %f", sum)
	}
}

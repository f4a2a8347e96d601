package handlers

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/simulator"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// spy is a transport that notes what passes.
type spy struct {
	http.RoundTripper
	paths []string
}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.paths = append(s.paths, r.URL.Path)
	return s.RoundTripper.RoundTrip(r)
}

// simulated is an account of a real kind whose upstream is a simulator.
func simulated(p providers.Provider) (accountSpec, *spy) {
	s := &spy{RoundTripper: simulator.New(simulator.Options{Account: "only"})}
	return accountSpec{name: "only", provider: p, url: "http://simulator.invalid", transport: s, models: []string{"demo=sim-x", "*"}}, s
}

var embedders = map[string]func() providers.Provider{
	"openai":              func() providers.Provider { return &providers.OpenAI{} },
	"openai responses":    func() providers.Provider { return &providers.OpenAI{API: "responses"} },
	"openai_compatible":   func() providers.Provider { return &providers.OpenAICompatible{} },
	"gemini":              func() providers.Provider { return &providers.Gemini{} },
	"simulator as gemini": func() providers.Provider { return &providers.Simulator{Speaks: ir.Gemini} },
	"simulator":           func() providers.Provider { return &providers.Simulator{} },
}

// floats reads one embedding of an answer, whatever its form.
func floats(t *testing.T, v gjson.Result) []float32 {
	t.Helper()
	var list []float32
	if v.Type == gjson.String {
		raw, err := base64.StdEncoding.DecodeString(v.Str)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(raw) >= 4; raw = raw[4:] {
			list = append(list, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
		return list
	}
	for _, n := range v.Array() {
		list = append(list, float32(n.Num))
	}
	return list
}

// TestEmbed asks for the embeddings of the same texts in every form, of every
// kind of account: the vectors are the same.
func TestEmbed(t *testing.T) {
	asks := map[string]struct{ path, body, vectors string }{
		"openai text":   {"/v1/embeddings", `{"model":"demo","input":"a b","dimensions":8}`, "data.#.embedding"},
		"openai list":   {"/v1/embeddings", `{"model":"demo","input":["a b","c\n\"d\""],"dimensions":8,"encoding_format":"float"}`, "data.#.embedding"},
		"openai base64": {"/openai/v1/embeddings", `{"model":"demo","input":["a b","c\n\"d\""],"dimensions":8,"encoding_format":"base64"}`, "data.#.embedding"},
		"gemini one":    {"/v1beta/models/demo:embedContent", `{"content":{"parts":[{"text":"a b"}]},"output_dimensionality":8,"taskType":"RETRIEVAL_QUERY"}`, "embedding.values"},
		"gemini batch": {
			"/v1beta/models/demo:batchEmbedContents",
			`{"requests":[{"model":"models/demo","content":{"parts":[{"text":"a b"}]},"outputDimensionality":8},{"model":"models/demo","content":{"parts":[{"text":"c"},{"text":"\"d\""}]},"outputDimensionality":8}]}`,
			"embeddings.#.values",
		},
	}
	var want [2][]float32
	for kind, provider := range embedders {
		for name, ask := range asks {
			t.Run(kind+" "+name, func(t *testing.T) {
				account, spied := simulated(provider())
				f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
				got := f.post(ask.path, ask.body)
				if got.status != 200 {
					t.Fatalf("got %d %s", got.status, got.body)
				}
				vectors := gjson.Get(got.body, ask.vectors).Array()
				if name == "gemini one" {
					vectors = []gjson.Result{gjson.Get(got.body, ask.vectors)}
				}
				if len(vectors) != 1+strings.Count(ask.body, "d\\\"") {
					t.Fatalf("got %d vectors: %s", len(vectors), got.body)
				}
				for i, v := range vectors {
					if (name == "openai base64") != (v.Type == gjson.String) {
						t.Errorf("vector %d is %s", i, v.Raw)
					}
					list := floats(t, v)
					if want[i] == nil {
						want[i] = list
					}
					if len(list) != 8 || fmt.Sprint(list) != fmt.Sprint(want[i]) {
						t.Errorf("vector %d is %v, want %v", i, list, want[i])
					}
				}
				wantEmbedUsage(t, f, ask.path, spied.paths[0], got)
				if s := f.account("only"); s.Succeeded != 1 {
					t.Errorf("the success is not noted: %+v", s)
				}
				f.settled()
			})
		}
	}
}

// wantEmbedUsage wants the model's name and a usage that tells whether it is
// the upstream's.
func wantEmbedUsage(t *testing.T, f *fixture, asked, sent string, got answered) {
	t.Helper()
	estimated := got.header.Get("X-Ai-Gateway-Estimated") == "true"
	if !strings.Contains(asked, "/embeddings") {
		if estimated {
			t.Error("nothing is told, but it is marked as an estimate")
		}
		return
	}
	if gjson.Get(got.body, "model").Str != "demo" || gjson.Get(got.body, "usage.prompt_tokens").Int() < 1 {
		t.Errorf("got %s", got.body)
	}
	if estimated != strings.Contains(sent, "mbedContent") {
		t.Errorf("estimated: %v, asked at %s", estimated, sent)
	}
	if in := f.lastFields(1)["ai_input_tokens"]; in == "" || in == "0s" {
		t.Errorf("the usage is not logged: %q", in)
	}
}

// TestEmbedManyTexts splits what Gemini does not take at once, and joins it in
// order.
func TestEmbedManyTexts(t *testing.T) {
	account, spied := simulated(&providers.Gemini{})
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	texts := make([]string, 250)
	for i := range texts {
		texts[i] = fmt.Sprintf(`"text %d"`, i)
	}
	got := f.post("/v1/embeddings", `{"model":"demo","input":[`+strings.Join(texts, ",")+`],"dimensions":2}`)
	if n := gjson.Get(got.body, "data.#").Int(); n != 250 || len(spied.paths) != 3 {
		t.Fatalf("got %d vectors by %v: %.200s", n, spied.paths, got.body)
	}
	last := f.post("/v1/embeddings", `{"model":"demo","input":"text 249","dimensions":2}`)
	if a, b := gjson.Get(got.body, "data.249"), gjson.Get(last.body, "data.0"); a.Get("embedding").Raw != b.Get("embedding").Raw || a.Get("index").Int() != 249 {
		t.Errorf("the last one is %s, alone it is %s", a.Raw, b.Raw)
	}
}

// TestEmbedSizes asks OpenAI once for each size, since its requests have one.
func TestEmbedSizes(t *testing.T) {
	account, spied := simulated(&providers.OpenAI{})
	f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
	one := func(size string) string {
		return `{"model":"models/demo","content":{"parts":[{"text":"a"}]}` + size + `}`
	}
	body := `{"requests":[` + one(`,"outputDimensionality":2`) + "," + one(`,"outputDimensionality":2`) + "," + one(`,"embedContentConfig":{"outputDimensionality":3}`) + `]}`
	got := f.post("/v1beta/models/demo:batchEmbedContents", body)
	if sizes := gjson.Get(got.body, "embeddings.#.values.#").Raw; sizes != "[2,2,3]" || len(spied.paths) != 2 {
		t.Errorf("got %s by %v: %s", sizes, spied.paths, got.body)
	}
}

// TestEmbedRefused covers what cannot be had.
func TestEmbedRefused(t *testing.T) {
	tests := map[string]struct {
		provider         providers.Provider
		path, body       string
		status           int
		message, param   string
		wantsNoUpstream  bool
		unwantedInAnswer string
	}{
		"tokens for Gemini": {&providers.Gemini{}, "/v1/embeddings", `{"model":"demo","input":[1,2,3]}`, 400, "not token numbers", "input", true, ""},
		"lists of tokens":   {&providers.Gemini{}, "/v1/embeddings", `{"model":"demo","input":["a",[1,2]]}`, 400, "not token numbers", "input[1]", true, ""},
		"an image":          {&providers.OpenAI{}, "/v1beta/models/demo:embedContent", `{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}`, 400, "nothing but text", "", true, ""},
		"no input":          {&providers.Gemini{}, "/v1/embeddings", `{"model":"demo"}`, 400, "Missing required parameter", "input", true, ""},
		"no JSON":           {&providers.Gemini{}, "/v1/embeddings", `{"model":`, 400, "Failed to parse request body", "", true, ""},
		"no model":          {&providers.OpenAI{}, "/v1/embeddings", `{"input":"a"}`, 400, "model is required", "model", true, ""},
		"Claude embeds not": {&providers.Anthropic{}, "/v1/embeddings", `{"model":"demo","input":"a"}`, 404, "does not exist", "model", true, ""},
		"upstream fails":    {&providers.Gemini{}, "/v1/embeddings", `{"model":"demo","input":"fail with 503"}`, 502, "Upstream service temporarily unavailable", "", false, ""},
		"upstream refuses":  {&providers.OpenAI{}, "/v1/embeddings", `{"model":"demo","input":""}`, 400, "", "input", false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			account, spied := simulated(tt.provider)
			f := serve(t, gatewaySpec{accounts: []accountSpec{account}})
			got := f.post(tt.path, tt.body)
			if got.status != tt.status || !strings.Contains(errorOf(got.body), tt.message) {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if p := gjson.Get(got.body, "error.param").Str; !strings.Contains(tt.path, "models") && p != tt.param {
				t.Errorf("the place is %q", p)
			}
			if (len(spied.paths) == 0) != tt.wantsNoUpstream {
				t.Errorf("asked upstream: %v", spied.paths)
			}
			f.settled()
		})
	}
}

// TestEmbedFailover asks another account, of another dialect, when the first
// one fails.
func TestEmbedFailover(t *testing.T) {
	broken := newUpstream(t, fails(500, `{"error":{"message":"boom"}}`))
	good, spied := simulated(&providers.Gemini{})
	good.name, good.priority = "good", 1
	f := serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "broken", provider: &providers.OpenAI{}, url: broken.URL, models: []string{"demo"}}, good,
	}})
	got := f.post("/v1/embeddings", `{"model":"demo","input":"a"}`)
	if got.status != 200 || len(spied.paths) != 1 || f.account("broken").Failed != 1 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestEmbedMends wants base64 from a server that answers with numbers
// whatever it is asked for, and everything else as it came.
func TestEmbedMends(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", `{"object":"list", "extra":[1.0],"data":[{"index":0, "embedding":[0.5, -2e0],"object":"embedding"}],"model":"up","usage":{"prompt_tokens":1,"total_tokens":1}}`))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", provider: &providers.OpenAICompatible{}, url: up.URL, models: []string{"m=up"}}}})
	want := `{"object":"list", "extra":[1.0],"data":[{"index":0, "embedding":"AAAAPwAAAMA=","object":"embedding"}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`
	if got := f.post("/v1/embeddings", `{"model":"m","input":"a","encoding_format":"base64"}`); got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	if sent := up.requests()[0].body; sent != `{"model":"up","input":"a","encoding_format":"base64"}` {
		t.Errorf("sent %s", sent)
	}
}

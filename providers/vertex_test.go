package providers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func newVertex(t *testing.T, project, location string) *Vertex {
	t.Helper()
	p := &Vertex{Project: project, Location: location}
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	return p
}

const claudeBody = `{"model":"claude-sonnet-4-5@20250929","max_tokens":10,"stream":true,"messages":[]}`

func TestVertexRequest(t *testing.T) {
	for _, c := range []struct {
		name, project, location string
		call                    Call
		want                    string
	}{{
		"claude streams", "p1", "us-east5",
		Call{
			Op: ir.Generate, Dialect: ir.Anthropic, Model: "claude-sonnet-4-5@20250929", Stream: true, Body: []byte(claudeBody), Bearer: "tok",
			Client: clientHeader(), SameDialect: true,
		},
		`POST https://us-east5-aiplatform.googleapis.com/v1/projects/p1/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict
Accept: text/event-stream
Accept-Encoding: identity
Anthropic-Beta: context-1m-2025-08-07
Authorization: Bearer tok
Content-Type: application/json
{"max_tokens":10,"stream":true,"messages":[],"anthropic_version":"vertex-2023-10-16"}`,
	}, {
		"claude counts", "p1", "global",
		Call{Op: ir.CountTokens, Dialect: ir.Anthropic, Model: "claude-x", Body: []byte(`{"model":"claude-x"}`), Bearer: "tok"},
		`POST https://aiplatform.googleapis.com/v1/projects/p1/locations/global/publishers/anthropic/models/count-tokens:rawPredict
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{"model":"claude-x","anthropic_version":"vertex-2023-10-16"}`,
	}, {
		"gemini in the credential's project", "", "eu",
		Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-3-pro", Body: []byte(`{}`), Bearer: "tok", Project: "p2"},
		`POST https://aiplatform.eu.rep.googleapis.com/v1/projects/p2/locations/eu/publishers/google/models/gemini-3-pro:generateContent
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{}`,
	}, {
		"gemini with cached content", "p1", "",
		Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-3-pro", Body: []byte(`{"cachedContent":"c"}`), Stream: true, Bearer: "tok"},
		`POST https://aiplatform.googleapis.com/v1beta1/projects/p1/locations/global/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse
Accept: text/event-stream
Accept-Encoding: identity
Authorization: Bearer tok
Content-Type: application/json
{"cachedContent":"c"}`,
	}, {
		"embeddings", "p1", "us-central1",
		Call{Op: ir.Embed, Dialect: ir.Gemini, Model: "gemini-embedding-001", Action: "predict", Body: []byte(`{}`), Bearer: "tok"},
		`POST https://us-central1-aiplatform.googleapis.com/v1/projects/p1/locations/us-central1/publishers/google/models/gemini-embedding-001:predict
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{}`,
	}, {
		"express mode", "", "",
		Call{Op: ir.CountTokens, Dialect: ir.Gemini, Model: "gemini-3-pro", Body: []byte(`{}`), Secret: "key"},
		`POST https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro:countTokens
Accept: application/json
Content-Type: application/json
X-Goog-Api-Key: key
{}`,
	}} {
		t.Run(c.name, func(t *testing.T) {
			p := newVertex(t, c.project, c.location)
			c.call.BaseURL = p.Defaults().BaseURL
			req, err := p.Request(t.Context(), &c.call)
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(t, req); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestVertexRefuses(t *testing.T) {
	p := newVertex(t, "", "")
	for name, call := range map[string]Call{
		"no project":   {Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-x", Bearer: "tok"},
		"odd project":  {Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-x", Bearer: "tok", Project: "../x"},
		"claude key":   {Op: ir.Generate, Dialect: ir.Anthropic, Model: "claude-x", Secret: "key"},
		"embeddings":   {Op: ir.Embed, Dialect: ir.Anthropic, Model: "claude-x", Bearer: "tok", Project: "p"},
		"compaction":   {Op: ir.Compact, Dialect: ir.Gemini, Model: "gemini-x", Bearer: "tok", Project: "p"},
		"climbing":     {Op: ir.Generate, Dialect: ir.Gemini, Model: "../x", Bearer: "tok", Project: "p"},
		"other speech": {Op: ir.Generate, Dialect: ir.Chat, Model: "gemini-x", Bearer: "tok", Project: "p"},
		"torn body":    {Op: ir.Generate, Dialect: ir.Anthropic, Model: "claude-x", Bearer: "tok", Project: "p", Body: []byte(`{"a`)},
	} {
		call.BaseURL = p.Defaults().BaseURL
		if call.Body == nil {
			call.Body = []byte(`{}`)
		}
		if _, err := p.Request(t.Context(), &call); err == nil || strings.Contains(err.Error(), "tok") || strings.Contains(err.Error(), `"key"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []*Vertex{{Project: "A b"}, {Location: "us.evil.example"}, {Location: "-x"}, {Project: "{env.TEST_NOT_SET}"}} {
		if err := bad.Provision(caddy.Context{}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestVertexDialect(t *testing.T) {
	p := new(Vertex)
	for model, want := range map[string]ir.Dialect{"claude-opus-4-6": ir.Anthropic, "gemini-3-pro": ir.Gemini} {
		if got := p.Dialect(ir.Chat, ir.Generate, model); got != want {
			t.Errorf("%s: %s", model, got)
		}
	}
	if p.Dialect(ir.Chat, ir.Embed, "gemini-embedding-001") != ir.Gemini || p.Dialect(ir.Chat, ir.Embed, "claude-x") != "" || p.Dialect(ir.Responses, ir.Compact, "gemini-x") != "" {
		t.Error("embeddings are Google's alone, and nothing is compacted")
	}
}

func TestBetasOfTranslation(t *testing.T) {
	p := newVertex(t, "p", "")
	req, err := p.Request(t.Context(), &Call{
		Op: ir.Generate, Dialect: ir.Anthropic, Model: "claude-x", Body: []byte(`{}`), BaseURL: p.Defaults().BaseURL,
		Header: http.Header{"Anthropic-Beta": {"the-operators"}}, Client: clientHeader(), SameDialect: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := req.Header.Get("Anthropic-Beta"); got != "context-1m-2025-08-07,the-operators" {
		t.Errorf("betas %q", got)
	}
}

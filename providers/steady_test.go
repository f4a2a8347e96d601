package providers

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestSteady compares requests that are built with what is remembered with those that are not.
func TestSteady(t *testing.T) {
	kinds := []Provider{&OpenAI{}, &Anthropic{}, &Gemini{}}
	dialects := []ir.Dialect{ir.Chat, ir.Anthropic, ir.Gemini}
	steady := make([]Steady, len(kinds))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for round := range 20 {
				for i, kind := range kinds {
					call := Call{
						Op: ir.Generate, Dialect: dialects[i], Model: fmt.Sprintf("model-%d", round%3), Stream: round%2 == 0, Body: []byte(`{"a":1}`),
						BaseURL: "https://example.com/v1?x=1", Secret: fmt.Sprintf("secret-%d", round%2),
					}
					want, err := kind.Request(t.Context(), &call)
					if err != nil {
						t.Error(err)
						return
					}
					call.Steady = &steady[i]
					got, err := kind.Request(t.Context(), &call)
					if err != nil {
						t.Error(err)
						return
					}
					if got.URL.String() != want.URL.String() || got.Host != want.Host || fmt.Sprint(got.Header) != fmt.Sprint(want.Header) || got.ContentLength != want.ContentLength {
						t.Errorf("got %s %v, want %s %v", got.URL, got.Header, want.URL, want.Header)
					}
					got.URL.Path, got.URL.Host = "/spoilt", "spoilt" // as a transport might
					got.Header.Add("Authorization", "spoilt")
					got.Header.Add("X-Api-Key", "spoilt")
				}
			}
		})
	}
	all.Wait()
}

// TestSteadyIsBounded lets clients ask for many models.
func TestSteadyIsBounded(t *testing.T) {
	var s Steady
	for i := range 3 * maxPlaces {
		path := fmt.Sprintf("/m%d", i)
		u, err := s.endpoint("https://example.com", path, "")
		if err != nil || u.Path != path {
			t.Fatalf("got %v, %v", u, err)
		}
	}
	if n := len(*s.places.Load()); n != maxPlaces {
		t.Errorf("%d places are remembered, want %d", n, maxPlaces)
	}
	if _, err := s.endpoint("no url", "/", ""); err == nil {
		t.Error("a bad base_url was taken")
	}
}

// TestRequestBody reads a body as often as net/http sends it.
func TestRequestBody(t *testing.T) {
	for _, body := range []string{"", `{"a":1}`} {
		req, err := newRequest(t.Context(), &Call{BaseURL: "https://example.com"}, "/x", "", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		first, err := io.ReadAll(req.Body)
		if err != nil || string(first) != body || req.ContentLength != int64(len(body)) || req.Method != "POST" {
			t.Errorf("got %q, %v, length %d", first, err, req.ContentLength)
		}
		for range 2 {
			again, err := req.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(again); err != nil || string(text) != body {
				t.Errorf("got %q, %v once more", text, err)
			}
		}
	}
	if req, err := newRequest(t.Context(), &Call{BaseURL: "https://example.com"}, "/x", "", nil); err != nil || req.Method != "GET" || req.Body != nil || req.GetBody != nil {
		t.Errorf("got %v, %v for no body", req, err)
	}
}

// TestPlainPath finds what escapeModel would give back as it is.
func TestPlainPath(t *testing.T) {
	for name, plain := range map[string]bool{
		"models/gemini-2.5-flash": true, "a": true, "A_b-1.0": true, "tunedModels/x1": true,
		"": false, "/a": false, "a/": false, "a//b": false, "../a": false, "a/..": false, "a/./b": false, ".": false, "a b": false,
		"a%2fb": false, "é": false, "a?b": false, "a#b": false, "a:b": false, "-a": false, "a@1": false,
	} {
		if isPlainPath(name) != plain {
			t.Errorf("%q: %v", name, !plain)
		}
		if escaped, err := escapeModel(name); plain && (err != nil || escaped != name) {
			t.Errorf("%q became %q, %v", name, escaped, err)
		}
	}
	if _, err := escapeModel("models/.."); err == nil || strings.Contains(err.Error(), "..") {
		t.Errorf("got %v", err)
	}
}

package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// ask sends a request of the Responses API and returns what came, or fails.
func (s *site) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer sk-reload")
	req.Header.Set("Idempotency-Key", "any")
	resp, err := s.clients["h1"].Do(req)
	for tries := 0; err != nil && tries < 3; tries++ {
		// A connection that came in while a configuration was replaced may end
		// with the socket of the old one.
		req.Body, err = req.GetBody()
		must(t, err)
		resp, err = s.clients["h1"].Do(req)
	}
	must(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, got)
	}
	return string(got)
}

// TestStoredSurvivesReload goes on after a reload with what was stored before
// it, and with an answer that was being made.
func TestStoredSurvivesReload(t *testing.T) {
	block := func(n int) string {
		return fmt.Sprintf(`
		key client sk-reload
		account sim simulator {
			speaks anthropic
			concurrency %d
		}`, n)
	}
	s := newSite(t)
	must(t, s.load(t, block(5)))
	first := gjson.Get(s.ask(t, "POST", "/v1/responses", `{"model":"demo","input":"say exactly: Remember me."}`), "id").Str
	slow := gjson.Get(s.ask(t, "POST", "/v1/responses", `{"model":"demo","input":"wait 300ms. say exactly: Here at last.","background":true}`), "id").Str
	must(t, s.load(t, block(6)))
	if got := s.ask(t, "GET", "/v1/responses/"+first, ""); gjson.Get(got, "output.0.content.0.text").Str != "Remember me." {
		t.Errorf("got %s", got)
	}
	s.ask(t, "POST", "/v1/responses", `{"model":"demo","input":"And?","previous_response_id":"`+first+`"}`)
	eventually(t, "the answer that was being made is there", func() bool {
		return gjson.Get(s.ask(t, "GET", "/v1/responses/"+slow, ""), "output.0.content.0.text").Str == "Here at last."
	})
	// What is being made at the end of the process does not keep it.
	s.ask(t, "POST", "/v1/responses", `{"model":"demo","input":"wait 5m","background":true}`)
}

package sdktest

import (
	"fmt"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// signedUpstreams are models that want back what they have signed.
var signedUpstreams = []upstream{
	{"responses", "gpt-5.1"}, {"anthropic", "claude-sonnet-4-5"}, {"anthropic", "claude-opus-4-8"}, {"gemini", "gemini-3-pro-preview"},
}

// signedSites are two gateways with the same accounts: what a client of one was told is not known at the other.
func signedSites() []site {
	accounts := ""
	for _, a := range [][4]string{{"responses", "openai", "/v1", "api responses"}, {"anthropic", "anthropic"}, {"gemini", "gemini"}} {
		accounts += fmt.Sprintf("account signed-%s %s %s {\nbase_url %s%s\n%s\n}\n", a[0], a[1], upstreamKey, upstreamServer.URL, a[2], a[3])
	}
	return []site{{"signed.test", accounts}, {"strange.test", accounts}}
}

// proofs are where an upstream's request holds what it signed itself.
func proofs(dialect string, body []byte) []string {
	path := map[string]string{
		"responses": `input.#(type=="reasoning")#.encrypted_content`,
		"anthropic": "messages.#.content|@flatten|#.signature",
		"gemini":    "contents.#.parts|@flatten|#.thoughtSignature",
	}[dialect]
	var all []string
	for _, v := range gjson.GetBytes(body, path).Array() {
		all = append(all, v.String())
	}
	return all
}

// TestRestoredSignatures: a client of Chat Completions has no place for signatures. The gateway remembers them, and the
// upstream, which checks them, sees its own ones through a loop of two calls. At another gateway nobody knows them.
func TestRestoredSignatures(t *testing.T) {
	t.Parallel()
	for _, up := range signedUpstreams {
		for _, streamed := range []bool{false, true} {
			mode := fmt.Sprintf("%s-%v", up.model, streamed)
			t.Run(mode, func(t *testing.T) {
				t.Parallel()
				rec := newRecorder(t, grammar.Dialect("chat"))
				c := &cell{t, newChatClient(t, rec, "signed.test"), rec, up, streamed}
				tools := []tool{weather, clock}
				turns := user(`think aloud. call get_weather {"city":"Paris"} then call get_time {"zone":"UTC"}`)
				first := c.ask(ask{Turns: turns, Tools: tools, Think: true})
				c.called(first, "get_weather", `{"city":"Paris"}`)
				turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], "mark-second-" + mark(mode)}}})
				second, sent := c.visit("mark-second-"+mark(mode), ask{Turns: turns, Tools: tools, Think: true})
				c.proven(sent, 1)
				c.called(second, "get_time", `{"zone":"UTC"}`)

				turns = append(turns, turn{Reply: second}, turn{Results: []result{{second.Calls[0], "mark-third-" + mark(mode)}}})
				turns[2].Results[0].Output = "mild"
				third, sent := c.visit("mark-third-"+mark(mode), ask{Turns: turns, Tools: tools, Think: true})
				c.proven(sent, 2)
				c.want("text", third.Text, "The tool get_time answered: mark-third-"+mark(mode))

				turns[4].Results[0].Output = "mark-strange-" + mark(mode)
				c.client = newChatClient(t, rec, "strange.test")
				_, sent = c.visit("mark-strange-"+mark(mode), ask{Turns: turns, Tools: tools, Think: true})
				c.proven(sent, 0)
			})
		}
	}
}

// mark makes a text one that markPattern matches.
func mark(text string) string {
	out := []byte(text)
	for i, b := range out {
		if b == '.' {
			out[i] = '-'
		}
	}
	return string(out)
}

// visit asks for an answer and returns what the upstream was sent.
func (c *cell) visit(mark string, a ask) (*reply, []byte) {
	c.Helper()
	x := visits.expect(mark)
	r := c.ask(a)
	c.await("the upstream was asked", x.begun)
	return r, x.body
}

// proven checks how many signatures of its own an upstream was sent.
func (c *cell) proven(sent []byte, want int) {
	c.Helper()
	got := 0
	for _, p := range proofs(c.up.dialect, sent) {
		if p != "" && p != "skip_thought_signature_validator" {
			got++
		}
	}
	if got != want {
		c.Errorf("the upstream was sent %d of its signatures, want %d: %s", got, want, sent)
	}
}

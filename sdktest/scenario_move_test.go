package sdktest

import (
	"fmt"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// TestMove begins a conversation with one upstream and goes on with another one, in the middle of a tool loop: what the
// first one has signed, the second one must not be troubled with.
func TestMove(t *testing.T) {
	for _, m := range makers {
		for _, from := range upstreams {
			for _, to := range upstreams {
				if from == to {
					continue
				}
				t.Run(fmt.Sprintf("%s from %s to %s", m.dialect, from, to), func(t *testing.T) {
					t.Parallel()
					for _, streamed := range []bool{false, true} {
						rec := newRecorder(t, grammar.Dialect(m.dialect))
						first := &cell{t, m.make(t, rec, from.host()), rec, from, streamed}
						second := &cell{t, m.make(t, rec, to.host()), rec, to, streamed}
						move(first, second)
					}
				})
			}
		}
	}
}

func move(from, to *cell) {
	tools := []tool{weather, clock}
	turns := user("think aloud. Why is the sky blue?")
	reply := from.ask(ask{Turns: turns, Tools: tools, Think: true})
	turns = append(turns, turn{Reply: reply}, turn{User: `call get_weather {"city":"Paris"} and get_time {"zone":"CET"}`})
	reply = from.ask(ask{Turns: turns, Tools: tools, Think: true})
	from.called(reply, "get_weather", `{"city":"Paris"}`, "get_time", `{"zone":"CET"}`)
	k := reply.Calls
	turns = append(turns, turn{Reply: reply}, turn{Results: []result{{k[1], "noon"}, {k[0], "mild"}}})

	reply = to.ask(ask{Turns: turns, Tools: tools, Think: true})
	to.contains(reply.Text, "get_weather answered: mild", "get_time answered: noon")
	turns = append(turns, turn{Reply: reply}, turn{User: "And the sea?"})
	to.want("text", to.ask(ask{Turns: turns, Tools: tools, Think: true}).Text, "You said: And the sea?")

	// Back again, with what the second one has signed.
	from.want("text", from.ask(ask{Turns: turns, Tools: tools, Think: true}).Text, "You said: And the sea?")
}

package sdktest

import (
	"context"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// patience is how long one answer may take.
const patience = 20 * time.Second

// cell is one field of the matrix: a client, an upstream, and whether the answer is streamed.
type cell struct {
	*testing.T
	client   client
	rec      *recorder
	up       upstream
	streamed bool
}

// scenario is one row of the table below.
type scenario struct {
	name string
	run  func(c *cell)
}

// scenarios are what every client must be able to do with every upstream, streamed and not.
var scenarios = []scenario{
	{"text", textScenario},
	{"same text whole and streamed", sameTextScenario},
	{"many turns", turnsScenario},
	{"system prompt", systemScenario},
	{"tool round trip", toolScenario},
	{"parallel tools", parallelScenario},
	{"the same tool twice", twiceScenario},
	{"forced tool", forcedScenario},
	{"arguments in pieces", piecesScenario},
	{"image", imageScenario},
	{"answer of a schema", schemaScenario},
	{"thinking", thinkingScenario},
	{"thinking and tools", thinkingToolScenario},
	{"hidden thinking", hiddenThinkingScenario},
	{"usage", usageScenario},
	{"cached tokens", cachedScenario},
	{"stop at the end", endScenario},
	{"stop at the length", lengthScenario},
	{"stop at a sequence", sequenceScenario},
	{"refusal", refusalScenario},
	{"content filter", filterScenario},
	{"unicode", unicodeScenario},
	{"long answer", longScenario},
	{"empty answer", emptyScenario},
	{"refused request", refusedScenario},
	{"error inside", errorInsideScenario},
	{"cut stream", cutScenario},
	{"garbage", garbageScenario},
}

// TestMatrix runs all scenarios.
func TestMatrix(t *testing.T) {
	for _, m := range makers {
		for _, up := range upstreams {
			t.Run(m.dialect+" to "+up.String(), func(t *testing.T) {
				t.Parallel()
				for _, s := range scenarios {
					for _, streamed := range []bool{false, true} {
						name := s.name + map[bool]string{true: "/streamed", false: "/whole"}[streamed]
						t.Run(name, func(t *testing.T) {
							rec := newRecorder(t, grammar.Dialect(m.dialect))
							rec.relayed = m.dialect == up.dialect
							s.run(&cell{t, m.make(t, rec, up.host()), rec, up, streamed})
						})
					}
				}
			})
		}
	}
}

// try asks for an answer in the cell's way.
func (c *cell) try(a ask) (*reply, error) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	if a.Model == "" {
		a.Model = c.up.model
	}
	if c.streamed {
		return c.client.Stream(ctx, a, nil)
	}
	return c.client.Send(ctx, a)
}

// ask is try for answers that must come.
func (c *cell) ask(a ask) *reply {
	c.Helper()
	r, err := c.try(a)
	if err != nil {
		c.Fatalf("asking: %v\nsent: %.3000s", err, c.rec.sent())
	}
	return r
}

// want compares a text.
func (c *cell) want(what, got, want string) {
	c.Helper()
	if got != want {
		c.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// stops compares the stop reason, which every client dialect has its own word for.
func (c *cell) stops(r *reply, chat, responses, anthropic, gemini string) {
	c.Helper()
	c.want("stop reason", r.Stop, map[string]string{
		"chat": chat, "responses": responses, "anthropic": anthropic, "gemini": gemini,
	}[c.client.Dialect()])
}

package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// loopingClient begins the User-Agent of Gemini CLI. After 404 for a model that
// it asks beside the main one it tries another where it knows one; otherwise it
// repeats the same request at once and for ever, whatever the body says. After
// 400 it gives up. Seen with 0.61.0: retryWithBackoff counts its attempts from 0
// again as long as handleFallback returns a model.
const loopingClient = "GeminiCLI"

// mayMiss is how often that client is told that a model is not there.
const mayMiss = 3

// brake holds a client that asks again and again for a model that is not there,
// and returns what to tell it.
func (c *call) brake(err error) error {
	var e *ir.Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound || c.log.model == "" {
		return err
	}
	times := c.g.misses.Missed(c.r.Context(), c.key.Name, c.log.model)
	if times <= mayMiss || !strings.HasPrefix(c.r.UserAgent(), loopingClient) {
		return err
	}
	return ir.Invalid("", "%s (asked again and again; 400 instead of 404 ends that)", e.Message)
}

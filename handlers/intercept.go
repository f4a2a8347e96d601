package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Intercept is a kind of probe that clients send of their own accord and that
// the gateway can answer itself.
type Intercept string

// The kinds of probes. What they look like is read from the requests of Claude
// Code.
const (
	InterceptQuota  Intercept = "quota"  // does the key work: one token for one word
	InterceptWarmup Intercept = "warmup" // fills the upstream's cache before the user has typed
	InterceptTitle  Intercept = "title"  // asks for a conversation's title or topic
)

// Intercepts are all kinds.
var Intercepts = []Intercept{InterceptQuota, InterceptWarmup, InterceptTitle}

// probes tell the kinds and what the answer is.
var probes = []struct {
	kind   Intercept
	is     func(*translate.Probe) bool
	answer string
	stop   ir.StopReason
}{
	{InterceptQuota, isQuota, "OK", ir.StopLength},
	{InterceptWarmup, isWarmup, "New Conversation", ir.StopEnd},
	{InterceptTitle, isTitle, "New Conversation", ir.StopEnd},
}

func isQuota(p *translate.Probe) bool {
	return p.Turns == 1 && p.MaxOutput == 1 && (p.Last == "quota" || p.Last == "test")
}

func isWarmup(p *translate.Probe) bool {
	return p.Turns == 1 && p.Last == "Warmup"
}

func isTitle(p *translate.Probe) bool {
	return p.Tools == 0 && (strings.Contains(p.Last, "Please write a 5-10 word title") ||
		strings.Contains(p.System, "nalyze if this message indicates a new conversation topic"))
}

// headerIntercepted marks answers that no upstream has given.
const headerIntercepted = "X-Ai-Gateway-Intercepted"

// intercept answers a probe, if the key or the model's block says so. It
// reports whether the request is done with.
func (c *call) intercept(block *Model) (bool, error) {
	kinds := slices.Concat(c.g.Intercept[c.key.Name], block.Intercept)
	if len(kinds) == 0 {
		return false, nil
	}
	probe, err := c.body.Probe()
	if err != nil {
		return true, err
	}
	for i := range probes {
		p := &probes[i]
		if !slices.Contains(kinds, p.kind) || !p.is(&probe) {
			continue
		}
		out, err := c.body.Say(p.answer, p.stop, c.start.Unix())
		if err != nil {
			return true, err
		}
		c.log.intercepted = string(p.kind)
		c.sink.describe(func(h http.Header) { h.Set(headerIntercepted, "1") })
		if c.env.Stream {
			_ = c.sink.fix(out) // an error says that the client has gone
		} else {
			_ = c.sink.whole(http.StatusOK, out)
		}
		return true, nil
	}
	return false, nil
}

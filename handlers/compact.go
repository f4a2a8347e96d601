package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// compact has a conversation made shorter by an account that offers it, else by
// any model, where the operator allows that: it costs an answer.
func (c *call) compact() error {
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	block := c.g.Models.find(c.env.Model)
	model := block.upstreamName(c.env.Model)
	accounts := c.serving(model, block)
	offered := slices.ContainsFunc(accounts, func(a *pool.Account) bool { return c.offers(a, model) })
	switch {
	case len(accounts) == 0:
		return c.unknownModel(c.env.Model)
	case !offered && !c.g.EmulateCompact:
		return notEmulated(c.env.Model)
	case !offered:
		if err := c.summarize(); err != nil {
			return err
		}
	}
	pass, err := c.admit()
	if err != nil {
		return err
	}
	defer c.leave(pass)
	err = c.answer(block)
	if !offered || !c.g.EmulateCompact || c.pin() != "" || !isNotEmulated(err) {
		return err
	}
	if err := c.summarize(); err != nil {
		return err
	}
	return c.answer(block)
}

// summarize makes the request one for a summary.
func (c *call) summarize() error {
	said, err := c.body.Summarize()
	if err != nil {
		return err
	}
	c.summary = &summary{said}
	c.state = nil // nothing of this is stored
	c.body.Keep(nil)
	return nil
}

const codeNotEmulated = "compact_not_offered"

func isNotEmulated(err error) bool {
	return err != nil && !errors.Is(err, errDelivered) && asError(err).Code == codeNotEmulated
}

func notEmulated(model string) *ir.Error {
	return &ir.Error{
		Kind: ir.ErrUnsupported, Status: http.StatusNotImplemented, Code: codeNotEmulated,
		Message: "No account that serves " + short(model) + " can compact a conversation; this gateway lets a model summarize it only with the option emulate_compact",
	}
}

// summary is a conversation that is being made shorter by a model.
type summary struct{ said []ir.Item }

// of returns the answer of which the client gets a shorter conversation.
func (s *summary) of(answer translate.Answer) translate.Answer {
	if s == nil {
		return answer
	}
	return &summarizer{Answer: answer, said: s.said}
}

// summarizer makes a compaction of a model's answer.
type summarizer struct {
	translate.Answer
	said []ir.Item
}

func (s *summarizer) Close(dst []byte) []byte { return s.compaction(dst, s.Answer.Close(nil)) }

func (s *summarizer) Body(dst, body []byte) []byte {
	return s.compaction(dst, s.Answer.Body(nil, body))
}

func (s *summarizer) compaction(dst, object []byte) []byte {
	seen := s.Seen()
	if seen.Err != nil {
		return dst
	}
	out, ok := translate.AppendCompaction(dst, object, s.said)
	if !ok {
		seen.Err = emptyAnswer()
	}
	return out
}

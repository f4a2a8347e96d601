package handlers

import (
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// book counts what the attempt has used against the client's key, and hands a
// record of it over.
func (a *attempt) book() {
	now := time.Now()
	a.over = now
	tokens, estimated := a.used()
	price := a.price()
	var cost int64
	if price != nil {
		cost = price.Cost(tokens)
	} else if a.key.Limits.Budget.Nanos > 0 && tokens.Total() > 0 && a.g.unpriced.first(a.target.Model) {
		a.g.Logger.Warn("a model without a known price costs nothing, so that no budget limits it; add price <in> <out> to a model block for it, "+
			"or prices <file>", zap.String("model", a.target.Model), zap.String("key", a.key.Name))
	}
	a.key.Book(now, tokens.Total(), cost)
	a.log.cost += cost
	a.booked = booked{tokens, cost, estimated}
	if a.g.Usage == nil {
		return
	}
	r := usage.Record{
		Time: now, RequestID: a.id, Attempt: a.log.attempts, Gateway: a.g.Name, Key: a.key.Name,
		Account: a.lease.Account.Name, Provider: a.lease.Account.Provider,
		ClientDialect: string(a.route.dialect), UpstreamDialect: string(a.target.Dialect),
		ModelAsked: a.log.model, ModelServed: a.target.Model, Status: a.status,
		Tokens: tokens, Cost: cost, Priced: price != nil, Estimated: estimated,
		FirstByte: a.outcome.FirstByte, Duration: now.Sub(a.started), UserAgent: clip(a.r.UserAgent()),
	}
	if addr := ClientAddr(a.r); addr.IsValid() {
		r.ClientIP = addr.Unmap().String()
	}
	if a.seen != nil {
		r.Stop = string(a.seen.Stop.Reason)
	}
	a.g.Usage.Book(r)
}

// unpriced are models without a known price that people have been told of.
type unpriced struct {
	mu    sync.Mutex
	names map[string]bool
}

// maxUnpriced bounds the models that are told of, since clients may choose their names.
const maxUnpriced = 100

// first reports whether people should be told of a model: once for each.
func (u *unpriced) first(model string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.names[model] || len(u.names) >= maxUnpriced {
		return false
	}
	if u.names == nil {
		u.names = make(map[string]bool)
	}
	u.names[model] = true
	return true
}

// price returns what the model costs: what its block says, else the tables by
// the upstream's name for it. It is nil when nobody knows.
func (a *attempt) price() *usage.Price {
	if a.block.Price != nil || a.g.Prices == nil {
		return a.block.Price
	}
	return a.g.Prices.Find(a.target.Model)
}

// used returns what the upstream has reported. When it has not, but content has
// come, it is an estimate: the upstream charges for it all the same.
func (a *attempt) used() (t usage.Tokens, estimated bool) {
	if a.seen == nil {
		return t, false
	}
	u := a.seen.Usage
	estimated = a.estimated || a.seen.Guessed
	if !u.Known() && a.seen.Content {
		estimated = true
		u.OutputTotal = a.weight.tokens()
		if n, err := a.body.Estimate(); err == nil {
			u.InputTotal = n
		}
	}
	return tokensOf(&u), estimated
}

// tokensOf takes usage apart into counters that do not hold each other.
func tokensOf(u *ir.Usage) usage.Tokens {
	write := u.CacheWrite
	if write < 0 && (u.CacheWrite5m >= 0 || u.CacheWrite1h >= 0) {
		write = ir.Count(u.CacheWrite5m) + ir.Count(u.CacheWrite1h)
	}
	return usage.Reported{
		InputTotal: u.InputTotal, CacheRead: u.CacheRead, CacheWrite: write, CacheWrite1h: u.CacheWrite1h,
		OutputTotal: u.OutputTotal, Reasoning: u.Reasoning,
	}.Tokens()
}

// weight is how much an upstream has sent, for an estimate of its tokens.
type weight struct {
	frames, bytes, least int64
}

// frame adds an event of a stream.
func (w *weight) frame(n int) {
	w.frames++
	w.bytes += int64(n)
	if w.least == 0 || int64(n) < w.least {
		w.least = int64(n)
	}
}

// tokens takes what all events have for their envelope, and the rest for text
// with four bytes to a token.
func (w *weight) tokens() int64 {
	return max((w.bytes-w.frames*w.least)/4, 0) + w.frames
}

// maxUserAgent is how much of a client's name is kept.
const maxUserAgent = 200

func clip(s string) string {
	if len(s) > maxUserAgent {
		s = s[:maxUserAgent]
	}
	return strings.ToValidUTF8(s, "")
}

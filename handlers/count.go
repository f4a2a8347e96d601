package handlers

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// count answers how many tokens a request has: by an upstream that can count,
// else by an estimate that is marked as one. It takes no slot and has no effect
// on accounts, whatever they answer. It never fails for want of an account:
// clients ask before they compact a conversation and stop working when they get
// no answer.
func (c *call) count() error {
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	if err := c.key.Afford(time.Now()); err != nil {
		return keyError(err)
	}
	block := c.g.Models.find(c.env.Model)
	accounts := c.serving(block.upstreamName(c.env.Model), block)
	if len(accounts) == 0 {
		return c.unknownModel(c.env.Model)
	}
	for i, a := range accounts {
		if i == c.g.Attempts {
			break
		}
		if out, err := c.countAt(a, block, i+1); err == nil {
			return c.sink.whole(http.StatusOK, out)
		} else if e := asError(err); e.Upstream != "" && e.Status == http.StatusBadRequest && judge(e).kind == pool.ClientFault {
			return shown(e)
		}
	}
	n, err := c.body.Estimate()
	if err != nil {
		return err
	}
	c.sink.describe(func(h http.Header) { h.Set("X-Ai-Gateway-Estimated", "true") })
	return c.sink.whole(http.StatusOK, translate.CodecOf(c.route.dialect).AppendCount(nil, n))
}

// serving returns the enabled accounts that serve a model to this client, the
// best priority first. A bare * counts only where nobody names the model.
func (c *call) serving(model string, block *Model) []*pool.Account {
	var list []*pool.Account
	best := pool.Bare
	for _, a := range c.g.Pool.Accounts() {
		_, how, ok := a.Serves(model)
		if !ok || a.Disabled || !c.allowed(a, block) || c.pin() != "" && a.Name != c.pin() {
			continue
		}
		if how > pool.Bare && best == pool.Bare {
			list, best = nil, how
		}
		if how > pool.Bare || best == pool.Bare {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *pool.Account) int { return a.Priority - b.Priority })
	return list
}

// countAt asks one account's counting endpoint, as the request of that number.
func (c *call) countAt(account *pool.Account, block *Model, number int) ([]byte, error) {
	up := upstreamOf(account)
	model, _, _ := account.Serves(block.upstreamName(c.env.Model))
	dialect := up.Provider.Dialect(c.route.dialect, ir.CountTokens, model)
	if dialect == "" || translate.UpstreamOf(dialect) == nil {
		return nil, emptyAnswer()
	}
	target := &ir.Target{
		Dialect: dialect, Provider: up.Provider.Platform(), Model: model, Caps: up.capsOf(dialect, model),
		Scope: up.Scope, Notes: &ir.Notes{},
	}
	exchange := c.body.For(target, c.env.Model, c.start.Unix())
	body, err := exchange.Request(nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := c.upstreamContext()
	defer cancel(nil)
	call := &providers.Call{
		Op: ir.CountTokens, Dialect: dialect, Model: model, Body: body, BaseURL: up.BaseURL, Secret: up.Secret,
		Client: c.r.Header, SameDialect: exchange.Relayed(), Header: up.Header,
	}
	build := builder(up.Provider.Request)
	if c.incoming.holds(body) {
		build = c.incoming.builder(build)
	}
	req, err := up.request(ctx, call, build)
	if err != nil {
		return nil, err
	}
	c.sink.watch(cancel)
	defer c.sink.unwatch()
	a := &attempt{call: c, lease: &pool.Lease{Account: account}, target: target}
	a.beginSpan(ctx, up, number)
	defer a.endSpan()
	resp, err := up.roundTrip(ctx, req, call, build)
	if err != nil {
		e := networkError(ctx, err)
		a.ended(e.Status, e)
		return nil, e
	}
	defer resp.Body.Close()
	out, err := readCount(ctx, up, target, exchange, resp)
	a.ended(resp.StatusCode, err)
	return out, err
}

// ended says for the attempt's span what has become of a request that the pool is not told of.
func (a *attempt) ended(status int, err error) {
	a.status = status
	if err == nil {
		a.outcome.Kind = pool.Succeeded
		return
	}
	a.problem = asError(err).Kind
}

// readCount reads the answer to a request for a count.
func readCount(ctx context.Context, up *Upstream, target *ir.Target, exchange translate.Exchange, resp *http.Response) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(plainBody(resp), maxErrorBody))
	if err != nil {
		return nil, networkError(ctx, err)
	}
	if resp.StatusCode != http.StatusOK || len(bytes.TrimSpace(answer)) == 0 {
		return nil, up.refusal(target.Dialect, resp, answer)
	}
	back, err := exchange.Answer(false)
	if err != nil {
		return nil, err
	}
	out := back.Body(nil, answer)
	if e := back.Seen().Err; e != nil {
		return nil, e
	}
	return out, nil
}

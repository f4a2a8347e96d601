package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	warmAtOnce = 8                // accounts that are looked at side by side
	warmTime   = 30 * time.Second // for each
)

// Warm opens a connection to every account and tries its credential, so that
// the first requests do not have to and people hear at once of what does not
// work. It returns when all are done. An account that the process has looked at
// before is left out. No account loses its place for what is found, but for a
// credential that is refused or cannot be had.
func (g *Gateway) Warm(ctx context.Context) {
	var all sync.WaitGroup
	begun := time.Now()
	places := make(chan struct{}, warmAtOnce)
	var mu sync.Mutex
	well, ill := 0, 0
	for _, a := range g.Pool.Accounts() {
		if a.Disabled || a.State.Off() || !a.State.BeginCheck() {
			continue
		}
		places <- struct{}{}
		all.Go(func() {
			defer guard.Catch("looking at an account")
			defer func() { <-places }()
			ok := false
			_ = guard.Try("looking at an account", func() error {
				ok = g.check(ctx, a)
				return nil
			}, zap.String("account", a.Name)) // one that cannot be looked at is in trouble
			mu.Lock()
			defer mu.Unlock()
			if ok {
				well++
				return
			}
			ill++
		})
	}
	all.Wait()
	if well+ill > 0 {
		g.Logger.Info("accounts warmed", zap.String("gateway", g.Name), zap.Int("ready", well), zap.Int("in_trouble", ill),
			zap.Duration("duration", time.Since(begun)))
	}
}

// check looks at one account and notes what it finds.
func (g *Gateway) check(ctx context.Context, a *pool.Account) bool {
	ctx, cancel := context.WithTimeout(ctx, warmTime)
	defer cancel()
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	ctx = context.WithValue(ctx, caddy.ReplacerCtxKey, caddy.NewReplacer())
	begun := time.Now()
	_, err := g.Probe(ctx, a)
	if errors.Is(err, ErrNoProbe) {
		err = upstreamOf(a).knock(ctx)
	}
	found := pool.Check{At: begun, Took: time.Since(begun)}
	if err == nil {
		a.State.Checked(found)
		return true
	}
	found.Problem = translate.Scrub(err.Error())
	a.State.Checked(found)
	if o, ill := diagnosis(err); ill {
		o.Reason = found.Problem
		g.Pool.Learn(a, o)
	}
	g.Logger.Warn("account is in trouble", zap.String("account", a.Name), zap.String("error", found.Problem), zap.String("hint", Reach(err)))
	return false
}

// knock gets the account's token, and opens a connection to an upstream that
// has nothing to ask for. Whatever it answers, it is there.
func (u *Upstream) knock(ctx context.Context) error {
	if u.Source != nil {
		if _, err := u.Source.Token(ctx); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.BaseURL, nil)
	if err != nil {
		return err
	}
	resp, err := u.Transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// diagnosis is what a failed look says against the account. A network that is
// down for a moment says nothing, nor does a list of models that the credential
// has no scope for.
func diagnosis(err error) (o pool.Outcome, ill bool) {
	var proxy *egress.ProxyError
	var missing *credentials.Error
	var refused *listError
	switch {
	case errors.As(err, &proxy):
		return o, false
	case errors.As(err, &missing) && missing.State == credentials.Failing:
		return pool.Outcome{Kind: pool.Failed, Scope: pool.ScopeAccount, RetryAfter: max(time.Until(missing.Next), 0)}, true
	case errors.As(err, &missing):
		return pool.Outcome{Kind: pool.Unauthorized, Scope: pool.ScopeAccount}, true
	case errors.As(err, &refused) && refused.said.Kind == ir.ErrAuth && !strings.Contains(strings.ToLower(refused.said.Message), "scope"):
		return pool.Outcome{Kind: pool.Unauthorized, Scope: pool.ScopeAccount}, true
	}
	return o, false
}

package handlers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	quotaFresh   = time.Minute      // an account's quota is not asked for again
	quotaTimeout = 5 * time.Second  // people wait for it
	quotaGuides  = 10 * time.Minute // an account is chosen by it before it is asked for again
)

// quotaState is what an upstream said last of an account's quota.
type quotaState struct {
	asking sync.Mutex // is held as long as the vendor is being asked
	until  time.Time  // no sooner is it asked again; under asking

	mu   sync.Mutex
	last Quota

	guides atomic.Int64 // the time in nanoseconds until which accounts are chosen by it
}

// Quota is what is left of an account's quota, and when the vendor said so.
type Quota struct {
	Left []providers.Quota
	At   time.Time
}

// LastQuota returns what is known of an account's quota without asking anybody,
// nor waiting for who does.
func LastQuota(a *pool.Account) Quota {
	q := &memoryOf(a).quota
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last
}

// AskQuota asks an account's vendor what is left of its quota, at most once a
// minute. The last answer stands when the vendor fails. Accounts whose kind has
// no quota have an empty one.
func AskQuota(ctx context.Context, a *pool.Account) (Quota, error) {
	up := upstreamOf(a)
	meter, ok := up.Provider.(providers.Meter)
	if !ok || a.Disabled {
		return Quota{}, nil
	}
	q := &memoryOf(a).quota
	q.asking.Lock()
	defer q.asking.Unlock()
	if time.Now().Before(q.until) {
		return LastQuota(a), nil
	}
	q.until = time.Now().Add(quotaFresh)
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{}), quotaTimeout)
	defer cancel()
	left, err := fetchQuota(ctx, up, meter)
	if err == nil {
		q.mu.Lock()
		q.last = Quota{left, time.Now()}
		q.mu.Unlock()
	}
	return LastQuota(a), err
}

// foresee asks for the quota of an account that is used, where accounts are
// chosen by it, without holding up the request.
func (g *Gateway) foresee(a *pool.Account) {
	guide, ok := upstreamOf(a).Provider.(providers.Guide)
	if !ok {
		return
	}
	guides := &memoryOf(a).quota.guides
	now := time.Now()
	if until := guides.Load(); now.UnixNano() < until || !guides.CompareAndSwap(until, now.Add(quotaGuides).UnixNano()) {
		return
	}
	guard.Go("asking for a quota", func() {
		q, err := AskQuota(context.Background(), a)
		if err != nil {
			g.Logger.Info("the account's quota is not known", zap.String("account", a.Name), zap.Error(err))
			return
		}
		g.heed(a, guide, q)
	}, zap.String("account", a.Name))
}

// heed keeps requests from the models of which nothing is left: until they are
// full again, or where the vendor does not say when, until it is asked again.
func (g *Gateway) heed(a *pool.Account, guide providers.Guide, q Quota) {
	for _, left := range q.Left {
		if left.Remaining > 0 {
			continue
		}
		until := left.Resets
		if until.IsZero() {
			until = time.Now().Add(quotaGuides)
		}
		for _, model := range append(guide.Formerly(left.Model), left.Model) {
			g.Pool.Exhaust(a, model, until, "the vendor says that the quota is used up")
		}
	}
}

func fetchQuota(ctx context.Context, up *Upstream, meter providers.Meter) ([]providers.Quota, error) {
	call := &providers.Call{Dialect: ir.Gemini, BaseURL: up.BaseURL, Secret: up.Secret, Header: up.Header}
	req, err := up.request(ctx, call, meter.QuotaRequest)
	if err != nil {
		return nil, err
	}
	resp, err := up.roundTrip(ctx, req, call, meter.QuotaRequest)
	if err != nil {
		return nil, fmt.Errorf("asking for the quota: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(plainBody(resp), maxListBody))
	if err != nil {
		return nil, fmt.Errorf("asking for the quota: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for the quota: status %d", resp.StatusCode)
	}
	return meter.ReadQuota(body)
}

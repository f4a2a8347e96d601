package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	listFresh   = 10 * time.Minute // an upstream's list is not asked for again
	listRetry   = time.Minute      // nor after a failure
	listTimeout = 5 * time.Second  // for all pages
	maxPages    = 20
	maxListBody = 8 << 20
)

// modelList is what an upstream listed last. The last good list is kept when
// the upstream fails.
type modelList struct {
	mu    sync.Mutex
	names []string
	until time.Time // no sooner is it asked again
}

// upstreamModels returns what the upstreams of accounts with patterns list,
// cut to what the accounts serve. Upstreams are asked side by side.
func (c *call) upstreamModels() []listed {
	accounts := c.listable()
	found := make([][]listed, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		if !upstreamOf(a).hasPatterns() {
			continue
		}
		wg.Go(func() {
			defer guard.Catch("listing an upstream's models")
			for _, name := range c.g.listOf(c.r.Context(), a) {
				if _, how, ok := a.Serves(name); ok && how > pool.None {
					found[i] = append(found[i], listed{name, a.Provider})
				}
			}
		})
	}
	wg.Wait()
	var all []listed
	for _, list := range found {
		all = append(all, list...)
	}
	return all
}

var errNoModels = errors.New("the upstream lists no model")

// listOf returns an upstream's own list of models, at most ten minutes old
// unless the upstream fails, and a built-in one when it never answered.
func (g *Gateway) listOf(ctx context.Context, a *pool.Account) []string {
	up := upstreamOf(a)
	lister, ok := up.Provider.(providers.Lister)
	if !ok {
		return builtInModels[a.Provider]
	}
	l := &up.list
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until) {
		return l.names
	}
	// The list serves later clients too: this one's leaving does not matter.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTimeout)
	defer cancel()
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	var names []string
	err := guard.Try("listing an upstream's models", func() (err error) {
		names, err = fetchList(ctx, up, lister)
		return err
	})
	if err == nil && len(names) == 0 {
		err = errNoModels
	}
	if err != nil {
		g.Logger.Warn("listing the upstream's models", zap.String("account", a.Name), zap.Error(err))
		l.until = time.Now().Add(listRetry)
		if l.names == nil {
			l.names = builtInModels[a.Provider]
		}
		return l.names
	}
	l.names, l.until = names, time.Now().Add(listFresh)
	return l.names
}

func fetchList(ctx context.Context, up *Upstream, lister providers.Lister) ([]string, error) {
	var all []string
	page := ""
	for range maxPages {
		names, next, err := fetchPage(ctx, up, lister, page)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
		if page = next; page == "" {
			break
		}
	}
	return all, nil
}

func fetchPage(ctx context.Context, up *Upstream, lister providers.Lister, page string) (names []string, next string, err error) {
	call := &providers.Call{
		Dialect: up.Provider.Dialect(ir.Chat, ir.Generate, ""), BaseURL: up.BaseURL, Secret: up.Secret, Header: up.Header,
	}
	build := func(ctx context.Context, call *providers.Call) (*http.Request, error) {
		return lister.ListModels(ctx, call, page)
	}
	req, err := up.request(ctx, call, build)
	if err != nil {
		return nil, "", err
	}
	resp, err := up.roundTrip(ctx, req, call, build)
	if err != nil {
		return nil, "", fmt.Errorf("asking the upstream: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(plainBody(resp), maxListBody))
	if err != nil {
		return nil, "", fmt.Errorf("reading the upstream's list: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", &listError{resp.StatusCode, up.refusal(call.Dialect, resp, body)}
	}
	return lister.ModelNames(body)
}

// listError is an upstream's refusal to list its models.
type listError struct {
	status int
	said   *ir.Error
}

func (e *listError) Error() string {
	return "the upstream answered with status " + strconv.Itoa(e.status)
}

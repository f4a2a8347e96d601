package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// ErrNoProbe says that an account's kind has nothing that could be asked for
// free.
var ErrNoProbe = errors.New("this provider lists no models, so that it cannot be tried without a request that costs")

// Probe asks an account for its list of models, which shows that it can be
// reached and that its credential is good. It returns the exact names of the
// account's models that the list does not have. Nothing is kept of the answer.
func (g *Gateway) Probe(ctx context.Context, a *pool.Account) (missing []string, err error) {
	up := upstreamOf(a)
	lister, ok := up.Provider.(providers.Lister)
	if !ok {
		return nil, ErrNoProbe
	}
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	if err := tryOut(ctx, up); err != nil {
		return nil, err
	}
	listed, err := fetchList(ctx, up, lister)
	if err != nil {
		return nil, err
	}
	if _, own := up.Provider.(providers.InProcess); own {
		return nil, nil // it answers to every name, whatever it lists
	}
	for _, name := range a.Models.Names() {
		upstream, _, _ := a.Serves(name)
		if !slices.Contains(listed, upstream) && !slices.Contains(listed, strings.TrimPrefix(upstream, "models/")) {
			missing = append(missing, upstream)
		}
	}
	return missing, nil
}

// tryOut asks an account in its kind's own way, where it has one.
func tryOut(ctx context.Context, up *Upstream) error {
	prober, ok := up.Provider.(providers.Prober)
	if !ok {
		return nil
	}
	call := &providers.Call{BaseURL: up.BaseURL, Secret: up.Secret, Header: up.Header}
	req, err := up.request(ctx, call, prober.Probe)
	if err != nil || req == nil {
		return err
	}
	resp, err := up.roundTrip(ctx, req, call, prober.Probe)
	if err != nil {
		return fmt.Errorf("asking the upstream: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(plainBody(resp), maxListBody))
	if err != nil {
		return fmt.Errorf("asking the upstream: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the upstream answered with status %d", resp.StatusCode)
	}
	return prober.Probed(body)
}

// Reach is what a failed Probe suggests to do.
func Reach(err error) string {
	var proxy *egress.ProxyError
	var missing *credentials.Error
	switch text := err.Error(); {
	case errors.As(err, &proxy):
		return "the account is well, as far as one can tell: look at its proxy"
	case errors.As(err, &missing):
		return "the account has no token to send: look at its login with: caddy ai-gateway accounts"
	case strings.HasSuffix(text, "status 401"), strings.HasSuffix(text, "status 403"):
		return "the credential is refused: look at it in the vendor's console, and at the account's base_url"
	case strings.HasSuffix(text, "status 404"):
		return "nothing is there: look at the account's base_url (with /v1 for OpenAI and compatible servers, without a version for Anthropic and Gemini)"
	case strings.HasSuffix(text, "status 429"):
		return "the account is at its rate limit: it works, but not now"
	}
	return "look at the account's base_url, and whether this machine reaches it"
}

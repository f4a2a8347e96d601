package aigateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// checkCookies says which ways of proving itself an account cannot have that is used with cookies.
func (a *Account) checkCookies(provider providers.Provider) error {
	switch {
	case a.OAuth != nil:
		return fmt.Errorf("%s is used with cookies; remove oauth", provider.Platform())
	case a.Credential != "":
		return fmt.Errorf("%s takes no key; put its cookies into a credential_file, or send them to the admin API", provider.Platform())
	}
	return nil
}

// resolveCookies opens the account's cookies and puts what they are for in front of the transport.
func (r *resolvedAccount) resolveCookies(ctx caddy.Context, h *Handler) error {
	browsing, ok := r.provider.(providers.Browsing)
	if !ok {
		return fmt.Errorf("provider %s wants cookies and does not know what to do with them", r.provider.Platform())
	}
	below, rotation := ownVars{r.transport}, browsing.Rotation()
	o := credentials.CookieOptions{
		Account: r.Name, HTTP: below, RotateURL: rotation.URL, Interval: rotation.Interval, Origin: rotation.Origin,
		UserAgent: providers.UserAgent(), Logger: h.logger,
		Refreshed: func(result string) {
			switch result {
			case credentials.ResultNoCookie, credentials.ResultRateLimited: // which happens to every account
				collectors().Refreshed(r.Name, result)
			default:
				h.refreshed(r.Name, result)
			}
		},
	}
	if own := r.header.Get("User-Agent"); own != "" {
		o.UserAgent = own
	}
	o.Store = credentials.CookiesInStorage(ctx.Storage(), r.Name)
	where := "send them to POST " + adminPrefix + "cookies?account=" + r.Name + " on the admin endpoint"
	if r.CredentialFile != "" {
		name, err := resolve(r.CredentialFile)
		if err != nil {
			return fmt.Errorf("reading credential_file: %w", err)
		}
		o.Store = credentials.InFile(name, ctx.Storage())
		where = "write them into " + name + ", or " + where
	}
	o.Hint = "log in to gemini.google.com in a private window, copy the cookies __Secure-1PSID and __Secure-1PSIDTS, close the window " +
		"without logging out, and " + where
	cookies, err := credentials.OpenCookies(o)
	if err != nil {
		return err
	}
	r.source, r.cookies = cookies, cookies
	raw := r.TransportRaw
	if len(raw) == 0 {
		raw = h.TransportRaw
	}
	way := fmt.Sprint(r.proxy, string(raw))
	transport, err := browsing.Browse(providers.Browser{
		Account: r.Name, BaseURL: r.baseURL, Cookies: cookies, Below: below, Egress: h.app.egressOf(way), Logger: h.logger,
	})
	if err != nil {
		cookies.Close()
		return err
	}
	r.transport = transport
	return nil
}

// egresses holds what is known of the ways to the network, by their settings, for as long as some configuration has
// accounts that go them: a reload does not make Google forget an address.
var egresses = caddy.NewUsagePool()

// knownEgress is an entry of it.
type knownEgress struct{ providers.Egress }

// Destruct has nothing to do.
func (*knownEgress) Destruct() error { return nil }

// egressOf returns what is known of a way to the network, the same for all accounts that go it.
func (a *App) egressOf(way string) *providers.Egress {
	a.mu.Lock()
	defer a.mu.Unlock()
	value, _, _ := egresses.LoadOrNew(way, func() (caddy.Destructor, error) { return new(knownEgress), nil }) // which cannot fail
	a.ways = append(a.ways, way)
	return &value.(*knownEgress).Egress
}

// ownVars gives every request what Caddy's transports expect in the context of a client's request, and of its own, since
// they write there.
type ownVars struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t ownVars) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := context.WithValue(r.Context(), caddy.ReplacerCtxKey, caddy.NewReplacer())
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	return t.RoundTripper.RoundTrip(r.WithContext(ctx))
}

package aigateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// OAuth says how an account gets its tokens from an authorisation server, with a client that the operator has
// registered there. The tokens themselves are kept in Caddy's storage, or in the account's credential_file.
type OAuth struct {
	// Preset names an authorisation server whose URLs are known: `google`. Default: none.
	Preset string `json:"preset,omitempty"`

	// ClientID is the client's name. It may be a placeholder.
	ClientID string `json:"client_id,omitempty"`

	// ClientSecret is the client's secret, as a rule a placeholder such as `{env.GOOGLE_CLIENT_SECRET}`. Default: none,
	// for clients that have none.
	ClientSecret string `json:"client_secret,omitempty"`

	// TokenURL is where tokens come from. Default: the preset's.
	TokenURL string `json:"token_url,omitempty"`

	// AuthURL is where people log in, for the command `caddy ai-gateway login`. Default: the preset's.
	AuthURL string `json:"auth_url,omitempty"`

	// DeviceURL is where codes come from with which people log in on another device, for `caddy ai-gateway login --device`.
	// Without an AuthURL it is the only way. Default: the preset's.
	DeviceURL string `json:"device_url,omitempty"`

	// Scopes are what the tokens are to be good for. Default: what the provider needs.
	Scopes []string `json:"scopes,omitempty"`

	// RefreshToken is where the account's tokens begin, instead of a login, as a rule a placeholder. Its descendants are
	// stored and go before it until it changes. Default: none.
	RefreshToken string `json:"refresh_token,omitempty"`
}

// checkCredential says which ways of proving oneself exclude each other.
func (a *Account) checkCredential(provider providers.Provider) error {
	_, inProcess := provider.(providers.InProcess)
	login := a.OAuth != nil || a.CredentialFile != ""
	switch {
	case provider.Defaults().Needs.Cookies:
		return a.checkCookies(provider)
	case login && inProcess:
		return fmt.Errorf("%s answers inside this process; remove oauth and credential_file", provider.Platform())
	case login && a.Credential != "":
		return errors.New("it has both a key and a login; remove the key behind the provider, or oauth and credential_file")
	case a.OAuth == nil && a.Credential != "" && provider.Defaults().Needs.Token:
		return fmt.Errorf("%s takes no key; use oauth", provider.Platform())
	case !login && provider.Defaults().Needs.Token:
		return fmt.Errorf("%s needs a login: add oauth", provider.Platform())
	case a.OAuth == nil:
		return nil
	case a.CredentialFile != "" && a.OAuth.RefreshToken != "":
		return errors.New("it has two refresh tokens; remove refresh_token of oauth, or credential_file")
	}
	return a.OAuth.check()
}

func (o *OAuth) check() error {
	preset, known := credentials.Preset(o.Preset)
	switch {
	case o.Preset != "" && !known:
		return fmt.Errorf("oauth: preset: %q is none of %s", o.Preset, strings.Join(credentials.Presets(), ", "))
	case o.ClientID == "":
		return errors.New("oauth needs the client_id of a client that you have registered with the authorisation server")
	case o.TokenURL == "" && preset.TokenURL == "":
		return errors.New("oauth needs a token_url or a preset")
	case slices.Contains(o.Scopes, ""):
		return errors.New("oauth: a scope is empty")
	}
	for _, option := range []struct{ name, url string }{{"token_url", o.TokenURL}, {"auth_url", o.AuthURL}, {"device_url", o.DeviceURL}} {
		if option.url == "" {
			continue
		}
		if err := checkBaseURL(option.url); err != nil {
			return fmt.Errorf("oauth: %s: %w", option.name, err)
		}
	}
	return nil
}

// resolveLogin prepares the source of the account's tokens. It comes last, since what it opens must be closed.
func (r *resolvedAccount) resolveLogin(ctx caddy.Context, h *Handler) (err error) {
	client := &http.Client{Transport: tokenTransport{r.transport}}
	scopes := r.provider.Defaults().Scopes
	switch {
	case r.disabled:
		return nil
	case r.provider.Defaults().Needs.Cookies:
		return r.resolveCookies(ctx, h)
	case r.OAuth != nil:
		return r.resolveOAuth(ctx, h, client)
	case r.CredentialFile != "":
		name, err := resolve(r.CredentialFile)
		if err != nil {
			return fmt.Errorf("reading credential_file: %w", err)
		}
		raw, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			r.disable(h.logger, "account disabled: its credential file does not exist", "put it at "+name)
			return nil
		}
		if err == nil && !credentials.IsGoogleFile(raw) {
			return errors.New("credential_file: the file is no key of Google Cloud; if it holds tokens of a login, add oauth with the " +
				"client that they were made for")
		}
		if len(scopes) == 0 {
			scopes = []string{credentials.CloudScope}
		}
		r.source, err = credentials.GoogleFile(r.Name, name, client, scopes...)
		if err != nil {
			return fmt.Errorf("credential_file: %w", err)
		}
	case r.Credential == "" && r.provider.Defaults().Ambient:
		r.source = credentials.GoogleDefault(r.Name, client, scopes...)
	}
	return nil
}

// resolveOAuth opens the account's part of the tokens of this process.
func (r *resolvedAccount) resolveOAuth(ctx caddy.Context, h *Handler, client *http.Client) error {
	o := credentials.Options{
		Account: r.Name, HTTP: client, Logger: h.logger,
		Refreshed: func(result string) { h.refreshed(r.Name, result) },
	}
	var ok bool
	var err error
	if o.Client, o.Seed, ok, err = r.oauthClient(h.logger); !ok || err != nil {
		return err
	}
	if o.Store, err = r.store(ctx); err != nil {
		return err
	}
	source, err := credentials.Open(o)
	if err != nil {
		return err
	}
	r.source, r.login = source, source
	return nil
}

// oauthClient returns the registered client and the configured refresh token; false if the account is disabled for
// want of one of them.
func (r *resolvedAccount) oauthClient(logger *zap.Logger) (c credentials.Client, seed string, ok bool, err error) {
	preset, _ := credentials.Preset(r.OAuth.Preset)
	c = credentials.Client{
		TokenURL: cmp.Or(r.OAuth.TokenURL, preset.TokenURL), AuthURL: cmp.Or(r.OAuth.AuthURL, preset.AuthURL),
		DeviceURL: cmp.Or(r.OAuth.DeviceURL, preset.DeviceURL), Scopes: r.OAuth.Scopes,
	}
	if len(c.Scopes) == 0 {
		c.Scopes = r.provider.Defaults().Scopes
	}
	for _, option := range []struct {
		name, raw string
		value     *string
	}{
		{"client_id", r.OAuth.ClientID, &c.ID}, {"client_secret", r.OAuth.ClientSecret, &c.Secret}, {"refresh_token", r.OAuth.RefreshToken, &seed},
	} {
		if option.raw == "" {
			continue
		}
		*option.value, err = resolve(option.raw)
		if errors.Is(err, errEmpty) {
			r.disable(logger, "account disabled: "+option.name+" of oauth is empty", whatToSet(option.raw, "give it a value"))
			return c, "", false, nil
		}
		if err != nil {
			return c, "", false, fmt.Errorf("reading %s of oauth: %w", option.name, err)
		}
	}
	return c, seed, true, nil
}

// store is where the account's tokens are kept.
func (r *resolvedAccount) store(ctx caddy.Context) (credentials.Store, error) {
	if r.CredentialFile == "" {
		return credentials.InStorage(ctx.Storage(), r.Name), nil
	}
	name, err := resolve(r.CredentialFile)
	if err != nil {
		return nil, fmt.Errorf("reading credential_file: %w", err)
	}
	return credentials.InFile(name, ctx.Storage()), nil
}

// publishLogins has the accounts' tokens refreshed from now on with the settings of this configuration.
func (h *Handler) publishLogins() {
	for i := range h.accounts {
		if login := h.accounts[i].login; login != nil {
			login.Publish()
		}
		if cookies := h.accounts[i].cookies; cookies != nil {
			cookies.Publish()
		}
	}
}

// closeLogins withdraws them.
func (h *Handler) closeLogins() {
	for i := range h.accounts {
		if login := h.accounts[i].login; login != nil {
			login.Close()
		}
		if cookies := h.accounts[i].cookies; cookies != nil {
			cookies.Close()
		}
	}
}

// tokenTransport takes requests of the OAuth library to the account's transport, which expects what Caddy puts into the
// context of a client's request.
type tokenTransport struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := context.WithValue(r.Context(), caddy.ReplacerCtxKey, caddy.NewReplacer())
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	r = r.Clone(ctx)
	r.Header.Set("User-Agent", providers.UserAgent())
	return t.RoundTripper.RoundTrip(r)
}

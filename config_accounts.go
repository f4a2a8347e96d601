package aigateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// resolvedAccount is an account whose placeholders have been replaced and whose modules have been loaded.
type resolvedAccount struct {
	*Account
	provider  providers.Provider
	secret    string
	baseURL   string
	header    http.Header
	served    []served
	proxy     egress.Proxy
	transport http.RoundTripper
	source    credentials.Source   // of tokens; nil for an account with a key or without anything
	login     *credentials.OAuth   // the source, if it must be published and closed
	cookies   *credentials.Cookies // likewise

	// disabled says that the account lacks its credential. It still counts as one that names its models.
	disabled bool
	why      string // it is disabled, and what to do
}

// resolveAccounts reads the secrets of all accounts and loads their modules.
func (h *Handler) resolveAccounts(ctx caddy.Context) error {
	h.accounts = make([]resolvedAccount, 0, len(h.Accounts))
	for _, account := range h.Accounts {
		resolved, err := h.resolveAccount(ctx, account)
		if err != nil {
			return fmt.Errorf("account %q: %w", account.Name, err)
		}
		h.accounts = append(h.accounts, resolved)
	}
	return nil
}

func (h *Handler) resolveAccount(ctx caddy.Context, account *Account) (resolvedAccount, error) {
	r := resolvedAccount{Account: account}
	if len(account.ProviderRaw) == 0 {
		return r, errors.New("it names no provider")
	}
	module, err := loadModule(ctx, providers.Namespace, "provider", account.ProviderRaw)
	if err != nil {
		return r, fmt.Errorf("loading provider: %w", err)
	}
	provider, ok := module.(providers.Provider)
	if !ok {
		return r, fmt.Errorf("loading provider: %T is none", module)
	}
	if err := account.checkProvider(provider); err != nil {
		return r, err
	}
	r.provider = provider

	steps := []func() error{
		r.resolveModels,
		func() error { return r.resolveCredential(h.logger) },
		r.resolveBaseURL,
		func() error { return r.resolveHeader(h.logger) },
		func() error { return r.resolveTransport(ctx, h) },
		func() error { return r.resolveLogin(ctx, h) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *resolvedAccount) resolveModels() error {
	models := r.Models
	if len(models) == 0 {
		models = r.provider.Defaults().Models
	}
	for _, model := range models {
		s, err := parseServed(model)
		if err != nil {
			return err
		}
		r.served = append(r.served, s)
	}
	return nil
}

func (r *resolvedAccount) resolveCredential(logger *zap.Logger) error {
	if r.Credential == "" && (!r.provider.Defaults().Needs.Credential || r.OAuth != nil || r.CredentialFile != "") {
		return nil
	}
	secret, err := resolve(r.Credential)
	if errors.Is(err, errEmpty) {
		r.disable(logger, "account disabled: its credential is empty",
			whatToSet(r.Credential, "write it behind the provider"))
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the credential: %w", err)
	}
	r.secret = secret
	return nil
}

func (r *resolvedAccount) disable(logger *zap.Logger, message, hint string) {
	if !r.disabled {
		logger.Warn(message,
			zap.String("account", r.Name), zap.String("provider", r.provider.Platform()), zap.String("hint", hint))
		r.why = message + "; " + hint
	}
	r.disabled = true
}

func (r *resolvedAccount) resolveBaseURL() error {
	r.baseURL = r.provider.Defaults().BaseURL
	if r.BaseURL == "" {
		return nil
	}
	var err error
	r.baseURL, err = resolve(r.BaseURL)
	if err != nil {
		return fmt.Errorf("reading base_url: %w", err)
	}
	if err := checkBaseURL(r.baseURL); err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	return checkAddedPath(r.provider.Platform(), r.baseURL)
}

// checkBaseURL does not repeat the URL, which may hold a secret.
func checkBaseURL(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("it must be a whole http or https URL without user and fragment, such as https://api.example.com/v1")
	}
	return nil
}

func (r *resolvedAccount) resolveHeader(logger *zap.Logger) error {
	if len(r.Header) == 0 {
		return nil
	}
	r.header = make(http.Header, len(r.Header))
	for name, values := range r.Header {
		key := textproto.CanonicalMIMEHeaderKey(name)
		for _, raw := range values {
			value, err := resolve(raw)
			if errors.Is(err, errEmpty) {
				r.disable(logger, "account disabled: the header "+key+" is empty", whatToSet(raw, "give it a value"))
				continue
			}
			if err != nil {
				return fmt.Errorf("reading header %s: %w", key, err)
			}
			r.header[key] = append(r.header[key], value)
		}
	}
	return nil
}

func (r *resolvedAccount) resolveTransport(ctx caddy.Context, h *Handler) (err error) {
	if inProcess, ok := r.provider.(providers.InProcess); ok {
		r.transport = inProcess.Transport(r.Name)
		return nil
	}
	raw, proxy := r.TransportRaw, r.Proxy
	if len(raw) == 0 {
		raw = h.TransportRaw
	}
	if proxy == "" && !hasNetworkProxy(r.TransportRaw) {
		proxy = h.Proxy
	}
	if r.proxy, err = resolveProxy(proxy); err != nil {
		return err
	}
	r.transport, err = h.app.transport(ctx, raw, r.proxy)
	return err
}

// warnOfStrayPatterns tells of patterns for accounts that no account's name matches.
func (h *Handler) warnOfStrayPatterns() {
	if len(h.Accounts) == 0 {
		h.logger.Warn("gateway has no account, so that it can serve no model", zap.String("gateway", h.Name))
	}
	for _, key := range h.Keys {
		h.warnOfStray("key "+key.Name, key.Accounts)
	}
	for _, model := range h.Models {
		h.warnOfStray("model "+model.Pattern, model.Accounts)
	}
}

func (h *Handler) warnOfStray(where string, patterns []string) {
	for _, pattern := range patterns {
		g, err := glob.Compile(pattern)
		matches := false
		for _, account := range h.Accounts {
			matches = matches || err == nil && g.Match(account.Name)
		}
		if !matches {
			h.logger.Warn("pattern matches no account", zap.String("in", where), zap.String("pattern", pattern))
		}
	}
}

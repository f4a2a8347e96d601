package credentials

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"golang.org/x/oauth2"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
)

// Client is what the operator has registered with an authorisation server.
type Client struct {
	ID, Secret        string
	TokenURL, AuthURL string
	DeviceURL         string // where codes for devices come from; empty if there are none
	Scopes            []string
}

// Options are one configuration's settings of an account that somebody logs in to.
type Options struct {
	// Account is its name, which is also the identity of its state in this process.
	Account string

	Client Client

	// Seed is a refresh token from the configuration. A changed one wins over what is stored, which is the descendant of
	// an earlier one.
	Seed string

	// Store is where the credential lives.
	Store Store

	// HTTP reaches the authorisation server. Default: http.DefaultClient.
	HTTP *http.Client

	// Refreshed hears what every attempt to refresh, and every attempt to store after a failure, came to: one of the
	// results. It must not block. Default: nobody.
	Refreshed func(result string)

	// Random draws the jitter, from 0 up to 1. Default: math/rand.
	Random func() float64

	Logger *zap.Logger
}

// OAuth is one configuration's view of an account's token. All configurations of the process share the token itself.
type OAuth struct {
	Options
	state *state
	pool  *caddy.UsagePool
}

// states are the tokens of this process by account. They outlive reloads, since two configurations that refresh the same
// token side by side would use it twice.
var states = caddy.NewUsagePool()

// Open returns a configuration's view of an account. It reads nothing yet; Close must follow.
func Open(o Options) (*OAuth, error) { return open(states, o) }

func open(pool *caddy.UsagePool, o Options) (*OAuth, error) {
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Refreshed == nil {
		o.Refreshed = func(string) {}
	}
	shared, _, err := pool.LoadOrNew(o.Account, func() (caddy.Destructor, error) { return newState(), nil })
	if err != nil {
		return nil, fmt.Errorf("account %q: preparing its token: %w", o.Account, err)
	}
	return &OAuth{Options: o, state: shared.(*state), pool: pool}, nil
}

// Publish makes these settings the ones that count, and has the token refreshed ahead of its end from now on.
func (o *OAuth) Publish() {
	s := o.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(o, o.Account, "watching over a token", s.background)
}

// Close withdraws the settings. The view still works for requests that are running.
func (o *OAuth) Close() {
	s := o.state
	s.mu.Lock()
	s.withdraw(o)
	pool := o.pool
	o.pool = nil
	s.mu.Unlock()
	if pool != nil {
		_, _ = pool.Delete(o.Account)
	}
}

// Token implements Source.
func (o *OAuth) Token(ctx context.Context) (Credential, error) {
	if t, ok := o.state.usable(""); ok {
		return t.credential(), nil
	}
	return o.state.obtain(ctx, o, "")
}

// Refresh implements Source. A token that is refused although it has just been fetched is not exchanged again: the
// account is the problem, not the token.
func (o *OAuth) Refresh(ctx context.Context, failed string) (Credential, error) {
	if t, ok := o.state.usable(failed); ok {
		return t.credential(), nil
	}
	if o.state.justRefreshed() {
		return Credential{}, o.fault(Failing, "the upstream refuses a token that has just been fetched", nil)
	}
	return o.state.obtain(ctx, o, failed)
}

// Status implements Source.
func (o *OAuth) Status() Status { return o.state.status() }

// Describe stores what has been found out about the account: its project and its tier. The tokens stay as they are
// stored, which may be newer than those in memory.
func (o *OAuth) Describe(ctx context.Context, project, tier string) error {
	s := o.state
	s.mu.Lock()
	s.token.Project, s.token.Tier = project, tier
	s.mu.Unlock()
	if err := Describe(ctx, o.Store, project, tier); err != nil {
		return fmt.Errorf("account %q: %w", o.Account, err)
	}
	return nil
}

// config is how golang.org/x/oauth2 sees the client. The style is fixed because finding it out would send a refresh
// token twice, which servers that rotate them punish.
func (c Client) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, Scopes: c.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: c.AuthURL, TokenURL: c.TokenURL, DeviceAuthURL: c.DeviceURL, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// askTime is how long an authorisation server may take.
const askTime = 30 * time.Second

// ask exchanges a refresh token for the next access token.
func (o *OAuth) ask(ctx context.Context, t Token) (Token, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, o.HTTP), askTime)
	defer cancel()
	fresh, err := o.Client.config().TokenSource(ctx, &oauth2.Token{RefreshToken: t.Refresh}).Token()
	if err != nil {
		return t, err
	}
	return t.followedBy(fresh), nil
}

// followedBy is the token after an exchange. Servers that do not rotate the refresh token leave it out.
func (t Token) followedBy(fresh *oauth2.Token) Token {
	t.Access, t.Expiry = fresh.AccessToken, fresh.Expiry
	if fresh.RefreshToken != "" {
		t.Refresh = fresh.RefreshToken
	}
	if fresh.TokenType != "" {
		t.Type = fresh.TokenType
	}
	if scope, _ := fresh.Extra("scope").(string); scope != "" {
		t.Scope = scope
	}
	return t
}

// Error is why an account has no credential. It holds no secret and no answer of a server.
type Error struct {
	Account string
	State   State     // Failing or NeedsLogin
	Next    time.Time // when it is tried again; zero if that takes a person
	message string
	cause   error
	unsaved bool // there is a token, which could not be stored
	reading bool // what is stored cannot be read
}

// Error names the account, what is wrong and what to do.
func (e *Error) Error() string {
	text := fmt.Sprintf("account %q: %s", e.Account, e.message)
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Failed is the error of an account whose credential is good but not enough. It is tried again at the given time. The
// cause must hold no secret.
func Failed(account, message string, cause error, next time.Time) *Error {
	return &Error{Account: account, State: Failing, Next: next, message: message, cause: cause}
}

// Unwrap returns the cause, if it can be told.
func (e *Error) Unwrap() error { return e.cause }

func (o *OAuth) fault(state State, message string, cause error) *Error {
	return &Error{Account: o.Account, State: state, message: message, cause: cause}
}

// needsLogin is the error of an account that only a person can bring back.
func (o *OAuth) needsLogin(why string) *Error {
	return o.fault(NeedsLogin, why+"; log in with: caddy ai-gateway login "+o.Account, nil)
}

// explain says what an authorisation server's refusal means. What it wrote besides may hold secrets.
func (o *OAuth) explain(err error) *Error {
	var refused *oauth2.RetrieveError
	var proxy *egress.ProxyError
	switch {
	case errors.As(err, &proxy):
		return o.fault(Failing, "asking the token endpoint", proxy)
	case errors.Is(err, context.DeadlineExceeded):
		return o.fault(Failing, fmt.Sprintf("the token endpoint did not answer within %s", askTime), nil)
	case !errors.As(err, &refused):
		return o.fault(Failing, "asking the token endpoint: "+harmless(err)+"; check token_url and the network", nil)
	case refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client":
		return o.fault(Failing, "the authorisation server does not accept the client ("+refused.ErrorCode+
			"); check client_id and client_secret, which must be those that the refresh token was made for", nil)
	case isCode(refused.ErrorCode):
		return o.fault(Failing, "the authorisation server refuses to refresh the token: "+refused.ErrorCode, nil)
	case refused.Response != nil:
		return o.fault(Failing, fmt.Sprintf("the token endpoint answered with status %d and no token; check token_url",
			refused.Response.StatusCode), nil)
	}
	return o.fault(Failing, "the token endpoint answered with no token; check token_url", nil)
}

// isCode says whether a server's error code is one word, as RFC 6749 §5.2 has it, and not a place for anything else.
func isCode(code string) bool {
	return code != "" && len(code) <= 40 && !slices.ContainsFunc([]byte(code), func(c byte) bool {
		return c != '_' && (c < 'a' || c > 'z')
	})
}

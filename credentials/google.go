package credentials

import (
	"context"
	"errors"
	"fmt"
	"go.uber.org/zap"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// CloudScope is the scope of all of Google Cloud.
const CloudScope = "https://www.googleapis.com/auth/cloud-platform"

// googleTypes are the kinds of credential files of Google Cloud. The library asks for the expected one, since a file of
// another kind may name any URL to ask for tokens; these files are the operator's own.
var googleTypes = map[string]google.CredentialsType{
	"service_account":              google.ServiceAccount,
	"authorized_user":              google.AuthorizedUser,
	"external_account":             google.ExternalAccount,
	"impersonated_service_account": google.ImpersonatedServiceAccount,
}

// IsGoogleFile says whether a credential file is one of Google Cloud's kinds rather than somebody's stored token.
func IsGoogleFile(raw []byte) bool {
	d, err := parseDocument(raw)
	if err != nil {
		return false
	}
	kind, _ := d.text("type")
	_, known := googleTypes[kind]
	return known
}

// GoogleFile returns a source of tokens from a credential file of Google Cloud: a service account's key, or the
// description of a workload identity. The file is read again for every token, so that a new key needs no reload.
func GoogleFile(account, name string, client *http.Client, scopes ...string) (Source, error) {
	g := newGoogle(account, client, func(ctx context.Context) (*google.Credentials, error) {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the credential file: %w", err)
		}
		d, err := parseDocument(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the credential file %s: %w", name, err)
		}
		kind, _ := d.text("type")
		known, ok := googleTypes[kind]
		if !ok {
			return nil, fmt.Errorf("reading the credential file %s: its type is none of Google Cloud's", name)
		}
		found, err := google.CredentialsFromJSONWithType(ctx, raw, known, scopes...)
		if err != nil {
			return nil, fmt.Errorf("reading the credential file %s: it is no valid %s; download the key anew", name, kind)
		}
		return found, nil
	})
	// A mistake in the file is told when the configuration is loaded; nothing is asked for yet.
	if _, err := g.find(g.context(context.Background())); err != nil {
		return nil, err
	}
	return g, nil
}

// GoogleDefault returns a source of the tokens that the machine has by itself: from the file that
// GOOGLE_APPLICATION_CREDENTIALS names, from gcloud's, or from the metadata server. It is looked for when it is first
// needed.
func GoogleDefault(account string, client *http.Client, scopes ...string) Source {
	return newGoogle(account, client, func(ctx context.Context) (*google.Credentials, error) {
		found, err := google.FindDefaultCredentials(ctx, scopes...)
		if err != nil {
			return nil, errors.New("this machine has no credentials of Google Cloud; give the account a credential_file, or set " +
				"GOOGLE_APPLICATION_CREDENTIALS")
		}
		return found, nil
	})
}

// googleSource caches the tokens of one account. They can be had at any time and are not worth storing.
type googleSource struct {
	account string
	client  *http.Client
	find    func(context.Context) (*google.Credentials, error)

	mu        sync.Mutex
	token     *oauth2.Token
	project   string
	refreshed time.Time
	problem   *Error
	next      time.Time
	failures  int
	flight    *flight
}

func newGoogle(account string, client *http.Client, find func(context.Context) (*google.Credentials, error)) *googleSource {
	return &googleSource{account: account, client: client, find: find}
}

// context carries the client that the library makes its requests with.
func (g *googleSource) context(ctx context.Context) context.Context {
	if g.client == nil {
		return ctx
	}
	return context.WithValue(ctx, oauth2.HTTPClient, g.client)
}

// Token implements Source.
func (g *googleSource) Token(ctx context.Context) (Credential, error) { return g.obtain(ctx, "") }

// Refresh implements Source.
func (g *googleSource) Refresh(ctx context.Context, failed string) (Credential, error) {
	g.mu.Lock()
	tooSoon := g.token != nil && g.token.AccessToken == failed && time.Since(g.refreshed) < fresh
	g.mu.Unlock()
	if tooSoon {
		return Credential{}, &Error{Account: g.account, State: Failing, message: "the upstream refuses a token that has just been fetched"}
	}
	return g.obtain(ctx, failed)
}

// ahead is how long before its end a token is fetched anew while the old one is still sent.
const ahead = 4 * time.Minute

func (g *googleSource) obtain(ctx context.Context, failed string) (Credential, error) {
	g.mu.Lock()
	now := time.Now()
	usable := g.token != nil && g.token.AccessToken != failed && (g.token.Expiry.IsZero() || now.Before(g.token.Expiry.Add(-slack)))
	aging := usable && !g.token.Expiry.IsZero() && now.After(g.token.Expiry.Add(-ahead))
	waiting := g.problem != nil && now.Before(g.next)
	if (!usable || aging) && !waiting && g.flight == nil {
		begun := &flight{done: make(chan struct{})}
		g.flight = begun
		guard.Go("fetching a token of Google Cloud", func() { g.fetch(begun) })
	}
	f, c, problem := g.flight, g.credential(), g.problem
	g.mu.Unlock()
	switch {
	case usable:
		return c, nil
	case f == nil:
		return Credential{}, problem
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return Credential{}, context.Cause(ctx)
	}
	if f.err != nil {
		return Credential{}, f.err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.credential(), nil
}

// credential is the current one. The caller holds the lock.
func (g *googleSource) credential() Credential {
	if g.token == nil {
		return Credential{Project: g.project}
	}
	return Credential{Token: g.token.AccessToken, Expiry: g.token.Expiry, Project: g.project}
}

// fetch gets a new token. The library's own cache is not used: it would hand out the refused one.
func (g *googleSource) fetch(f *flight) {
	ctx, cancel := context.WithTimeout(g.context(context.Background()), askTime)
	defer cancel()
	var found *google.Credentials
	var token *oauth2.Token
	err := guard.Try("fetching a token of Google Cloud", func() (err error) {
		if found, err = g.find(ctx); err != nil {
			return err
		}
		if token, err = found.TokenSource.Token(); err != nil {
			return refusal(err)
		}
		return nil
	}, zap.String("account", g.account))
	g.mu.Lock()
	g.flight = nil
	if err != nil {
		g.failures++
		g.next = time.Now().Add(pause(g.failures, Failing, 0))
		g.problem = &Error{Account: g.account, State: Failing, Next: g.next, message: "getting a token of Google Cloud", cause: err}
		f.err = g.problem
	} else {
		g.token, g.project, g.refreshed = token, found.ProjectID, time.Now()
		g.problem, g.failures = nil, 0
	}
	g.mu.Unlock()
	close(f.done)
}

// refusal is what may be told of a failed request for a token.
func refusal(err error) error {
	var proxy *egress.ProxyError
	if errors.As(err, &proxy) {
		return proxy
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		code := refused.ErrorCode
		if d, err := parseDocument(refused.Body); err == nil && code == "" { // the library reads it for some grants only
			code, _ = d.text("error")
		}
		if isCode(code) {
			return errors.New("the authorisation server refuses: " + code + "; see that the key is still valid and that the clock is right")
		}
	}
	if refused != nil && refused.Response != nil {
		return fmt.Errorf("the token endpoint answered with status %d", refused.Response.StatusCode)
	}
	return errors.New(harmless(err))
}

// Status implements Source.
func (g *googleSource) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	st := Status{Kind: KindGoogle, State: Unknown, Refreshed: g.refreshed, Project: g.project}
	if g.token != nil {
		st.State, st.Expiry = Ready, g.token.Expiry
	}
	if g.problem != nil {
		st.State, st.Problem, st.Next = Failing, g.problem.Error(), g.next
	}
	return st
}

package credentials

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Login is one person's way through an authorisation server: by a browser, with PKCE (RFC 7636).
type Login struct {
	client   Client
	http     *http.Client
	redirect string
	state    string
	verifier string
}

// NewLogin begins a login whose answer arrives at the redirect URL, which is a loopback one (RFC 8252 §7.3).
func NewLogin(client Client, redirect string, httpClient *http.Client) (*Login, error) {
	if client.AuthURL == "" {
		return nil, errors.New("auth_url is not set, and the preset has none")
	}
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	return &Login{client: client, http: httpClient, redirect: redirect, state: rand.Text(), verifier: oauth2.GenerateVerifier()}, nil
}

// URL is where the person goes. Google hands out a refresh token only to those who ask for it with their consent.
func (l *Login) URL() string {
	config := l.client.config()
	config.RedirectURL = l.redirect
	return config.AuthCodeURL(l.state, oauth2.AccessTypeOffline, oauth2.ApprovalForce, oauth2.S256ChallengeOption(l.verifier))
}

// Finish takes the URL that the browser ended at, or its query alone, and returns the token.
func (l *Login) Finish(ctx context.Context, answer string) (Token, error) {
	code, err := l.code(answer)
	if err != nil {
		return Token{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, l.http), askTime)
	defer cancel()
	config := l.client.config()
	config.RedirectURL = l.redirect
	fresh, err := config.Exchange(ctx, code, oauth2.VerifierOption(l.verifier))
	if err != nil {
		return Token{}, fmt.Errorf("exchanging the code: %s", refusedLogin(err))
	}
	if fresh.RefreshToken == "" {
		return Token{}, errors.New("the authorisation server gave no refresh token; remove this application's access in the " +
			"account's settings and log in again")
	}
	return Token{}.followedBy(fresh), nil
}

// code reads the answer. Its errors do not repeat it, since it may be as good as a password.
func (l *Login) code(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if _, query, ok := strings.Cut(answer, "?"); ok {
		answer = query
	}
	answer, _, _ = strings.Cut(answer, "#")
	values, err := url.ParseQuery(answer)
	if err != nil || !values.Has("state") {
		return "", errors.New("that is not the URL that the browser ended at; it begins with " + l.redirect + "?")
	}
	if subtle.ConstantTimeCompare([]byte(values.Get("state")), []byte(l.state)) != 1 {
		return "", errors.New("that URL belongs to another login; use the one that the last link led to")
	}
	if code := values.Get("error"); code != "" {
		if !isCode(code) {
			code = "an unknown error"
		}
		return "", errors.New("the authorisation server refuses the login: " + code)
	}
	if values.Get("code") == "" {
		return "", errors.New("the URL holds no code")
	}
	return values.Get("code"), nil
}

func refusedLogin(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && isCode(refused.ErrorCode) {
		return "the authorisation server refuses: " + refused.ErrorCode + "; check client_id, client_secret and the redirect URL, and begin anew"
	}
	return refusal(err).Error()
}

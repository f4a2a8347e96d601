package credentials

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

const redirect = "http://127.0.0.1:8085/callback"

func newLogin(t *testing.T, server http.RoundTripper) (*Login, url.Values) {
	t.Helper()
	client := Client{
		ID: "id", Secret: "hush", TokenURL: "https://auth.example.com/token", AuthURL: "https://auth.example.com/auth", Scopes: []string{"one", "two"},
	}
	login, err := NewLogin(client, redirect, &http.Client{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(login.URL())
	if err != nil {
		t.Fatal(err)
	}
	return login, at.Query()
}

func TestLogin(t *testing.T) {
	server := &server{}
	login, q := newLogin(t, server)
	if q.Get("client_id") != "id" || q.Get("redirect_uri") != redirect || q.Get("scope") != "one two" || q.Get("access_type") != "offline" ||
		q.Get("prompt") != "consent" || q.Get("code_challenge_method") != "S256" || q.Get("client_secret") != "" {
		t.Errorf("the link asks for %v", q)
	}
	token, err := login.Finish(t.Context(), " "+redirect+"?state="+q.Get("state")+"&code=code-1&scope=one#fragment\n")
	if err != nil || token.Refresh != "r-1" || token.Access != "a-1" || token.Expiry.IsZero() {
		t.Errorf("got %+v, %v", token, err)
	}
	if oauth2.S256ChallengeFromVerifier(server.verifier) != q.Get("code_challenge") {
		t.Error("the verifier does not fit the challenge")
	}
}

func TestLoginMistakes(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"nothing":     {"", "not the URL"},
		"other words": {"hello", "not the URL"},
		"other state": {redirect + "?state=x&code=code-1", "another login"},
		"denied":      {redirect + "?error=access_denied&state=", "access_denied"},
		"odd error":   {redirect + "?error=<script>&state=", "unknown error"},
		"no code":     {redirect + "?state=", "no code"},
		"wrong code":  {redirect + "?code=other&state=", "invalid_grant"},
	} {
		login, q := newLogin(t, &server{})
		answer := strings.Replace(c.answer, "state=", "state="+q.Get("state"), 1)
		if name == "other state" {
			answer = c.answer
		}
		if _, err := login.Finish(t.Context(), answer); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := NewLogin(Client{}, redirect, nil); err == nil {
		t.Error("a login without auth_url began")
	}
}

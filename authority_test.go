package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority is an authorisation server and an upstream that takes its tokens. It rotates refresh tokens, locks the
// account out when an older one comes back, and honours the one before until the newest has been used.
type authority struct {
	*httptest.Server
	life  int // of access tokens, in seconds
	delay time.Duration

	mu        sync.Mutex
	n         int // of the newest refresh token, refresh-n
	refreshes int
	again     int // times that the one before the newest came
	polls     int // of a device
	reused    bool
}

func newAuthority(t *testing.T, life int) *authority {
	t.Helper()
	a := &authority{life: life}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// ServeHTTP answers gateways and logins.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/token":
		_ = r.ParseForm()
		time.Sleep(a.delay)
		a.grant(w, r)
	case "/device":
		fmt.Fprint(w, `{"device_code":"device-hush","user_code":"WDJB-MJHT","verification_uri":"`+a.URL+`/enter","expires_in":60,"interval":1}`)
	case "/v1/chat/completions", "/v1/models":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer access-") {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"message":"no"}}`)
			return
		}
		if r.URL.Path == "/v1/models" {
			fmt.Fprint(w, `{"object":"list","data":[{"id":"m","object":"model"}]}`)
			return
		}
		_, _ = io.WriteString(w, wholeAnswer)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a *authority) grant(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	problem := ""
	switch form := r.PostForm; form.Get("grant_type") {
	case "authorization_code":
		if form.Get("code") != "good" || len(form.Get("code_verifier")) < 43 {
			problem = "invalid_grant"
		}
		a.n++
	case "refresh_token":
		problem = a.spend(form.Get("refresh_token"))
	default:
		if a.polls++; a.polls == 1 {
			problem = "authorization_pending"
		}
		a.n++
	}
	if r.PostForm.Get("client_secret") != "hush" {
		problem = "invalid_client"
	}
	if problem != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q}`, problem)
		return
	}
	a.refreshes++
	fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d","token_type":"Bearer","expires_in":%d}`, a.refreshes, a.n, a.life)
}

// spend takes a refresh token. The caller holds mu.
func (a *authority) spend(token string) (problem string) {
	switch {
	case a.reused:
		return "invalid_grant"
	case token == fmt.Sprintf("refresh-%d", a.n):
		a.n++
		return ""
	case token == fmt.Sprintf("refresh-%d", a.n-1):
		a.again++
		return "" // whose answer may have been lost
	}
	a.reused = true
	return "invalid_grant"
}

func (a *authority) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refreshes
}

// account is a Caddyfile's account that the authority answers.
func (a *authority) account(name string) string {
	return `account ` + name + ` openai_compatible {
			base_url ` + a.URL + `/v1
			models m
			oauth {
				client_id id
				client_secret hush
				token_url ` + a.URL + `/token
				auth_url ` + a.URL + `/auth
				device_url ` + a.URL + `/device
			}
		}
		`
}

package credentials

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// devices is an authorisation server for devices, which gives the answers in their order and then repeats the last.
type devices struct {
	mu      sync.Mutex
	grant   string
	status  int
	answers []string
	forms   []url.Values
	asked   []time.Time
}

func (d *devices) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(raw))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forms, d.asked = append(d.forms, form), append(d.asked, time.Now())
	if r.URL.Path == "/device" {
		return reply(d.status, "application/json", d.grant), nil
	}
	answer := d.answers[0]
	if len(d.answers) > 1 {
		d.answers = d.answers[1:]
	}
	switch {
	case answer == "lost":
		return nil, io.ErrUnexpectedEOF
	case strings.Contains(answer, `"error"`):
		return reply(400, "application/json", answer), nil
	}
	return reply(200, "application/json", answer), nil
}

const goodGrant = `{"device_code":"dev-hush","user_code":"WDJB-MJHT","verification_uri":"https://auth.example.com/enter","expires_in":60,"interval":5}`

func deviceLogin(ctx context.Context, d *devices) (*DeviceLogin, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	return NewDeviceLogin(ctx, Client{
		ID: "id", Secret: "hush", TokenURL: "https://auth.example.com/token", DeviceURL: "https://auth.example.com/device", Scopes: []string{"one", "two"},
	}, &http.Client{Transport: d})
}

func TestDeviceLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &devices{grant: goodGrant, answers: []string{
			`{"error":"authorization_pending"}`, "lost", `{"error":"slow_down"}`, `{"access_token":"a-1","refresh_token":"r-1","expires_in":3600}`,
		}}
		login, err := deviceLogin(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if login.URL() != "https://auth.example.com/enter" || login.Code() != "WDJB-MJHT" || time.Until(login.Expiry()) != time.Minute {
			t.Errorf("%s, %s, %s", login.URL(), login.Code(), login.Expiry())
		}
		token, err := login.Finish(t.Context())
		if err != nil || token.Access != "a-1" || token.Refresh != "r-1" || time.Until(token.Expiry) > time.Hour {
			t.Errorf("%+v, %v", token, err)
		}
		first, last := d.forms[0], d.forms[len(d.forms)-1]
		if first.Get("client_id") != "id" || first.Get("scope") != "one two" || first.Has("client_secret") ||
			last.Get("device_code") != "dev-hush" || last.Get("client_secret") != "hush" || len(d.forms) != 5 {
			t.Errorf("asked with %v", d.forms)
		}
		if wait := d.asked[4].Sub(d.asked[3]); wait != 10*time.Second {
			t.Errorf("told to slow down, it waits %s", wait)
		}
	})
}

func TestDeviceLoginFails(t *testing.T) {
	pending := `{"error":"authorization_pending"}`
	for name, c := range map[string]struct {
		answers []string
		want    string
	}{
		"denied":     {[]string{pending, `{"error":"access_denied"}`}, "refused in the browser"},
		"expired":    {[]string{`{"error":"expired_token"}`}, "begin anew"},
		"never":      {[]string{pending}, "begin anew"},
		"no network": {[]string{"lost"}, "begin anew"},
		"client":     {[]string{`{"error":"invalid_client","error_description":"hush"}`}, "check client_id"},
		"html":       {[]string{"<html>hush</html>"}, "not what a token endpoint answers"},
		"no refresh": {[]string{`{"access_token":"a-hush","expires_in":3600}`}, "no refresh token"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				login, err := deviceLogin(t.Context(), &devices{grant: goodGrant, answers: c.answers})
				if err != nil {
					t.Fatal(err)
				}
				_, err = login.Finish(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		login, err := deviceLogin(t.Context(), &devices{grant: goodGrant, answers: []string{pending}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := login.Finish(ctx); err == nil || !strings.Contains(err.Error(), "there was no login") {
			t.Errorf("given up: %v", err)
		}
	})
}

// TestBadGrants: whatever a device endpoint answers, nothing of it reaches the terminal but a code and a link.
func TestBadGrants(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(goodGrant, old, new, 1) }
	for name, c := range map[string]struct {
		status      int
		grant, want string
	}{
		"refused":       {400, `{"error":"invalid_scope","error_description":"hush"}`, "invalid_scope"},
		"html":          {200, "<html>hush</html>", "check device_url"},
		"null":          {200, "null", "check device_url"},
		"empty":         {200, "", "check device_url"},
		"not found":     {404, "hush", "status 404"},
		"no code":       {200, change("WDJB-MJHT", ""), "check device_url"},
		"escape":        {200, change("WDJB-MJHT", `\u001b[2Jhush`), "check device_url"},
		"no link":       {200, change("https://auth.example.com/enter", "javascript:hush"), "check device_url"},
		"odd error":     {400, `{"error":"hush hush"}`, "status 400"},
		"another shape": {200, `{"device_code":5}`, "check device_url"},
	} {
		_, err := deviceLogin(t.Context(), &devices{status: c.status, grant: c.grant})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for grant, want := range map[string]string{
		change(`"interval":5`, `"interval":-5`):                                "https://auth.example.com/enter",
		change(`"interval":5`, `"verification_uri_complete":"file:///hush"`):   "https://auth.example.com/enter",
		change(`"interval":5`, `"verification_uri_complete":"https://a.b/?c"`): "https://a.b/?c",
		change("verification_uri", "verification_url"):                         "https://auth.example.com/enter",
	} {
		login, err := deviceLogin(t.Context(), &devices{grant: grant})
		if err != nil || login.URL() != want || login.granted.Interval != 5 {
			t.Errorf("%s: %+v, %v", grant, login, err)
		}
	}
	if _, err := NewDeviceLogin(t.Context(), Client{}, nil); err == nil || !strings.Contains(err.Error(), "device_url") {
		t.Errorf("without device_url: %v", err)
	}
}

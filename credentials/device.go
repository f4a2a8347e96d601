package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// DeviceLogin is one person's way through an authorisation server with a code that they enter in any browser
// (RFC 8628).
type DeviceLogin struct {
	client  Client
	http    *http.Client
	granted *oauth2.DeviceAuthResponse
}

// The bounds of what a server may say of its codes, in seconds.
const (
	usualInterval = 5
	maxInterval   = 60
	usualLife     = 15 * 60
	maxLife       = 60 * 60
	maxGrant      = 64 << 10 // bytes
)

// NewDeviceLogin asks the authorisation server for a code. Its errors hold no secret.
func NewDeviceLogin(ctx context.Context, client Client, httpClient *http.Client) (*DeviceLogin, error) {
	if client.DeviceURL == "" {
		return nil, errors.New("device_url is not set, and the preset has none")
	}
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	form := url.Values{"client_id": {client.ID}}
	if len(client.Scopes) > 0 {
		form.Set("scope", strings.Join(client.Scopes, " "))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, client.DeviceURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("asking for a code: device_url is no URL")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	resp, err := httpClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for a code: %s; check device_url and the network", harmless(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxGrant))
	if err != nil {
		return nil, fmt.Errorf("asking for a code: %s", harmless(err))
	}
	granted, err := readGrant(resp.StatusCode, body)
	if err != nil {
		return nil, fmt.Errorf("asking for a code: %w", err)
	}
	return &DeviceLogin{client, httpClient, granted}, nil
}

// readGrant reads the server's answer, of which nothing is believed.
func readGrant(status int, body []byte) (*oauth2.DeviceAuthResponse, error) {
	var answer struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		URI        string `json:"verification_uri"`
		Complete   string `json:"verification_uri_complete"`
		URL        string `json:"verification_url"` // Google's name for it
		Expires    int64  `json:"expires_in"`
		Interval   int64  `json:"interval"`
		Error      string `json:"error"`
	}
	parsed := json.Unmarshal(body, &answer) == nil
	if answer.URI == "" {
		answer.URI = answer.URL
	}
	switch {
	case isCode(answer.Error):
		return nil, fmt.Errorf("the authorisation server refuses: %s; see that it grants this client and these scopes to devices, "+
			"or log in without --device", answer.Error)
	case status != http.StatusOK:
		return nil, fmt.Errorf("the device endpoint answered with status %d; check device_url", status)
	case !parsed || answer.DeviceCode == "" || !isUserCode(answer.UserCode) || !isLink(answer.URI):
		return nil, errors.New("the answer is not what a device endpoint answers; check device_url")
	case !isLink(answer.Complete):
		answer.Complete = ""
	}
	if answer.Interval <= 0 {
		answer.Interval = usualInterval
	}
	if answer.Expires <= 0 {
		answer.Expires = usualLife
	}
	return &oauth2.DeviceAuthResponse{
		DeviceCode: answer.DeviceCode, UserCode: answer.UserCode, VerificationURI: answer.URI, VerificationURIComplete: answer.Complete,
		Expiry: time.Now().Add(time.Duration(min(answer.Expires, maxLife)) * time.Second), Interval: min(answer.Interval, maxInterval),
	}, nil
}

// isUserCode says whether a code can be shown in a terminal and typed.
func isUserCode(code string) bool {
	return code != "" && len(code) <= 40 && !strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r > '~' })
}

// isLink says whether a text is a link that can be shown in a terminal.
func isLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(text) <= 1000 &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// URL is where the person goes. With it comes Code, unless the link holds it already.
func (d *DeviceLogin) URL() string {
	if d.granted.VerificationURIComplete != "" {
		return d.granted.VerificationURIComplete
	}
	return d.granted.VerificationURI
}

// Code is what the person enters there, or compares.
func (d *DeviceLogin) Code() string { return d.granted.UserCode }

// Expiry is until when.
func (d *DeviceLogin) Expiry() time.Time { return d.granted.Expiry }

// Finish waits until the person has logged in, and returns the token. A network that fails for a moment ends nothing.
func (d *DeviceLogin) Finish(ctx context.Context) (Token, error) {
	config := d.client.config()
	for {
		fresh, err := config.DeviceAccessToken(context.WithValue(ctx, oauth2.HTTPClient, d.http), d.granted)
		var network *url.Error
		switch {
		case err == nil && fresh.RefreshToken == "":
			return Token{}, errors.New("the authorisation server gave no refresh token; see that the client may have one")
		case err == nil:
			return Token{}.followedBy(fresh), nil
		case ctx.Err() != nil:
			return Token{}, errors.New("there was no login")
		case !time.Now().Before(d.granted.Expiry):
			return Token{}, errors.New("nobody has logged in while the code was good; begin anew")
		case !errors.As(err, &network):
			return Token{}, fmt.Errorf("waiting for the login: %s", refusedDevice(err))
		}
	}
}

func refusedDevice(err error) string {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return harmless(err)
	}
	switch refused.ErrorCode {
	case "access_denied":
		return "it was refused in the browser"
	case "expired_token":
		return "nobody has logged in while the code was good; begin anew"
	}
	return refusedLogin(err)
}

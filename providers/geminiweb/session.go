// Package geminiweb talks to Google's web app for Gemini as the page in a browser does: with an account's cookies, the
// tokens of the page, and uploads. To the rest of the gateway it is a transport that takes the draft of a request, written
// by package translate/geminiweb, and answers with the app's frames as server-sent events.
package geminiweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// Options are one configuration's settings of an account.
type Options struct {
	Account string
	Cookies *credentials.Cookies
	Below   http.RoundTripper // reaches the network; it follows no redirects
	Egress  *Egress           // shared by all accounts that go out the same way
	Logger  *zap.Logger

	BaseURL   string // of the app
	UploadURL string
	User      int    // which of the browser's accounts; 0 for the first
	Language  string // of the app where its page names none
	Build     string // the app's version where its page names none
	PushID    string // for uploads where its page names none

	Profile     Profile
	Models      map[string]Choice // the operator's
	Sticky      bool              // continue conversations in the app
	Whole       bool              // show answers when they are complete
	Resumable   bool              // upload in two steps
	SendCookies bool              // with uploads too

	FirstPart time.Duration // of an answer
	Between   time.Duration // parts
	Longest   time.Duration // answer
}

// Session is an account's way to the app. It implements http.RoundTripper and is safe for concurrent use.
type Session struct {
	Options
	base  *url.URL
	state *state
}

// state is what is known of an account as long as the process has it.
type state struct {
	mu       sync.Mutex
	page     page
	models   []offered
	listed   time.Time // when the models were asked for last
	request  int       // number of the last request
	uploads  map[[32]byte]upload
	chats    map[string]chat
	limits   map[string]int // how often in a row a model has said that it is used up
	rerouted map[string]bool

	ready chan struct{} // closed at the end of the preparation that is under way; nil for none
	err   error         // of that
}

// Egress is what is known of a way to the network.
type Egress struct {
	mu    sync.Mutex
	until time.Time // Google has blocked the address
	times int       // in a row
}

// New returns an account's way to the app.
func New(o Options) (*Session, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("base_url is not an absolute URL")
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Egress == nil {
		o.Egress = new(Egress)
	}
	kept := o.Cookies.Keep(func() any {
		return &state{
			uploads: map[[32]byte]upload{}, chats: map[string]chat{}, limits: map[string]int{}, rerouted: map[string]bool{},
		}
	})
	return &Session{Options: o, base: base, state: kept.(*state)}, nil
}

// draft is a request as the provider hands it over.
type draft struct {
	model, session string
	header         http.Header // the operator's
	body           gjson.Result
}

// Wrap returns the body of a request: the draft with what else must be known.
func Wrap(model, session string, body []byte) []byte {
	out := append([]byte(`{"model":`), quoted(model)...)
	out = append(append(out, `,"session":`...), quoted(session)...)
	out = append(append(out, `,"draft":`...), body...)
	return append(out, '}')
}

// RoundTrip implements http.RoundTripper. Everything that is not the network's fault is an answer with a status that
// tells what is wrong.
func (s *Session) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), s.Longest, errors.New("the web app took too long"))
	raw, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil || !json.Valid(raw) {
		cancel()
		return nil, errors.New("reading the draft of the request")
	}
	all := gjson.ParseBytes(raw)
	d := &draft{all.Get("model").String(), all.Get("session").String(), req.Header, all.Get("draft")}
	idle := s.Cookies.Busy()
	resp, err := s.answer(ctx, d)
	var p *problem
	switch {
	case errors.As(err, &p):
		cancel()
		idle()
		s.tell(p)
		return p.response(req), nil
	case err != nil:
		cause := context.Cause(ctx)
		cancel()
		idle()
		if cause != nil {
			return nil, cause
		}
		return nil, harmless(err)
	}
	resp.done = func() {
		cancel()
		idle()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: resp, ContentLength: -1, Request: req,
	}, nil
}

// harmless takes the URL, which may hold a token, out of an error.
func harmless(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return fmt.Errorf("asking the web app: %w", at.Err)
	}
	return err
}

// tell logs what is wrong with the account.
func (s *Session) tell(p *problem) {
	if p.quiet {
		return
	}
	s.Logger.Warn("web app refuses the request", zap.String("account", s.Account), zap.Int("status", p.status),
		zap.String("code", p.code), zap.String("problem", p.message))
}

// do sends one request with the account's cookies, takes those of the answer, and follows no redirect.
func (s *Session) do(req *http.Request, header http.Header) (*http.Response, error) {
	return s.doAs(s.virtual(req.URL), req, header)
}

// doAs sends a request with the cookies of a host; "" sends none and takes none.
func (s *Session) doAs(host string, req *http.Request, header http.Header) (*http.Response, error) {
	if cookies := s.Cookies.Header(host, req.URL.Path); cookies != "" {
		req.Header.Set("Cookie", cookies)
	}
	if proof := s.Cookies.Proof(); proof != "" && host == appHost {
		req.Header.Set("Authorization", sapisid(proof, time.Now()))
	}
	for name, values := range header {
		if name == "User-Agent" || host != "" && name != "Cookie" && name != "Content-Type" {
			req.Header[name] = values
		}
	}
	resp, err := s.Below.RoundTrip(req)
	if err != nil {
		return nil, harmless(err)
	}
	if host != "" {
		s.Cookies.Take(host, resp)
	}
	return resp, nil
}

// appHost is where the app is.
const appHost = "gemini.google.com"

// virtual returns the host by which the jar knows where a request goes; "" for one that gets no cookies. A base_url of
// the operator's stands for the app's own.
func (s *Session) virtual(u *url.URL) string {
	host := u.Hostname()
	switch {
	case u.Host == s.base.Host:
		return appHost
	case u.Scheme == "https" && (host == "google.com" || strings.HasSuffix(host, ".google.com")):
		return host
	}
	return ""
}

// at returns a URL of the app.
func (s *Session) at(path string, query url.Values) string {
	u := *s.base
	u.Path = strings.TrimRight(u.Path, "/") + s.prefix() + path
	u.RawQuery = query.Encode()
	return u.String()
}

// prefix stands in front of the paths of a browser's further accounts.
func (s *Session) prefix() string {
	if s.User == 0 {
		return ""
	}
	return fmt.Sprintf("/u/%d", s.User)
}

package geminiweb

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// page is what the app's page gives its script.
type page struct {
	token    string // of requests; empty in an anonymous session
	build    string // the app's version
	session  string
	language string
	push     string // for uploads
	fetched  time.Time
	epoch    int // of the cookies that it was fetched with
	stale    bool
}

const (
	pageLife  = time.Hour
	pageTime  = 30 * time.Second
	maxPage   = 16 << 20
	redirects = 5
)

// values finds the page's values. Their names and quotes may be escaped, and a value may stand behind a comma.
var values = map[string]*regexp.Regexp{
	"SNlM0e": valueOf("SNlM0e", `[^"\\]+`), "cfb2h": valueOf("cfb2h", `[A-Za-z0-9_.-]+`), "FdrFJe": valueOf("FdrFJe", `-?[0-9]+`),
	"TuX5cc": valueOf("TuX5cc", `[A-Za-z0-9-]+`), "qKIAYe": valueOf("qKIAYe", `[A-Za-z0-9_/.-]+`),
}

func valueOf(name, form string) *regexp.Regexp {
	return regexp.MustCompile(`\\?"` + name + `\\?"\s*[:,]\s*\\?"(` + form + `)\\?"`)
}

var anyBuild = regexp.MustCompile(`boq_assistant-bard-web-server_[A-Za-z0-9_.-]+`)

// readPage finds what the page gives its script; false for a page that gives nothing.
func readPage(html string) (p page, ok bool) {
	find := func(name string) string {
		m := values[name].FindStringSubmatch(html)
		if m == nil {
			return ""
		}
		ok = true
		return m[1]
	}
	p = page{token: find("SNlM0e"), build: find("cfb2h"), session: find("FdrFJe"), language: find("TuX5cc"), push: find("qKIAYe")}
	if p.build == "" {
		p.build = anyBuild.FindString(html)
	}
	return p, ok
}

// fetchPage gets the page and its tokens.
func (s *Session) fetchPage(ctx context.Context, header http.Header) (page, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pageTime, errors.New("the page of the web app took too long"))
	defer cancel()
	epoch := s.Cookies.Epoch()
	next := s.at("/app", nil)
	for range redirects {
		resp, err := s.get(ctx, next, header)
		if err != nil {
			return page{}, err
		}
		html, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
		_ = resp.Body.Close()
		switch {
		case err != nil:
			return page{}, errors.New("reading the page of the web app: the connection broke")
		case resp.StatusCode >= 300 && resp.StatusCode < 400:
			to, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
			if err != nil {
				return page{}, fromStatus(resp)
			}
			if p := s.elsewhere(to); p != nil {
				return page{}, p
			}
			next = to.String()
			continue
		case resp.StatusCode == http.StatusTooManyRequests:
			return page{}, s.Egress.block()
		case resp.StatusCode != http.StatusOK:
			return page{}, fromStatus(resp)
		}
		p, ok := readPage(string(html))
		if !ok {
			return page{}, loggedOut("the page of the web app holds none of its tokens")
		}
		p.fetched, p.epoch = time.Now(), epoch
		return s.filled(p), nil
	}
	return page{}, loggedOut("the page of the web app leads in circles")
}

// filled puts the configured values in where the page gives none.
func (s *Session) filled(p page) page {
	for _, v := range []struct {
		value   *string
		instead string
	}{{&p.build, s.Build}, {&p.language, s.Language}, {&p.push, s.PushID}} {
		if *v.value == "" {
			*v.value = v.instead
		}
	}
	return p
}

// elsewhere returns what it means to be sent to another place; nil if it is the app's.
func (s *Session) elsewhere(to *url.URL) *problem {
	host := to.Hostname()
	switch {
	case strings.HasPrefix(to.Path, "/sorry"):
		return s.Egress.block()
	case strings.HasPrefix(host, "accounts."), strings.HasPrefix(to.Path, "/ServiceLogin"), strings.HasPrefix(to.Path, "/v3/signin"):
		return loggedOut("the web app asks to log in")
	case strings.HasPrefix(host, "consent."):
		return &problem{
			status: http.StatusForbidden, kind: kindPermission, code: "consent", stale: true,
			message: "Google asks for a consent; open gemini.google.com in the browser with this account and answer it",
		}
	case s.virtual(to) == "":
		return loggedOut("the web app leads to " + host)
	}
	return nil
}

func (s *Session) get(ctx context.Context, to string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return nil, errors.New("building the request for the page")
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	req.Header.Set("Accept-Language", "en-US,en;q=0.9")
	if s.User > 0 {
		req.Header.Set("X-Goog-AuthUser", strconv.Itoa(s.User))
	}
	resp, err := s.do(req, header)
	if err == nil && resp.Request == nil {
		resp.Request = req
	}
	return resp, err
}

// sapisid is the Authorization of accounts that have the cookie for it.
func sapisid(proof string, now time.Time) string {
	at := strconv.FormatInt(now.Unix(), 10)
	sum := sha1.Sum([]byte(at + " " + proof + " https://" + appHost))
	return "SAPISIDHASH " + at + "_" + hex.EncodeToString(sum[:])
}

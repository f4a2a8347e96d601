package geminiweb

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// problem is why there is no answer. It holds no secret and nothing of the request.
type problem struct {
	status     int
	kind, code string
	message    string
	retryAfter time.Duration
	web        int  // the app's code of an error
	stale      bool // the page's tokens are good no longer
	quiet      bool // it is no news
}

func (p *problem) Error() string { return p.message }

// The kinds of problems, in the words of the gateway.
const (
	kindAuth       = "auth"
	kindPermission = "permission"
	kindRateLimit  = "rate_limit"
	kindQuota      = "quota_exhausted"
	kindUpstream   = "upstream"
	kindNotFound   = "not_found"
)

// response is the problem as an answer, which package translate/geminiweb reads.
func (p *problem) response(req *http.Request) *http.Response {
	body, _ := json.Marshal(map[string]map[string]string{"error": {"kind": p.kind, "code": p.code, "message": p.message}})
	header := http.Header{"Content-Type": {"application/json"}}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(p.retryAfter.Round(time.Second)/time.Second)))
	}
	return &http.Response{
		StatusCode: p.status, Status: strconv.Itoa(p.status) + " " + http.StatusText(p.status), Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// fromStatus is what a status other than 200 means.
func fromStatus(resp *http.Response) *problem {
	p := &problem{
		status: resp.StatusCode, kind: kindUpstream, code: "status_" + strconv.Itoa(resp.StatusCode), stale: true,
		message: "the web app answered with status " + strconv.Itoa(resp.StatusCode),
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		p.kind, p.status = kindAuth, http.StatusUnauthorized
		p.message += ": it does not take the account's cookies"
	case resp.StatusCode == http.StatusTooManyRequests:
		p.kind, p.retryAfter = kindRateLimit, time.Minute
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 && n < 1e6 {
			p.retryAfter = time.Duration(n) * time.Second
		}
	case resp.StatusCode < http.StatusInternalServerError && resp.StatusCode != http.StatusRequestTimeout:
		p.status = http.StatusBadGateway // whatever it is, it is not the client's fault
	}
	return p
}

// loggedOut is the problem of cookies that show no account.
func loggedOut(how string) *problem {
	return &problem{
		status: http.StatusUnauthorized, kind: kindAuth, code: "logged_out", stale: true,
		message: how + ": its cookies are no longer good; give it fresh ones",
	}
}

// address is the problem of an address that Google blocks for a time.
func address(after time.Duration) *problem {
	return &problem{
		status: http.StatusTooManyRequests, kind: kindQuota, code: "address_blocked", retryAfter: after,
		message: "Google has blocked the address that the requests come from for a time; wait, or use another transport for the account",
	}
}

// fromCode is what an error inside an answer means.
func fromCode(code int) *problem {
	e := geminiweb.Problem(code)
	return &problem{status: e.Status, kind: string(e.Kind), code: e.Code, message: e.Message, retryAfter: e.RetryAfter, web: code}
}

// The times for which Google's blocking of an address is believed.
const (
	firstBlock = 30 * time.Minute
	lastBlock  = 6 * time.Hour
)

// block notes that the address is blocked.
func (e *Egress) block() *problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if now.Before(e.until) { // another account has just found it out
		return address(e.until.Sub(now))
	}
	wait := min(firstBlock<<min(e.times, 4), lastBlock)
	e.times++
	e.until = now.Add(wait)
	return address(wait)
}

// blocked returns the problem while it lasts.
func (e *Egress) blocked() *problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	wait := time.Until(e.until)
	if wait <= 0 {
		return nil
	}
	p := address(wait)
	p.quiet = true
	return p
}

// open notes that an answer has come.
func (e *Egress) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.times = 0
}

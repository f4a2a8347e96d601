package providers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The addresses of Antigravity: the first one is newer, the second one keeps the accounts.
const (
	antigravityDaily = "https://daily-cloudcode-pa.googleapis.com"
	antigravityProd  = "https://cloudcode-pa.googleapis.com"
)

// Rerouter is implemented by a kind that is served at several addresses.
type Rerouter interface {
	// Reroute returns a transport that sends a request for the kind's usual base URL to the addresses in turn until one
	// serves it. What it returns is safe for concurrent use, as next must be.
	Reroute(next http.RoundTripper) http.RoundTripper
}

// Transport returns what an account's requests go through: next, in front of which the kind may choose the address unless
// the operator has chosen one.
func Transport(p Provider, baseURL string, next http.RoundTripper) http.RoundTripper {
	r, ok := p.(Rerouter)
	if !ok || baseURL != p.Defaults().BaseURL {
		return next
	}
	return r.Reroute(next)
}

// Reroute implements Rerouter. Models are asked for at the first address that works; what concerns the account is asked
// at the one that keeps the accounts first.
func (p *Antigravity) Reroute(next http.RoundTripper) http.RoundTripper {
	generation := p.Hosts
	if len(generation) == 0 {
		generation = []string{antigravityDaily, antigravityProd}
	}
	return &hosts{
		next: next, usual: strings.TrimPrefix(antigravityDaily, "https://"), bad: map[string]time.Time{},
		generation: generation, control: []string{antigravityProd, antigravityDaily},
	}
}

// skipTime is how long an address that has failed is asked last.
const skipTime = 5 * time.Minute

// hosts asks several addresses in turn.
type hosts struct {
	next                http.RoundTripper
	usual               string // the host of requests that may go elsewhere
	generation, control []string

	mu  sync.Mutex
	bad map[string]time.Time // addresses that are asked last, and until when
}

// controlMethods are those that concern the account.
var controlMethods = []string{"loadCodeAssist", "onboardUser", "fetchAvailableModels"}

// RoundTrip implements http.RoundTripper. Only an answer's status is looked at, so that nothing of one has been used when
// another address is asked.
func (h *hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != h.usual {
		return h.next.RoundTrip(req)
	}
	var kept *http.Response
	var failure error
	for i, address := range h.order(req) {
		r, err := redirected(req, address, i > 0)
		if err != nil {
			break // its body cannot be had again
		}
		resp, err := h.next.RoundTrip(r)
		if req.Context().Err() != nil {
			closeAnswer(kept)
			return resp, err
		}
		h.note(address, resp, err)
		if err != nil {
			failure = err
			continue
		}
		closeAnswer(kept)
		if kept = resp; !elsewhere(resp.StatusCode) {
			break
		}
	}
	if kept == nil {
		return nil, failure
	}
	return kept, nil
}

// order returns the addresses for a request, those that have failed lately behind the others.
func (h *hosts) order(req *http.Request) []string {
	list := h.generation
	if i := strings.LastIndexByte(req.URL.Path, ':'); slices.Contains(controlMethods, req.URL.Path[i+1:]) {
		list = h.control
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b string) int { return order(now.Before(h.bad[a])) - order(now.Before(h.bad[b])) })
	return list
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// note remembers how an address behaved. A limit, and a model that is not there, are no fault of the address.
func (h *hosts) note(address string, resp *http.Response, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || resp.StatusCode == http.StatusRequestTimeout || resp.StatusCode >= http.StatusInternalServerError {
		h.bad[address] = time.Now().Add(skipTime)
		return
	}
	delete(h.bad, address)
}

// elsewhere says whether another address may do better.
func elsewhere(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// redirected returns the request for another address; again asks for its body once more.
func redirected(req *http.Request, address string, again bool) (*http.Request, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	r := req.Clone(req.Context())
	r.URL.Scheme, r.URL.Host = to.Scheme, to.Host
	if req.Host == req.URL.Host {
		r.Host = to.Host
	}
	if !again || req.Body == nil {
		return r, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the body cannot be sent again")
	}
	r.Body, err = req.GetBody()
	return r, err
}

func closeAnswer(resp *http.Response) {
	if resp != nil {
		_ = resp.Body.Close()
	}
}

// checkHost says whether an address can stand in the list.
func checkHost(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return errors.New("each must be an address without a path, such as " + antigravityProd)
	}
	return nil
}

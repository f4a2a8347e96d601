package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// hunt is the search for an account that answers a request for one model.
type hunt struct {
	tried []*pool.Account
	walls []wall // proxies that have failed this request

	// desperate tries proxies that were dead a moment ago, since there is no
	// other way.
	desperate bool

	last error // the most useful one for the client
	use  int   // of last
}

// wall is a proxy that does not get a request through: to one host, or to none
// if that is empty.
type wall struct {
	route *egress.Route
	host  string
}

// try asks accounts for one model until one answers, at most Attempts of them.
func (c *call) try(asked string, block *Model) error {
	var h hunt
	want := c.want(asked, block, &h)
	for sent := 0; sent < c.g.Attempts; {
		from := time.Now()
		lease, err := c.g.Pool.Acquire(c.r.Context(), want)
		c.log.wait += time.Since(from)
		if err != nil && h.despair(err) {
			continue
		}
		if err != nil && h.last == nil {
			return poolError(err, c, asked)
		}
		if err != nil {
			break
		}
		c.log.sticky = lease.Sticky
		a := c.attempt(lease, asked, block)
		err = a.run()
		if a.sent {
			sent++
		}
		if err == nil || !a.retry {
			return err
		}
		h.failed(a, err)
		want.Exclude = h.excludes
	}
	return c.comesBack(h.last, want)
}

// excludes reports whether the account is not to be asked: again, or because a
// proxy is in the way.
func (h *hunt) excludes(a *pool.Account) bool {
	return slices.Contains(h.tried, a) || h.walled(a)
}

func (h *hunt) walled(a *pool.Account) bool {
	up := upstreamOf(a)
	route := up.route()
	if route == nil {
		return false
	}
	for _, w := range h.walls {
		if w.route == route && (w.host == "" || w.host == hostOf(up.BaseURL)) {
			return true
		}
	}
	if h.desperate {
		return false
	}
	_, down := route.Down()
	return down
}

// despair reports whether the request should try proxies that were dead a
// moment ago: it has asked nobody yet, and there is nobody else.
func (h *hunt) despair(err error) bool {
	var nobody *pool.NobodyError
	if h.desperate || h.last != nil || !errors.As(err, &nobody) || nobody.Excluded == 0 {
		return false
	}
	h.desperate = true
	return true
}

// failed notes how an attempt went wrong.
func (h *hunt) failed(a *attempt, err error) {
	h.tried = append(h.tried, a.lease.Account)
	if fault := a.proxy; fault != nil {
		w := wall{route: upstreamOf(a.lease.Account).route(), host: fault.Host}
		if fault.Dead {
			w.host = ""
		}
		h.walls = append(h.walls, w)
	}
	if use := usefulness(a); h.last == nil || use >= h.use {
		h.last, h.use = err, use
	}
}

// uses order the ends of attempts by how much they help the client, who sees
// only one. That it may come again is worth most; that an account has a bad
// credential, which only the operator can mend, least.
var uses = map[pool.Kind]int{
	pool.RateLimited: 4, pool.Overloaded: 3, pool.Failed: 2, pool.ClientFault: 2, pool.Unjudged: 2, pool.ProxyFailed: 1, pool.Unauthorized: 1,
}

func usefulness(a *attempt) int {
	if !a.sent && a.outcome.Kind == pool.Unjudged {
		return 0 // this account cannot express the request
	}
	return uses[a.outcome.Kind]
}

// comesBack puts into the error of a request that no account has answered when
// the first of them may answer again.
func (c *call) comesBack(err error, want pool.Want) error {
	e := asError(err)
	if !e.Oversize.Known() && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) {
		e.RetryAfter = c.g.Pool.ComesBack(want)
	}
	return err
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// What the watchdog ends an attempt with.
var (
	errFirstByte = errors.New("the upstream sent nothing in time")
	errIdle      = errors.New("the upstream fell silent")
)

// judgement is what an upstream's failure means: for the account, and for the
// request.
type judgement struct {
	kind  pool.Kind
	scope pool.Scope
	retry bool // another account may do better
}

// judgements are the statuses that count against an account. A status that is
// not listed is the client's own fault below 500 and a server error from there.
var judgements = map[int]judgement{
	http.StatusUnauthorized:       {pool.Unauthorized, pool.ScopeAccount, true},
	http.StatusPaymentRequired:    {pool.RateLimited, pool.ScopeAccount, true},
	http.StatusForbidden:          {pool.Unauthorized, pool.ScopeAccount, true},
	http.StatusRequestTimeout:     {pool.Failed, pool.ScopeModel, true},
	http.StatusConflict:           {pool.Unjudged, pool.ScopeNone, true},
	http.StatusTooManyRequests:    {pool.RateLimited, pool.ScopeModel, true},
	http.StatusServiceUnavailable: {pool.Overloaded, pool.ScopeModel, true},
	529:                           {pool.Overloaded, pool.ScopeModel, true},
}

// judge reads an upstream's error. An account whose quota is used up is out
// for every model, while a rate limit is one model's.
func judge(e *ir.Error) judgement {
	switch e.Kind { // some vendors tell these with status 400
	case ir.ErrQuota, ir.ErrBilling:
		return judgement{pool.RateLimited, pool.ScopeAccount, true}
	case ir.ErrAuth, ir.ErrPermission:
		return judgement{pool.Unauthorized, pool.ScopeAccount, true}
	case ir.ErrContextLength:
		return judgement{kind: pool.ClientFault}
	case ir.ErrTruncated:
		return judgement{pool.Failed, pool.ScopeModel, true}
	}
	j, ok := judgements[e.Status]
	switch {
	case ok:
		return j
	case e.Status >= http.StatusInternalServerError:
		return judgement{pool.Failed, pool.ScopeModel, true}
	default:
		return judgement{kind: pool.ClientFault}
	}
}

// Failover is what the operator says about trying another account.
type Failover struct {
	On    []int // statuses on which another account is tried too; they never cool one down
	Never []int // statuses on which none is, whatever else is said
}

// retry applies the operator's word to what is built in.
func (f Failover) retry(status int, builtIn bool) bool {
	return !slices.Contains(f.Never, status) && (builtIn || slices.Contains(f.On, status))
}

// reason tells people why an account is judged: never the upstream's own words,
// which may quote the request.
func reason(e *ir.Error) string {
	if e.Upstream == "network" {
		return translate.Scrub(e.Message)
	}
	text := "status " + strconv.Itoa(e.Status) + " " + string(e.Kind)
	if e.Code != "" && len(e.Code) < 64 {
		text += " (" + e.Code + ")"
	}
	return text
}

// networkError turns a failed round trip or a torn answer into an error of the
// upstream. The cause stays in the gateway's log.
func networkError(ctx context.Context, err error) *ir.Error {
	e := &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: "network", Message: err.Error()}
	if cause := context.Cause(ctx); errors.Is(cause, errFirstByte) || errors.Is(cause, errIdle) {
		e.Kind, e.Status, e.Message = ir.ErrTimeout, http.StatusGatewayTimeout, cause.Error()
	}
	return e
}

// shown is what the client sees of an upstream's error.
func shown(e *ir.Error) *ir.Error { return translate.ClientError(e, false) }

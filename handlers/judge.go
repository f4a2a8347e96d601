package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// What the watchdog ends an attempt with.
var (
	errFirstByte = errors.New("the upstream sent nothing in time")
	errIdle      = errors.New("the upstream fell silent")
)

// fault is whose doing a failure is. It decides what is put into cooldown.
type fault int

const (
	clientFault   fault = iota // any account would refuse the request
	accountFault               // the account cannot answer at all: its credential, its quota
	modelFault                 // the account cannot answer for this model: a rate limit
	providerFault              // the upstream is in trouble with this model, as far as one can tell
	networkFault               // no answer, or a torn one
	proxyFault                 // the upstream was not reached, for the sake of a proxy
)

var faultNames = [...]string{"client", "account", "model", "provider", "network", "proxy"}

func (f fault) String() string { return faultNames[f] }

// scopes are what a fault puts into cooldown. A provider's trouble is noted for the account and the model that met it:
// other accounts may be served by other machines.
var scopes = [...]pool.Scope{
	clientFault: pool.ScopeNone, accountFault: pool.ScopeAccount, modelFault: pool.ScopeModel,
	providerFault: pool.ScopeModel, networkFault: pool.ScopeModel, proxyFault: pool.ScopeNone,
}

// judgement is what an upstream's failure means: for the account, and for the
// request.
type judgement struct {
	fault fault
	kind  pool.Kind
	retry bool // another account may do better
}

// kindJudgements are what the error itself says, whatever its status: vendors
// tell a used-up quota with 400, 403 and 429. The codecs of the dialects read
// it from the vendors' words, such as Gemini's QuotaFailure and API_KEY_INVALID,
// OpenAI's insufficient_quota and Anthropic's billing_error.
var kindJudgements = map[ir.ErrorKind]judgement{
	ir.ErrQuota:         {accountFault, pool.RateLimited, true},
	ir.ErrBilling:       {accountFault, pool.RateLimited, true},
	ir.ErrAuth:          {accountFault, pool.Unauthorized, true},
	ir.ErrPermission:    {accountFault, pool.Unauthorized, true},
	ir.ErrContextLength: {clientFault, pool.ClientFault, false},
	ir.ErrTruncated:     {networkFault, pool.Failed, true},
}

// sourceJudgements are about errors that no upstream has sent.
var sourceJudgements = map[ir.Dialect]judgement{
	fromNetwork: {networkFault, pool.Failed, true},
	fromProxy:   {proxyFault, pool.ProxyFailed, true},
}

// judgements are about statuses. One that is not listed is the client's own
// fault below 500, and a server error from there.
var judgements = map[int]judgement{
	http.StatusUnauthorized:       {accountFault, pool.Unauthorized, true},
	http.StatusPaymentRequired:    {accountFault, pool.RateLimited, true},
	http.StatusForbidden:          {accountFault, pool.Unauthorized, true},
	http.StatusRequestTimeout:     {providerFault, pool.Failed, true},
	http.StatusConflict:           {clientFault, pool.Unjudged, true},
	http.StatusTooManyRequests:    {modelFault, pool.RateLimited, true},
	http.StatusServiceUnavailable: {providerFault, pool.Overloaded, true},
	529:                           {providerFault, pool.Overloaded, true},
}

// judge reads an upstream's error: where it comes from, then what it says, then
// its status.
func judge(e *ir.Error) judgement {
	if j, ok := sourceJudgements[e.Upstream]; ok {
		return j
	}
	if e.Hopeless {
		return judgement{providerFault, pool.Failed, false}
	}
	if e.Oversize.Known() {
		return judgement{clientFault, pool.Unjudged, true} // an account with a higher limit may take it
	}
	if j, ok := kindJudgements[e.Kind]; ok {
		return j
	}
	if j, ok := judgements[e.Status]; ok {
		return j
	}
	if e.Status >= http.StatusInternalServerError {
		return judgement{providerFault, pool.Failed, true}
	}
	return judgement{clientFault, pool.ClientFault, false}
}

// of narrows what is said of an account to the model that the upstream's words name: an account may have no access to
// one model and serve all others, and whoever may ask for a model must not be able to put the account out of use.
func (j judgement) of(e *ir.Error, model string) judgement {
	denied := j.fault == accountFault && e.Status == http.StatusForbidden && j.kind == pool.Unauthorized && !e.Final
	if denied && (e.Kind == ir.ErrNotFound || mentions(e.Message, model)) {
		j.fault = modelFault
	}
	return j
}

// mentions reports whether a text holds the name as a word of its own.
func mentions(text, name string) bool {
	inName := func(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for name != "" {
		before, after, found := strings.Cut(text, name)
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if !found || !inName(last) && !inName(next) {
			return found
		}
		text = after
	}
	return false
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

// Errors that no upstream has sent have these in place of its dialect. Their
// messages are the gateway's own.
const (
	fromNetwork ir.Dialect = "network"
	fromProxy   ir.Dialect = "proxy"
)

// reason tells people why an account is judged: never the upstream's own words,
// which may quote the request.
func reason(e *ir.Error) string {
	if e.Upstream == fromNetwork || e.Upstream == fromProxy {
		return translate.Scrub(e.Message)
	}
	text := "status " + strconv.Itoa(e.Status) + " " + string(e.Kind)
	if e.Code != "" && len(e.Code) < 64 {
		text += " (" + e.Code + ")"
	}
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// networkError turns a failed round trip or a torn answer into an error of the
// upstream, of the network, or of the proxy. The cause stays in the gateway's
// log.
func networkError(ctx context.Context, err error) *ir.Error {
	e := &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: fromNetwork, Message: err.Error()}
	var proxy *egress.ProxyError
	if errors.As(err, &proxy) {
		e.Upstream, e.Message = fromProxy, proxy.Error()
		return e
	}
	if cause := context.Cause(ctx); errors.Is(cause, errFirstByte) || errors.Is(cause, errIdle) {
		e.Kind, e.Status, e.Message = ir.ErrTimeout, http.StatusGatewayTimeout, cause.Error()
	}
	return e
}

// shown is what the client sees of an upstream's error.
func shown(e *ir.Error) *ir.Error { return translate.ClientError(e, false) }

// advice is what the operator is told to do, if anything.
func advice(e *ir.Error) zap.Field {
	if e.Advice == "" {
		return zap.Skip()
	}
	return zap.String("advice", e.Advice)
}

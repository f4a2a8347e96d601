package gemini

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// errorInfo is what a google.rpc.Status tells, as gemini-cli classifies it
// (packages/core/src/utils/googleQuotaErrors.ts).
type errorInfo struct {
	code    int
	message string
	status  string

	retryDelay time.Duration // RetryInfo
	resetDelay time.Duration // ErrorInfo: until a quota is filled again
	reason     string        // ErrorInfo
	domain     string        // ErrorInfo
	quotaID    string        // QuotaFailure: of all violations
}

// readBody reads {"error":…}, also inside of an array, as Code Assist's
// streams deliver it.
func (i *errorInfo) readBody(body []byte) {
	var r jsonx.Reader
	r.Reset(body)
	if r.Kind() == jsonx.Array {
		for in := r.Array(); in && r.Element(); {
			i.readBody(r.Raw())
		}
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case key == "error" && r.Kind() == jsonx.String:
			i.message = r.String()
		case key == "error":
			i.read(&r)
		case key == "message" && r.Kind() == jsonx.String && i.message == "":
			i.message = r.String()
		}
	}
}

// read reads the value of the member error.
func (i *errorInfo) read(r *jsonx.Reader) {
	if r.Kind() == jsonx.String {
		i.message = r.String()
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "code":
			if r.Kind() == jsonx.Number {
				i.code = int(r.Int())
			}
		case "message":
			if r.Kind() == jsonx.String {
				i.message = r.String()
			}
		case "status":
			if r.Kind() == jsonx.String {
				i.status = r.String()
			}
		case "details":
			if r.Kind() != jsonx.Array {
				continue
			}
			for in := r.Array(); in && r.Element(); {
				i.detail(r)
			}
		}
	}
}

// detail reads one of the details; their members differ enough that the type
// need not be known first.
func (i *errorInfo) detail(r *jsonx.Reader) {
	if r.Kind() != jsonx.Object {
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case key == "retryDelay" && r.Kind() == jsonx.String:
			i.retryDelay = duration(r.String())
		case key == "reason" && r.Kind() == jsonx.String:
			i.reason = r.String()
		case key == "domain" && r.Kind() == jsonx.String:
			i.domain = r.String()
		case key == "metadata" && r.Kind() == jsonx.Object:
			for in := r.Object(); in && r.Member(); {
				if r.Key() == "quotaResetDelay" && r.Kind() == jsonx.String {
					i.resetDelay = duration(r.String())
				}
			}
		case key == "violations" && r.Kind() == jsonx.Array:
			i.violations(r)
		}
	}
}

func (i *errorInfo) violations(r *jsonx.Reader) {
	for in := r.Array(); in && r.Element(); {
		if r.Kind() != jsonx.Object {
			continue
		}
		for in := r.Object(); in && r.Member(); {
			if r.Key() == "quotaId" && r.Kind() == jsonx.String {
				i.quotaID += r.String() + " "
			}
		}
	}
}

// duration reads a protobuf duration such as 34.07s or 900ms; 0 when it cannot.
func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0
	}
	return d
}

var (
	noQuota = regexp.MustCompile(`limit:\s*0(?:[^\d.]|\.\D|\.?$)`)
	retryIn = regexp.MustCompile(`[Pp]lease retry in ([0-9.]+(?:ms|s))`)
	tooLong = regexp.MustCompile(`(?i)input token count.*exceeds|exceeds the maximum number of tokens`)
)

const (
	codeAssist  = "cloudcode-pa.googleapis.com"
	longestWait = 300 * time.Second // beyond it Code Assist's limit counts as a spent quota
)

// fill completes e, whose status is known.
func (i *errorInfo) fill(e *ir.Error) {
	e.Message = strings.Clone(i.message)
	if e.Message == "" {
		e.Message = strings.TrimSpace(http.StatusText(e.Status))
	}
	if e.Message == "" {
		e.Message = "the upstream failed without saying why"
	}
	e.Code = strings.Clone(i.status)
	if e.Kind = kinds[e.Status]; e.Kind == "" {
		e.Kind = ir.ErrUpstream
		if e.Status >= 400 && e.Status < 500 {
			e.Kind = ir.ErrInvalidRequest
		}
	}
	e.RetryAfter = i.retryDelay
	switch e.Status {
	case http.StatusTooManyRequests:
		i.quota(e)
	case http.StatusBadRequest:
		i.badRequest(e)
	case http.StatusForbidden:
		if i.reason == "BILLING_DISABLED" {
			e.Kind = ir.ErrBilling
		}
	}
}

// quota tells a limit that passes by itself from a quota that is spent.
func (i *errorInfo) quota(e *ir.Error) {
	if m := retryIn.FindStringSubmatch(i.message); m != nil && e.RetryAfter == 0 {
		e.RetryAfter = duration(m[1])
	}
	switch {
	case noQuota.MatchString(i.message), strings.Contains(i.quotaID, "PerDay"), strings.Contains(i.quotaID, "Daily"):
		e.Kind, e.RetryAfter = ir.ErrQuota, i.resetDelay
	case i.reason == "MODEL_CAPACITY_EXHAUSTED", i.reason == "MODEL_CAPACITY_EXCEEDED":
		e.Kind = ir.ErrOverloaded
	case i.reason == "INSUFFICIENT_G1_CREDITS_BALANCE", i.reason == "QUOTA_EXHAUSTED":
		e.Kind = ir.ErrQuota
		e.RetryAfter = max(i.resetDelay, e.RetryAfter)
	case strings.HasSuffix(i.domain, codeAssist) && i.reason == "RATE_LIMIT_EXCEEDED" && (e.RetryAfter == 0 || e.RetryAfter > longestWait):
		e.Kind = ir.ErrQuota
	case e.RetryAfter == 0 && strings.Contains(i.quotaID, "PerMinute"):
		e.RetryAfter = time.Minute
	}
}

// badRequest finds the errors that Google answers with 400 although the
// request is not to blame, and the one that clients can mend.
func (i *errorInfo) badRequest(e *ir.Error) {
	switch {
	case i.reason == "API_KEY_INVALID", strings.HasPrefix(i.message, "API key not valid"), strings.HasPrefix(i.message, "API key expired"):
		e.Kind, e.Status = ir.ErrAuth, http.StatusUnauthorized
	case i.status == "FAILED_PRECONDITION" && strings.Contains(i.message, "billing"):
		e.Kind, e.Status = ir.ErrBilling, http.StatusPaymentRequired
	case i.status == "FAILED_PRECONDITION" && strings.Contains(i.message, "location"):
		e.Kind, e.Status = ir.ErrPermission, http.StatusForbidden
	case tooLong.MatchString(i.message):
		e.Kind = ir.ErrContextLength
	}
}

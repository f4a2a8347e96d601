package handlers

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// admit waits for a slot of the client's key and checks its rate, tokens and
// budget, in this order.
func (c *call) admit() (*access.Pass, error) {
	from := time.Now()
	pass, err := c.key.Enter(c.r.Context())
	now := time.Now()
	c.log.wait += now.Sub(from)
	if err != nil {
		return nil, keyError(err)
	}
	if err := pass.Admit(now); err != nil {
		pass.Leave()
		c.describeStanding(now)
		return nil, keyError(err)
	}
	c.describeStanding(now)
	return pass, nil
}

// leave gives back the slot, and what was taken of the rate if no upstream was
// asked.
func (c *call) leave(pass *access.Pass) {
	if c.log.attempts == 0 {
		pass.Refund(time.Now())
	}
	pass.Leave()
}

// keyError tells the client which limit of its key is in the way.
func keyError(err error) error {
	var full *access.FullError
	var late *access.TimeoutError
	var limit *access.LimitError
	switch {
	case errors.As(err, &full):
		return busy("Too many pending requests, please retry later")
	case errors.As(err, &late):
		return busy("Concurrency limit exceeded for user, please retry later")
	case errors.As(err, &limit) && limit.Kind == access.Money:
		return &ir.Error{
			Kind: ir.ErrBilling, Status: http.StatusForbidden, Type: "billing_error", Code: "budget_exceeded",
			Message:    fmt.Sprintf("The budget of this API key is used up: %s", limit.Limit),
			RetryAfter: limit.RetryAfter,
		}
	case errors.As(err, &limit):
		// Codex reads the time out of the text.
		return &ir.Error{
			Kind: ir.ErrRateLimit, Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "rate_limit_exceeded",
			Message: fmt.Sprintf("Rate limit reached for this API key: %s %s. Please try again in %ss.",
				limit.Limit, limit.Kind, strconv.FormatFloat(math.Ceil(limit.RetryAfter.Seconds()*10)/10, 'f', -1, 64)),
			RetryAfter: limit.RetryAfter,
		}
	default:
		return left("the client closed the connection")
	}
}

// describeStanding sets the headers that tell where the client stands with its
// own key, by the names that its vendor uses. Gemini has none.
func (c *call) describeStanding(now time.Time) {
	requests, tokens := c.key.Standing(now)
	if requests.Limit == 0 && tokens.Limit == 0 || c.route.dialect == ir.Gemini {
		return
	}
	c.sink.describe(func(h http.Header) {
		for _, s := range [...]struct {
			what     string
			standing access.Standing
		}{{"Requests", requests}, {"Tokens", tokens}} {
			if s.standing.Limit == 0 {
				continue
			}
			if c.route.dialect == ir.Anthropic {
				setStanding(h, "Anthropic-Ratelimit-"+s.what+"-%s", s.standing, now.Add(s.standing.Reset).UTC().Format(time.RFC3339))
			} else {
				setStanding(h, "X-Ratelimit-%s-"+s.what, s.standing, s.standing.Reset.Round(time.Millisecond).String())
			}
		}
	})
}

func setStanding(h http.Header, form string, s access.Standing, reset string) {
	h.Set(fmt.Sprintf(form, "Limit"), strconv.FormatInt(s.Limit, 10))
	h.Set(fmt.Sprintf(form, "Remaining"), strconv.FormatInt(s.Remaining, 10))
	h.Set(fmt.Sprintf(form, "Reset"), reset)
}

// wrongKey turns away who presents a key that is none, more slowly from time to
// time. Who presents none at all does not guess.
func (c *call) wrongKey(presented string) error {
	if presented == "" {
		return invalidKey()
	}
	blocked := c.g.Keys.Guard().Wrong(c.r.Context(), ClientAddr(c.r))
	if blocked == 0 {
		return invalidKey()
	}
	return &ir.Error{
		Kind: ir.ErrRateLimit, Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "too_many_invalid_keys",
		Message: "Too many requests with an invalid API key, please retry later", RetryAfter: blocked,
	}
}

// ClientAddr is the client's address as Caddy knows it, which trusts a proxy's
// word only where it is configured to. It is not valid for a client without an
// address, such as one on a Unix socket.
func ClientAddr(r *http.Request) netip.Addr {
	text, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	if text == "" {
		text = r.RemoteAddr
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr // as it nearly always is
	}
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

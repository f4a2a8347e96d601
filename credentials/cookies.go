package credentials

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

// CookieOptions are one configuration's settings of an account that is used with the cookies of a browser.
type CookieOptions struct {
	// Account is its name, which is also the identity of its state in this process.
	Account string

	// Store is where the cookies live.
	Store Store

	// HTTP reaches the place where the short-lived cookie is exchanged. It follows no redirects.
	HTTP http.RoundTripper

	// RotateURL is that place.
	RotateURL string

	// Interval is how often the short-lived cookie is exchanged, at least a minute. 0 never exchanges it.
	Interval time.Duration

	// UserAgent and Origin are those of the requests to that place.
	UserAgent, Origin string

	// Hint says what a person does to give the account fresh cookies.
	Hint string

	// Refreshed hears what every exchange came to. It must not block. Default: nobody.
	Refreshed func(result string)

	// Random draws the jitter, from 0 up to 1. Default: math/rand.
	Random func() float64

	Logger *zap.Logger
}

// Cookies is one configuration's view of an account's cookies, which all configurations of the process share.
type Cookies struct {
	CookieOptions
	state *cookieState
	pool  *caddy.UsagePool
}

// cookieStates are the cookies of this process by account. They outlive reloads: the newest may not be stored yet.
var cookieStates = caddy.NewUsagePool()

// OpenCookies returns a configuration's view of an account. It reads nothing yet; Close must follow.
func OpenCookies(o CookieOptions) (*Cookies, error) { return openCookies(cookieStates, o) }

func openCookies(pool *caddy.UsagePool, o CookieOptions) (*Cookies, error) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Refreshed == nil {
		o.Refreshed = func(string) {}
	}
	shared, _, err := pool.LoadOrNew(o.Account, func() (caddy.Destructor, error) { return newCookieState(), nil })
	if err != nil {
		return nil, fmt.Errorf("account %q: preparing its cookies: %w", o.Account, err)
	}
	return &Cookies{CookieOptions: o, state: shared.(*cookieState), pool: pool}, nil
}

// Publish makes these settings the ones that count, and has the short-lived cookie exchanged from now on.
func (c *Cookies) Publish() {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(c, c.Account, "watching over cookies", s.background)
}

// Close withdraws the settings. The view still works for requests that are running.
func (c *Cookies) Close() {
	s := c.state
	s.mu.Lock()
	s.withdraw(c)
	pool := c.pool
	c.pool = nil
	s.mu.Unlock()
	if pool != nil {
		_, _ = pool.Delete(c.Account)
	}
}

// Token implements Source. The token is no secret but a fingerprint of the cookies, by which Refresh knows them.
func (c *Cookies) Token(ctx context.Context) (Credential, error) {
	if err := c.state.usable(ctx, c); err != nil {
		return Credential{}, err
	}
	return Credential{Token: c.state.mark()}, nil
}

// Refresh implements Source: it looks whether somebody has stored other cookies, and else exchanges the short-lived one,
// unless that has just been done.
func (c *Cookies) Refresh(ctx context.Context, failed string) (Credential, error) {
	s := c.state
	if s.mark() == failed {
		s.look(ctx, c)
	}
	if s.mark() == failed && c.Interval > 0 {
		if err := s.rotate(ctx, c); err != nil {
			return Credential{}, err
		}
	}
	if err := s.usable(ctx, c); err != nil {
		return Credential{}, err
	}
	if s.mark() == failed {
		return Credential{}, c.fault(Failing, "the upstream refuses its cookies, and there are no others; "+c.Hint, nil)
	}
	return Credential{Token: s.mark()}, nil
}

// Status implements Source.
func (c *Cookies) Status() Status { return c.state.status(c) }

// Header returns the Cookie header for a request to a host of Google's, "" for every other host.
func (c *Cookies) Header(host, path string) string {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jar.header(host, path, time.Now())
}

// Proof returns the value from which some accounts' Authorization header is made; "" for most.
func (c *Cookies) Proof() string {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.jar.get("SAPISID"); v != "" {
		return v
	}
	return s.jar.get("__Secure-1PAPISID")
}

// Take puts the cookies of an answer of the host into the jar. A new short-lived one is stored soon.
func (c *Cookies) Take(host string, resp *http.Response) {
	set := resp.Cookies()
	if len(set) == 0 {
		return
	}
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.jar.take(host, set, now) {
		s.updated, s.unsaved = now, true
		s.nudge()
	}
}

// Epoch is a number that grows when what was got with the cookies before is good no longer.
func (c *Cookies) Epoch() int {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

// Busy says that the account is answering somebody until the returned function is called. The short-lived cookie is
// then not exchanged if it can wait.
func (c *Cookies) Busy() (done func()) {
	c.state.work(1)
	return func() { c.state.work(-1) }
}

// Keep returns what a provider keeps of the account as long as the process has its state, made at the first call.
func (c *Cookies) Keep(make func() any) any {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make()
	}
	return s.kept
}

// Refuse says that the cookies are of no use until a person changes them, and why.
func (c *Cookies) Refuse(why string) {
	err := c.needsCookies(why)
	s := c.state
	s.mu.Lock()
	told := s.dead == s.jar.mark()
	s.dead, s.problem = s.jar.mark(), err
	s.mu.Unlock()
	if !told {
		c.Logger.Error("account's cookies are of no use", zap.String("account", c.Account), zap.Error(err))
	}
}

// Report keeps what the upstream says of the account: its status in one word.
func (c *Cookies) Report(status string) {
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = status
}

func (c *Cookies) fault(state State, message string, cause error) *Error {
	return &Error{Account: c.Account, State: state, message: message, cause: cause}
}

// needsCookies is the error of an account that only a person can bring back.
func (c *Cookies) needsCookies(why string) *Error {
	return c.fault(NeedsLogin, why+"; "+c.Hint, nil)
}

// host is where cookies are exchanged, as the jar knows it. A place of the operator's stands for Google's.
func (c *Cookies) host() string {
	if u, err := url.Parse(c.RotateURL); err == nil && below(u.Hostname(), cookieHome) {
		return u.Hostname()
	}
	return "accounts." + cookieHome
}

// Interface guard
var _ Source = (*Cookies)(nil)

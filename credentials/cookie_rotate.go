package credentials

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// What an exchange of the short-lived cookie came to, besides ResultOK, ResultAdopted and ResultUnsaved.
const (
	ResultNoCookie     = "no_cookie"    // answered without one, which happens; the old one may still be good
	ResultUnauthorized = "unauthorized" // the session is over
	ResultRateLimited  = "rate_limited" // the account may work all the same
	ResultError        = "error"
)

// rotate takes part in the exchange that is under way or begins one, and waits for it as long as the caller does. One
// that was tried within the last minute is not repeated.
func (s *cookieState) rotate(ctx context.Context, c *Cookies) error {
	s.mu.Lock()
	f := s.flight
	if f == nil {
		if time.Since(s.rotated) < leastPause || s.refused() {
			s.mu.Unlock()
			return nil
		}
		f = &flight{done: make(chan struct{})}
		s.flight = f
		guard.Go("exchanging a cookie", func() {
			ctx, cancel := context.WithTimeout(context.Background(), flightTime)
			defer cancel()
			var result string
			var err *Error
			broken := guard.Try("exchanging a cookie", func() error {
				result, err = s.exchange(ctx, c)
				return nil
			}, zap.String("account", c.Account))
			if broken != nil {
				result, err = ResultError, c.fault(Failing, "there is no new cookie", broken)
			}
			s.land(c, f, result, err)
		})
	}
	s.mu.Unlock()
	select {
	case <-f.done:
		return nil // what is wrong with the cookies is the problem of who wants to send them
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// exchange is the whole protocol: lock, read again, ask, store.
func (s *cookieState) exchange(ctx context.Context, c *Cookies) (string, *Error) {
	unlock, err := c.Store.Lock(ctx)
	if err != nil {
		return ResultError, c.fault(Failing, "locking the "+c.Store.Where()+", without which no cookie is exchanged; see that it is "+
			"writable", err)
	}
	defer unlock()
	before := s.mark()
	s.look(ctx, c)
	s.mu.Lock()
	now := time.Now()
	adopted := s.jar.mark() != before // somebody else has done it
	done := adopted || s.refused() || now.Sub(s.rotated) < leastPause
	if !done {
		s.rotated = now
	}
	s.mu.Unlock()
	switch {
	case adopted:
		return ResultAdopted, nil
	case done:
		return "", nil
	}
	result, fault := s.ask(ctx, c)
	if result == ResultUnauthorized {
		return result, fault
	}
	if err := s.save(ctx, c); err != nil {
		if fault == nil && result == ResultOK {
			result, fault = ResultUnsaved, c.unsavable(err)
		}
	}
	return result, fault
}

// rotateBody is sent as it is. It is no JSON, whatever the header says (github.com/HanaokaYuzu/Gemini-API).
const rotateBody = `[000,"-0000000000000000000"]`

const (
	rotateTime  = 30 * time.Second
	limitedTime = 10 * time.Minute // after "too many"
	limitedMax  = 6 * time.Hour
	silentLimit = 3 // answers without a cookie until the account is said to be at risk
)

// ask sends the request and takes its cookies.
func (s *cookieState) ask(ctx context.Context, c *Cookies) (string, *Error) {
	ctx, cancel := context.WithTimeout(ctx, rotateTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.RotateURL, strings.NewReader(rotateBody))
	if err != nil {
		return ResultError, c.fault(Failing, "exchanging its cookie: the URL of rotate_url cannot be used", nil)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.Origin)
	req.Header.Set("User-Agent", c.UserAgent)
	req.Header.Set("Cookie", c.Header(c.host(), req.URL.Path))
	resp, err := c.HTTP.RoundTrip(req)
	if err != nil {
		return ResultError, c.fault(Failing, "exchanging its cookie: "+harmless(err)+"; check the network and the proxy", nil)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxFile))
	switch resp.StatusCode {
	case http.StatusOK:
		return s.took(c, resp), nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return ResultUnauthorized, c.needsCookies("its cookies are no longer good: Google refuses to exchange them")
	case http.StatusTooManyRequests:
		s.pause(resp.Header.Get("Retry-After"))
		return ResultRateLimited, nil
	}
	return ResultError, c.fault(Failing, "exchanging its cookie: Google answered with status "+strconv.Itoa(resp.StatusCode), nil)
}

// took takes the cookies of a good answer.
func (s *cookieState) took(c *Cookies, resp *http.Response) string {
	given := false
	for _, set := range resp.Cookies() {
		given = given || set.Name == cookieStamp && set.Value != "" && set.MaxAge >= 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.jar.take(c.host(), resp.Cookies(), now)
	// What the page gave with the cookies before is good no longer, and how they stand is to be looked at.
	s.epoch++
	if !given {
		return ResultNoCookie
	}
	s.updated = now
	return ResultOK
}

// pause puts the next exchange off after "too many".
func (s *cookieState) pause(after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := limitedTime
	if n, err := strconv.Atoi(after); err == nil && n > 0 {
		wait = min(max(wait, time.Duration(n)*time.Second), limitedMax)
	}
	s.due = time.Now().Add(wait)
}

// land ends a flight and keeps what it came to.
func (s *cookieState) land(c *Cookies, f *flight, result string, err *Error) {
	s.mu.Lock()
	s.flight = nil
	if result != "" {
		s.result, s.answered = result, time.Now()
	}
	if result != ResultRateLimited {
		s.due = time.Time{}
	}
	switch result {
	case ResultNoCookie:
		s.silent++
		s.failures = 0
	case ResultError:
		s.failures++
		s.due = time.Now().Add(min(leastPause<<min(s.failures-1, 4), c.Interval))
	case ResultUnauthorized:
		s.dead = s.jar.mark()
	case ResultOK, ResultAdopted, ResultUnsaved:
		s.silent, s.failures = 0, 0
	}
	told := err != nil && s.problem != nil && s.problem.Error() == err.Error()
	if err != nil {
		s.problem = err
	} else if s.problem != nil && !s.problem.reading && !s.refused() && result != ResultRateLimited {
		s.problem = nil
	}
	silent := s.silent
	f.err = err
	s.nudge()
	s.mu.Unlock()
	close(f.done)
	if result != "" {
		c.Refreshed(result)
	}
	switch {
	case err != nil && !told:
		c.Logger.Error("exchanging the account's cookie failed", zap.String("account", c.Account), zap.String("state", string(err.State)), zap.Error(err))
	case result == ResultRateLimited:
		c.Logger.Warn("exchanging the account's cookie: too many requests; it is tried again later", zap.String("account", c.Account))
	case result == ResultNoCookie && silent == silentLimit:
		c.Logger.Warn("account at risk: Google has answered "+strconv.Itoa(silentLimit)+" times without a new cookie; have fresh cookies ready",
			zap.String("account", c.Account))
	}
}

// save writes what the process has into what is stored, while the caller holds the lock of the store.
func (s *cookieState) save(ctx context.Context, c *Cookies) error {
	ctx = context.WithoutCancel(ctx)
	raw, err := c.Store.Load(ctx)
	var f cookieFile
	if err == nil {
		f, err = readCookies(raw, time.Now())
	}
	s.mu.Lock()
	f.jar, f.updated, f.rotated = s.jar.clone(), s.updated, s.rotated
	if f.updated.IsZero() {
		f.updated = f.rotated
	}
	s.unsaved, s.saveTry = true, time.Now().Add(savePause)
	s.mu.Unlock()
	if err != nil { // it may be the operator's, on its way to the disk
		return err
	}
	out := f.bytes()
	if err := c.Store.Save(ctx, out); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved = s.jar.mark() != f.jar.mark()
	s.stored = Fingerprint(string(out))
	if s.problem != nil && s.problem.unsaved {
		s.problem = nil
	}
	return nil
}

// saveAgain stores cookies that could not be stored before.
func (s *cookieState) saveAgain(ctx context.Context, c *Cookies) {
	unlock, err := c.Store.Lock(ctx)
	if err == nil {
		defer unlock()
		s.look(ctx, c)
		err = s.save(ctx, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saveTry = time.Now().Add(savePause)
	if err == nil {
		return
	}
	told := s.problem != nil
	if !told {
		s.problem = c.unsavable(err)
		c.Logger.Error("storing the account's cookies failed", zap.String("account", c.Account), zap.Error(s.problem))
	}
}

func (c *Cookies) unsavable(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := c.fault(Failing, "its new cookie is in use but could not be stored, so that a restart would lose it; make the "+c.Store.Where()+" writable", err)
	e.unsaved = true
	return e
}

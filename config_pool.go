package aigateway

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// Sticky says how long sessions stay with their accounts, whose prompt caches and signatures they need.
type Sticky struct {
	// Off lets every request of a session go wherever the policy says. Default: false.
	Off bool `json:"off,omitempty"`

	// TTL is how long a session stays after its last request. Default: 1h.
	TTL caddy.Duration `json:"ttl,omitempty"`

	// MaxSessions is how many sessions are expected at once. There is room for four times as many; beyond that, new ones
	// may find no place. Gateways share the room, so that the largest number holds. Default: 100000.
	MaxSessions int `json:"max_sessions,omitempty"`
}

// Wait says how many requests may wait for an account with a free slot, and how long.
type Wait struct {
	// Sticky is for requests whose session is on an account that is full while another is free: how many may wait for
	// each account, and how long before another one answers. Default: 3 for 5s.
	Sticky *WaitingList `json:"sticky,omitempty"`

	// Fallback is for requests for which no account is free: how many may wait in this gateway, first come, first served.
	// Default: 100 for 30s.
	Fallback *WaitingList `json:"fallback,omitempty"`
}

// WaitingList bounds how many requests wait, and how long. If either is 0, none waits.
type WaitingList struct {
	// Requests is how many may wait at the same time.
	Requests int `json:"requests"`

	// Duration is how long each may wait.
	Duration caddy.Duration `json:"duration"`
}

// Cooldown says how long accounts in trouble are left alone. Every failure in a row doubles the time; one success ends
// it. What the upstream itself asks for replaces the time, up to the maximum.
type Cooldown struct {
	// Error is for server errors, broken connections and answers that do not come. Default: from 5s to 5m.
	Error Span `json:"error,omitzero"`

	// RateLimit is for rate limits and quotas. Default: from 5s to 30m.
	RateLimit Span `json:"rate_limit,omitzero"`

	// Overload is for upstreams without capacity. Default: from 2s to 1m.
	Overload Span `json:"overload,omitzero"`

	// Auth is for credentials that are refused. Default: 10m.
	Auth caddy.Duration `json:"auth,omitempty"`

	// Panic is the percentage of the accounts that cooldowns may take. Beyond it, or when they would take the only
	// account, cooldowns for errors and overload are ignored. Default: 50.
	Panic *int `json:"panic,omitempty"`
}

// Span is the shortest and the longest time of a cooldown.
type Span struct {
	Min caddy.Duration `json:"min"`
	Max caddy.Duration `json:"max"`
}

// checkPool says what is wrong with the settings of the pool.
func (h *Handler) checkPool() error {
	if h.Sticky.TTL < 0 {
		return errors.New("sticky: the ttl cannot be negative")
	}
	if err := within("sticky: max_sessions", h.Sticky.MaxSessions, 0, maxSessions); err != nil {
		return err
	}
	for name, list := range map[string]*WaitingList{"sticky": h.Wait.Sticky, "fallback": h.Wait.Fallback} {
		if err := list.check(); err != nil {
			return fmt.Errorf("wait %s: %w", name, err)
		}
	}
	if err := h.Failover.checkStatuses(); err != nil {
		return fmt.Errorf("failover: %w", err)
	}
	if err := h.Cooldown.check(); err != nil {
		return fmt.Errorf("cooldown: %w", err)
	}
	return nil
}

// The largest numbers of sessions and of requests that wait.
const (
	maxSessions = 100_000_000
	maxWaiting  = 1_000_000
)

func (l *WaitingList) check() error {
	if l == nil {
		return nil
	}
	if l.Duration < 0 {
		return errors.New("the duration cannot be negative")
	}
	return within("the number of requests", l.Requests, 0, maxWaiting)
}

func (f *Failover) checkStatuses() error {
	for _, list := range [][]int{f.On, f.Never} {
		for _, status := range list {
			if err := checkStatus(status); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkStatus refuses what is not the status of a failed answer.
func checkStatus(status int) error {
	if status < 400 || status > 599 {
		return fmt.Errorf("%d is not a status from 400 to 599", status)
	}
	return nil
}

func (c *Cooldown) check() error {
	for name, span := range map[string]Span{"error": c.Error, "rate_limit": c.RateLimit, "overload": c.Overload} {
		if err := span.check(); span != (Span{}) && err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.Auth < 0 {
		return errors.New("auth: the duration cannot be negative")
	}
	if c.Panic != nil {
		return within("panic", *c.Panic, 0, 100)
	}
	return nil
}

func (s Span) check() error {
	if s.Min <= 0 || s.Max < s.Min {
		return errors.New("the first duration must be positive and not longer than the second")
	}
	return nil
}

// loadPolicy loads the policy's module, if one is named.
func (h *Handler) loadPolicy(ctx caddy.Context) error {
	if len(h.PolicyRaw) == 0 {
		return nil
	}
	module, err := ctx.LoadModule(h, "PolicyRaw")
	if err != nil {
		return fmt.Errorf("loading policy: %w", err)
	}
	policy, ok := module.(pool.Policy)
	if !ok {
		return fmt.Errorf("loading policy: %T is none", module)
	}
	h.policy = policy
	return nil
}

// poolOptions returns the settings of the pool, with the defaults for what the configuration left out.
func (h *Handler) poolOptions() pool.Options {
	o := pool.DefaultOptions()
	o.Gateway, o.Policy = h.Name, h.policy
	if h.Sticky.TTL > 0 {
		o.SessionTTL = time.Duration(h.Sticky.TTL)
	}
	if h.Sticky.MaxSessions > 0 {
		o.MaxSessions = h.Sticky.MaxSessions
	}
	if h.Sticky.Off {
		o.SessionTTL = 0
	}
	if list := h.Wait.Sticky; list != nil {
		o.StickyWaiting, o.StickyWaitFor = list.Requests, time.Duration(list.Duration)
	}
	if list := h.Wait.Fallback; list != nil {
		o.Waiting, o.WaitFor = list.Requests, time.Duration(list.Duration)
	}
	c := &h.Cooldown
	for class, span := range map[pool.Class]Span{
		pool.ErrorClass: c.Error, pool.RateLimitClass: c.RateLimit, pool.OverloadClass: c.Overload, pool.AuthClass: {c.Auth, c.Auth},
	} {
		if span != (Span{}) {
			o.Cooldown[class] = pool.Span{Min: time.Duration(span.Min), Max: time.Duration(span.Max)}
		}
	}
	if c.Panic != nil {
		o.Panic = *c.Panic
	}
	return o
}

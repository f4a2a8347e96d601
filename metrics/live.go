package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// Source is a gateway whose state is shown as it is at the time of a scrape.
type Source struct {
	Gateway string
	Pool    *pool.Pool
	Keys    *access.Keys
}

// live are the gauges of accounts and gateways, which nobody keeps up to date: they are read when they are asked for.
type live struct {
	running func() []Source

	inUse, limit, accountWaiting, waiting, cooldown, up, login, sessions *prometheus.Desc
}

func newLive(running func() []Source) *live {
	return &live{
		running:        running,
		inUse:          describe("slots_in_use", "Requests that run on the account.", "account"),
		limit:          describe("slots_limit", "Requests that may run on the account at once; 0 is any number.", "account"),
		accountWaiting: describe("account_waiting", "Requests that wait for this account and no other.", "account"),
		waiting:        describe("waiting", "Requests that wait for any account with a free slot.", "gateway"),
		cooldown:       describe("cooldown_seconds", "Time until the last cooldown of the account ends; 0 if none runs.", "account"),
		up:             describe("account_up", "Whether the account may answer: 0 if it is disabled, or in a cooldown for all models.", "account"),
		login: describe("login_ok", "Whether the account's token is well: 0 if it needs a login, cannot be refreshed or could not be stored.",
			"account"),
		sessions: describe("sessions", "About how many sessions are on an account."),
	}
}

// Describe tells what Collect may bring.
func (l *live) Describe(out chan<- *prometheus.Desc) {
	for _, d := range [...]*prometheus.Desc{l.inUse, l.limit, l.accountWaiting, l.waiting, l.cooldown, l.up, l.login, l.sessions} {
		out <- d
	}
}

// Collect brings the state of all gateways. An account that several have is one.
func (l *live) Collect(out chan<- prometheus.Metric) {
	defer guard.Catch(collecting)
	now := time.Now()
	waiting := make(map[string]int)
	shown := make(map[string]bool)
	sessions := 0
	for _, source := range l.running() {
		waiting[source.Gateway] += source.Pool.Waiting()
		sessions = max(sessions, source.Pool.CountSessions())
		for _, a := range source.Pool.Accounts() {
			if shown[a.Name] {
				continue
			}
			shown[a.Name] = true
			s := a.State.Snapshot()
			left, up := standing(a, &s, now)
			gauge(out, l.inUse, float64(s.InUse), a.Name)
			gauge(out, l.limit, float64(s.Limit), a.Name)
			gauge(out, l.accountWaiting, float64(s.Waiting), a.Name)
			gauge(out, l.cooldown, left.Seconds(), a.Name)
			gauge(out, l.up, up, a.Name)
			if u, ok := a.Value.(*handlers.Upstream); ok && u.Source != nil {
				gauge(out, l.login, loginOK(u.Source.Status()), a.Name)
			}
		}
	}
	for gateway, n := range waiting {
		gauge(out, l.waiting, float64(n), gateway)
	}
	gauge(out, l.sessions, float64(sessions))
}

// loginOK returns 1 if nothing is wrong with a token.
func loginOK(s credentials.Status) float64 {
	if s.Unsaved || s.State == credentials.Failing || s.State == credentials.NeedsLogin {
		return 0
	}
	return 1
}

// standing returns how long cooldowns of the account still run, and 1 if it may answer for some model.
func standing(a *pool.Account, s *pool.Snapshot, now time.Time) (left time.Duration, up float64) {
	up = 1
	if a.Disabled || a.State.Off() {
		up = 0
	}
	for _, c := range s.Cooldowns {
		if !now.Before(c.Until) {
			continue
		}
		left = max(left, c.Until.Sub(now))
		if c.Model == "" {
			up = 0
		}
	}
	return left, up
}

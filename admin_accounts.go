package aigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// accountStatus is what the admin API tells of an account. Times are in UTC, lengths of time in seconds.
type accountStatus struct {
	Name     string   `json:"name"`
	Gateways []string `json:"gateways"`
	Provider string   `json:"provider"`
	BaseURL  string   `json:"base_url,omitempty"`
	Proxy    string   `json:"proxy,omitempty"` // without user and password
	Models   []string `json:"models"`
	Priority int      `json:"priority"`
	Weight   int      `json:"weight"`

	// Credential is a fingerprint: the first 8 hex digits of the SHA-256 of the static credential.
	Credential string `json:"credential,omitempty"`

	// Login is how the account's tokens stand; absent for one with a key.
	Login *loginStatus `json:"login,omitempty"`

	State  accountState `json:"state"`
	Reason string       `json:"reason,omitempty"`
	Until  time.Time    `json:"until,omitzero"`

	InUse   int `json:"in_use"`
	Limit   int `json:"limit"`   // 0 is unlimited
	Waiting int `json:"waiting"` // for this account and no other

	Succeeded uint64     `json:"succeeded"`
	Failed    uint64     `json:"failed"`
	LastError *lastError `json:"last_error,omitempty"`
	UsedAt    time.Time  `json:"used_at,omitzero"`

	// SuccessRate and ErrorRate are shares of the latest requests, about 200, that the account has answered or failed.
	// They are absent before the first.
	SuccessRate *float64 `json:"success_rate,omitempty"`
	ErrorRate   *float64 `json:"error_rate,omitempty"`

	// FirstByteSeconds and TotalSeconds are moving averages of the time to the first content, and to the end of answers.
	FirstByteSeconds float64 `json:"first_byte_seconds,omitempty"`
	TotalSeconds     float64 `json:"total_seconds,omitempty"`

	Cooldowns []cooldownStatus `json:"cooldowns,omitempty"`

	// Check is what the option warm has found out about the account; absent if nobody has looked.
	Check *accountCheck `json:"check,omitempty"`

	// Quota is what the vendor says is left, where it says so; absent if nobody has asked. Showing one account asks the
	// vendor, at most once a minute.
	Quota *quotaStatus `json:"quota,omitempty"`

	// Limits are what the headers of the vendor's latest answer said of the account's limits; absent if they said nothing.
	Limits *limitsStatus `json:"limits,omitempty"`
}

// accountCheck is what a look at an account has found out that no request has caused.
type accountCheck struct {
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
	Problem string    `json:"problem,omitempty"` // empty if the account was well
}

type lastError struct {
	Kind   string    `json:"kind"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// cooldownStatus is a cooldown that runs, or one that is over but has not been refuted by a success.
type cooldownStatus struct {
	Class    string    `json:"class"`
	Model    string    `json:"model,omitempty"` // as the upstream calls it; empty concerns all
	Failures int       `json:"failures"`        // in a row
	Until    time.Time `json:"until"`
	Probing  bool      `json:"probing,omitempty"` // a request finds out whether the trouble is over
	Reason   string    `json:"reason,omitempty"`
}

// accountState is what an account is in, in one word.
type accountState string

// The states, the decisive one first if several hold.
const (
	stateDisabled accountState = "disabled" // by the configuration, for want of a credential
	stateOff      accountState = "off"      // by hand, or closed by its vendor
	stateLogin    accountState = "needs login"
	stateFrozen   accountState = "frozen"   // by hand, for a time
	stateCooldown accountState = "cooldown" // for all models
	stateProbing  accountState = "probing"  // one request finds out whether the trouble is over
	stateLimited  accountState = "limited"  // in cooldown for some models
	stateFull     accountState = "full"
	stateReady    accountState = "ready"
)

// accountStatuses returns all accounts of the running gateways by name. One that several gateways have is one.
func accountStatuses() []*accountStatus {
	now := time.Now()
	var list []*accountStatus
	known := make(map[string]*accountStatus)
	for _, g := range gateways.named() {
		for _, a := range g.accounts() {
			if shown := known[a.Name]; shown != nil {
				shown.Gateways = append(shown.Gateways, g.Name)
				continue
			}
			shown := newAccountStatus(a, now)
			shown.Gateways = []string{g.Name}
			known[a.Name] = shown
			list = append(list, shown)
		}
	}
	slices.SortFunc(list, func(a, b *accountStatus) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func newAccountStatus(a runningAccount, now time.Time) *accountStatus {
	s, settings := a.State.Snapshot(), a.settings
	shown := &accountStatus{
		Name: a.Name, Provider: a.Provider, BaseURL: plainURL(settings.baseURL), Proxy: settings.proxy.String(), Priority: a.Priority, Weight: max(a.Weight, 1),
		Credential: fingerprint(settings.secret), Login: newLoginStatus(settings.source),
		InUse: s.InUse, Limit: s.Limit, Waiting: s.Waiting,
		Succeeded: s.Succeeded, Failed: s.Failed, UsedAt: inUTC(s.UsedAt),
		FirstByteSeconds: s.FirstByte.Seconds(), TotalSeconds: s.Total.Seconds(),
	}
	if s.SuccessRate >= 0 {
		success, failure := rounded(s.SuccessRate), rounded(1-s.SuccessRate)
		shown.SuccessRate, shown.ErrorRate = &success, &failure
	}
	for _, c := range s.Cooldowns {
		shown.Cooldowns = append(shown.Cooldowns, cooldownStatus{c.Class.String(), c.Model, c.Failures, inUTC(c.Until), c.Probing, c.Reason})
	}
	if s.Check != nil {
		shown.Check = &accountCheck{inUTC(s.Check.At), s.Check.Took.Seconds(), s.Check.Problem}
	}
	for _, m := range settings.served {
		shown.Models = append(shown.Models, m.text())
	}
	if s.LastFailure != pool.Unjudged {
		shown.LastError = &lastError{s.LastFailure.String(), s.Reason, inUTC(s.FailedAt)}
	}
	shown.Quota = newQuotaStatus(handlers.LastQuota(a.Account), nil)
	shown.Limits = newLimitsStatus(handlers.LastLimits(a.Account), now)
	shown.judge(a, now)
	return shown
}

// judge finds the word for what the account is in, why, and until when.
func (s *accountStatus) judge(a runningAccount, now time.Time) {
	s.State = stateReady
	switch {
	case a.Disabled:
		s.State, s.Reason = stateDisabled, a.settings.why
		return
	case a.State.Off():
		s.State, s.Reason = stateOff, "taken out of use by hand"
		if closed := a.State.Snapshot().Closed; closed != "" {
			s.Reason = closed
		}
		return
	case s.Login != nil && s.Login.State == credentials.NeedsLogin:
		s.State, s.Reason = stateLogin, s.Login.Problem
		return
	case s.Limit > 0 && s.InUse >= s.Limit:
		s.State = stateFull
	}
	order := []accountState{stateFrozen, stateCooldown, stateProbing, stateLimited}
	rank := len(order)
	for _, c := range s.Cooldowns {
		state := cooldownState(c, now)
		at := slices.Index(order, state)
		if at < 0 || at > rank || at == rank && !c.Until.After(s.Until) {
			continue
		}
		rank = at
		s.State, s.Until, s.Reason = state, c.Until, c.Class
		if c.Reason != "" {
			s.Reason += ": " + c.Reason
		}
	}
}

// cooldownState returns what a cooldown makes of its account.
func cooldownState(c cooldownStatus, now time.Time) accountState {
	runs := now.Before(c.Until)
	switch {
	case runs && c.Class == pool.HandClass.String():
		return stateFrozen
	case runs && c.Model == "":
		return stateCooldown
	case c.Probing && c.Model == "":
		return stateProbing
	case runs:
		return stateLimited
	}
	return stateReady
}

// fingerprint lets people tell credentials apart, and compare one with what they have.
func fingerprint(secret string) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return "sha256:" + hex.EncodeToString(sum[:4])
}

// plainURL leaves out of a URL what may be secret.
func plainURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// rounded is a share for people.
func rounded(share float64) float64 { return math.Round(share*1000) / 1000 }

func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

func (a *adminAPI) listAccounts(*http.Request, string) (any, error) {
	return append([]*accountStatus{}, accountStatuses()...), nil
}

func (a *adminAPI) showAccount(r *http.Request, name string) (any, error) {
	for _, shown := range accountStatuses() {
		if shown.Name == name {
			a.askQuota(r, shown)
			return shown, nil
		}
	}
	return nil, adminError(http.StatusNotFound, "there is no account %q; GET %saccounts lists them", name, adminPrefix)
}

package aigateway

import (
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
)

// quotaStatus is what a vendor says is left of an account's quota.
type quotaStatus struct {
	At      time.Time    `json:"at,omitzero"` // when the vendor said so
	Models  []modelQuota `json:"models,omitempty"`
	Problem string       `json:"problem,omitempty"` // why the vendor could not be asked
}

// modelQuota is what is left for one model.
type modelQuota struct {
	Model     string    `json:"model,omitempty"` // empty concerns all
	Remaining float64   `json:"remaining"`       // a share from 0 to 1
	Amount    string    `json:"amount,omitempty"`
	Resets    time.Time `json:"resets,omitzero"`
}

// newQuotaStatus returns nil if there is nothing to tell.
func newQuotaStatus(q handlers.Quota, problem error) *quotaStatus {
	if q.At.IsZero() && problem == nil {
		return nil
	}
	s := &quotaStatus{At: inUTC(q.At)}
	for _, left := range q.Left {
		s.Models = append(s.Models, modelQuota{left.Model, rounded(left.Remaining), left.Amount, inUTC(left.Resets)})
	}
	if problem != nil {
		s.Problem = problem.Error()
	}
	return s
}

// askQuota asks the vendor what is left, unless the account can ask nobody.
func (a *adminAPI) askQuota(r *http.Request, s *accountStatus) {
	if s.State == stateDisabled || s.State == stateLogin {
		return
	}
	if account, err := a.find(s.Name); err == nil {
		s.Quota = newQuotaStatus(handlers.AskQuota(r.Context(), account.Account))
	}
}

// limitsStatus is what a vendor's headers said last of an account's limits.
type limitsStatus struct {
	At         time.Time     `json:"at"`
	AgeSeconds float64       `json:"age_seconds"`
	Limits     []limitStatus `json:"limits"`
}

// limitStatus is one of them. What the vendor does not say is absent.
type limitStatus struct {
	Name          string    `json:"name"` // the vendor's own
	Limit         *int64    `json:"limit,omitempty"`
	Remaining     *int64    `json:"remaining,omitempty"`
	Used          *float64  `json:"used,omitempty"` // a share from 0 to 1
	WindowSeconds float64   `json:"window_seconds,omitempty"`
	Status        string    `json:"status,omitempty"`
	Resets        time.Time `json:"resets,omitzero"`
}

// newLimitsStatus returns nil if there is nothing to tell.
func newLimitsStatus(l handlers.Limits, now time.Time) *limitsStatus {
	if len(l.List) == 0 {
		return nil
	}
	s := &limitsStatus{At: inUTC(l.At), AgeSeconds: now.Sub(l.At).Round(time.Millisecond).Seconds()}
	known := func(n int64) *int64 {
		if n < 0 {
			return nil
		}
		return &n
	}
	for _, limit := range l.List {
		shown := limitStatus{
			Name: limit.Name, Limit: known(limit.Limit), Remaining: known(limit.Remaining), WindowSeconds: limit.Window.Seconds(),
			Status: limit.Status, Resets: inUTC(limit.Resets),
		}
		if limit.Used >= 0 {
			used := rounded(limit.Used)
			shown.Used = &used
		}
		s.Limits = append(s.Limits, shown)
	}
	return s
}

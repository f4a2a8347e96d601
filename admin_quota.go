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
		s.Quota = newQuotaStatus(handlers.AskQuota(r.Context(), account))
	}
}

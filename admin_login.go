package aigateway

import (
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// loginStatus is what the admin API tells of an account's tokens. It holds none of them.
type loginStatus struct {
	Kind      credentials.Kind  `json:"kind"`
	State     credentials.State `json:"state"`
	Expires   time.Time         `json:"expires,omitzero"`   // the access token's end
	Refreshed time.Time         `json:"refreshed,omitzero"` // last, by this process
	Next      time.Time         `json:"next,omitzero"`      // when it is refreshed, or tried again
	Unsaved   bool              `json:"unsaved,omitempty"`  // a restart would lose the newest token
	Problem   string            `json:"problem,omitempty"`
	Project   string            `json:"project,omitempty"`
	Tier      string            `json:"tier,omitempty"`
	Scope     string            `json:"scope,omitempty"`
}

// newLoginStatus returns nil for an account that has no tokens.
func newLoginStatus(source credentials.Source) *loginStatus {
	if source == nil {
		return nil
	}
	s := source.Status()
	return &loginStatus{
		s.Kind, s.State, inUTC(s.Expiry), inUTC(s.Refreshed), inUTC(s.Next), s.Unsaved, s.Problem, s.Project, s.Tier, s.Scope,
	}
}

// refresh exchanges an account's token now.
func (a *adminAPI) refresh(r *http.Request, name string) (any, error) {
	account, err := a.find(name)
	if err != nil {
		return nil, err
	}
	source := account.settings.source
	if source == nil {
		return nil, adminError(http.StatusConflict, "account %q has no token that could be refreshed", name)
	}
	c, err := source.Token(r.Context())
	if err == nil {
		_, err = source.Refresh(r.Context(), c.Token)
	}
	if err != nil {
		return nil, adminError(http.StatusBadGateway, "%w", err)
	}
	a.logger.Info("account's token refreshed", zap.String("account", name), zap.String("reason", "by hand"))
	return a.showAccount(r, name)
}

// readmit ends what the account's old credential has brought upon it.
func (h *Handler) readmit(account string) {
	r, ok := h.gateway.(running)
	if !ok {
		return // it is still being built
	}
	for _, a := range r.Pool.Accounts() {
		if a.Name == account && a.State.Forgive(pool.AuthClass) {
			h.logger.Info("account is used again: it has a new token", zap.String("account", account), zap.String("gateway", h.Name))
		}
	}
}

// refreshed counts an attempt to refresh an account's token, and tells those who listen when it failed.
func (h *Handler) refreshed(account, result string) {
	collectors().Refreshed(account, result)
	if result == credentials.ResultOK || result == credentials.ResultAdopted {
		h.readmit(account)
	}
	if h.announcer == nil || result == credentials.ResultOK || result == credentials.ResultAdopted || result == credentials.ResultSaved {
		return
	}
	h.announcer.queueUp(eventRefreshFailed, func() map[string]any {
		return map[string]any{"account": account, "gateway": h.Name, "result": result}
	})
}

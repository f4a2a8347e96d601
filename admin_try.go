package aigateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// tried is what a test of an account came to.
type tried struct {
	Account string       `json:"account"`
	OK      bool         `json:"ok"`
	Problem string       `json:"problem,omitempty"`
	Advice  string       `json:"advice,omitempty"`
	Note    string       `json:"note,omitempty"`           // what the test does not show
	Missing []string     `json:"missing_models,omitempty"` // models of the account that its upstream does not list
	Login   *loginStatus `json:"login,omitempty"`
}

// tryTime is how long a test may take.
const tryTime = time.Minute

// test asks an account for its models now, which costs nothing, and refreshes its token before if it has to.
func (a *adminAPI) test(r *http.Request, name string) (any, error) {
	for _, g := range gateways.named() {
		for _, account := range g.Pool.Accounts() {
			if account.Name == name {
				return g.try(r.Context(), account), nil
			}
		}
	}
	_, err := a.find(name)
	return nil, err
}

// try tests an account of the gateway.
func (r running) try(ctx context.Context, account *pool.Account) tried {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	var source credentials.Source
	result := tried{Account: account.Name}
	for i := range r.handler.accounts {
		if a := &r.handler.accounts[i]; a.Name == account.Name {
			source = a.source
			if a.disabled {
				result.Problem = a.why
				return result
			}
		}
	}
	missing, err := r.Probe(ctx, account)
	if errors.Is(err, handlers.ErrNoProbe) {
		result.Note = err.Error()
		if err = nil; source != nil {
			_, err = source.Token(ctx)
		}
	}
	if result.OK = err == nil; !result.OK {
		result.Problem, result.Advice = err.Error(), handlers.Reach(err)
	}
	result.Missing, result.Login = missing, newLoginStatus(source)
	return result
}

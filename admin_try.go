package aigateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
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
	account, err := a.find(name)
	if err != nil {
		return nil, err
	}
	return account.try(r.Context()), nil
}

// try tests the account.
func (a runningAccount) try(ctx context.Context) tried {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	source := a.settings.source
	result := tried{Account: a.Name}
	if a.Disabled {
		result.Problem = a.settings.why
		return result
	}
	missing, err := a.gateway.Probe(ctx, a.Account)
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

package aigateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// What people do to accounts while the process runs. It lasts until it is undone or the process ends, over reloads.

// find returns the account of a name.
func (a *adminAPI) find(name string) (runningAccount, error) {
	if account, ok := gateways.account(name); ok {
		return account, nil
	}
	return runningAccount{}, adminError(http.StatusNotFound, "there is no account %q; GET %saccounts lists them", name, adminPrefix)
}

// freezing is the body of a request to freeze an account.
type freezing struct {
	Duration string `json:"duration"`
	Reason   string `json:"reason"`
}

// The lengths of time for which an account can be frozen.
const (
	defaultFreeze = time.Hour
	longestFreeze = 366 * 24 * time.Hour
)

// freeze keeps requests from an account for a time: ?duration= or a member of the body, by default an hour.
func (a *adminAPI) freeze(r *http.Request, name string) (any, error) {
	account, err := a.find(name)
	if err != nil {
		return nil, err
	}
	f := freezing{Duration: r.URL.Query().Get("duration"), Reason: r.URL.Query().Get("reason")}
	if err := readAdmin(r, &f); err != nil {
		return nil, err
	}
	length := defaultFreeze
	if f.Duration != "" {
		length, err = caddy.ParseDuration(f.Duration)
	}
	if err != nil || length <= 0 || length > longestFreeze {
		return nil, adminError(http.StatusBadRequest, "the duration must be such as 30m, 2h or 1d, and at most 366d")
	}
	if f.Reason == "" {
		f.Reason = "by hand"
	}
	account.State.Freeze(length, shorten(f.Reason, 200))
	a.logger.Info("account frozen", zap.String("account", name), zap.Duration("duration", length), zap.String("reason", shorten(f.Reason, 200)))
	return a.showAccount(r, name)
}

// unfreeze ends all cooldowns of an account.
func (a *adminAPI) unfreeze(r *http.Request, name string) (any, error) {
	account, err := a.find(name)
	if err != nil {
		return nil, err
	}
	before := account.State.Snapshot().Cooldowns
	if account.State.Unfreeze() {
		tellRecovered(account.State, before)
		a.logger.Info("account unfrozen", zap.String("account", name), zap.String("reason", "by hand"))
	}
	return a.showAccount(r, name)
}

// tellRecovered tells those who have heard of the cooldowns that they are over.
func tellRecovered(state *pool.State, cooldowns []pool.Cooldown) {
	for _, g := range gateways.named() {
		for _, account := range g.Pool.Accounts() {
			if account.State != state {
				continue
			}
			for _, c := range cooldowns {
				if c.Class != pool.HandClass {
					g.handler.announcer.changed(pool.Change{Account: account, Cooldown: c})
				}
			}
			return
		}
	}
}

func (a *adminAPI) disable(r *http.Request, name string) (any, error) { return a.turn(r, name, false) }

// enable undoes disable. What the configuration disables stays so.
func (a *adminAPI) enable(r *http.Request, name string) (any, error) { return a.turn(r, name, true) }

func (a *adminAPI) turn(r *http.Request, name string, on bool) (any, error) {
	account, err := a.find(name)
	if err != nil {
		return nil, err
	}
	if account.State.Off() == on {
		account.State.Switch(on)
		message := "account disabled"
		if on {
			message = "account enabled"
		}
		a.logger.Info(message, zap.String("account", name), zap.String("reason", "by hand"))
	}
	return a.showAccount(r, name)
}

// maxAdminBody is the size of a request's body to the admin API.
const maxAdminBody = 64 << 10

// readAdmin reads a JSON body if there is one.
func readAdmin(r *http.Request, into any) error {
	if r.Body == nil {
		return nil
	}
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxAdminBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return adminError(http.StatusBadRequest, "reading the body as JSON: %w", err)
	}
	return nil
}

// shorten cuts a text that people have written.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// builder makes the request of a call, as providers do.
type builder func(context.Context, *providers.Call) (*http.Request, error)

// builder has every request of the builder use the loan; there may be none.
func (l *loan) builder(build builder) builder {
	if l == nil {
		return build
	}
	return func(ctx context.Context, call *providers.Call) (*http.Request, error) {
		req, err := build(ctx, call)
		if err == nil {
			l.attach(req)
		}
		return req, err
	}
}

// request builds a request that carries the account's credential.
func (u *Upstream) request(ctx context.Context, call *providers.Call, build builder) (*http.Request, error) {
	if u.Source != nil {
		c, err := u.Source.Token(ctx)
		if err != nil {
			return nil, err
		}
		project, err := u.discover(ctx, c, call)
		if err != nil {
			return nil, err
		}
		call.Bearer, call.Project = c.Token, project
	}
	return build(ctx, call)
}

// roundTrip sends a request. An account whose token is refused gets another
// one, once, and the same request goes out again.
func (u *Upstream) roundTrip(ctx context.Context, req *http.Request, call *providers.Call, build builder) (*http.Response, error) {
	resp, err := u.Transport.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || u.Source == nil {
		return resp, err
	}
	c, err := u.Source.Refresh(ctx, call.Bearer)
	if err != nil {
		return resp, nil // what the upstream said is the better error
	}
	call.Bearer = c.Token
	again, err := build(ctx, call)
	if err != nil {
		return resp, nil
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	_ = resp.Body.Close()
	return u.Transport.RoundTrip(again)
}

// unauthorized judges an account that has no credential to send, so that
// another one is asked. Why is in the log of those who keep the credential.
func (a *attempt) unauthorized(err error) error {
	var proxy *egress.ProxyError
	if errors.As(err, &proxy) {
		return a.unreached(a.r.Context(), err)
	}
	if a.r.Context().Err() == nil {
		a.g.Logger.Warn("account has no credential to send", zap.String("request_id", a.id), zap.String("account", a.lease.Account.Name), zap.Error(err))
	}
	out := a.failed(&ir.Error{Kind: ir.ErrAuth, Status: http.StatusUnauthorized, Upstream: "credential", Message: err.Error(), Code: "no_credential"})
	var missing *credentials.Error
	if a.r.Context().Err() == nil && errors.As(err, &missing) && missing.State == credentials.Failing {
		a.outcome.Kind, a.outcome.RetryAfter = pool.Failed, max(time.Until(missing.Next), 0)
	}
	return out
}

// asUnauthorized is what the client sees of an account that has no credential
// to send, where no other account can help.
func asUnauthorized(err error) error {
	var missing *credentials.Error
	if !errors.As(err, &missing) {
		return err
	}
	return shown(&ir.Error{Kind: ir.ErrAuth, Status: http.StatusUnauthorized, Upstream: "credential"})
}

package handlers

import (
	"context"
	"go.uber.org/zap"
	"net/http"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

const (
	discoverTime  = 2 * time.Minute // signing an account up takes a while
	discoverPause = time.Minute     // after a failure
)

// describer keeps what has been found out about an account.
type describer interface {
	Describe(ctx context.Context, project, tier string) error
}

// discovery is what is known of an account's project.
type discovery struct {
	mu      sync.Mutex
	done    chan struct{} // closed at the end of the search that is under way; nil for none
	project string
	err     error
	next    time.Time // no sooner is it asked again after a failure
}

// discover returns the account's project: the one that the credential names, or
// the one that the vendor names when it is asked.
func (u *Upstream) discover(ctx context.Context, c credentials.Credential, call *providers.Call) (string, error) {
	p, ok := u.Provider.(providers.Discoverer)
	if !ok || c.Project != "" || p.Known() {
		return c.Project, nil
	}
	d := &u.found
	d.mu.Lock()
	if d.project != "" {
		defer d.mu.Unlock()
		return d.project, nil
	}
	if d.err != nil && time.Now().Before(d.next) {
		defer d.mu.Unlock()
		return "", d.err
	}
	if d.done == nil {
		d.done = make(chan struct{})
		header := call.Header // another request may use the call again
		guard.Go("looking for a project", func() { u.search(context.WithoutCancel(ctx), p, c.Token, header) })
	}
	done := d.done
	d.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.project, d.err
}

// search asks the vendor. It goes on when the client that caused it leaves.
func (u *Upstream) search(ctx context.Context, p providers.Discoverer, token string, header http.Header) {
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{})
	call := &providers.Call{BaseURL: u.BaseURL, Bearer: token, Header: header}
	var found providers.Found
	err := guard.Try("looking for a project", func() (err error) {
		found, err = p.Discover(ctx, call, u.Transport.RoundTrip)
		if keeper, ok := u.Source.(describer); ok && err == nil {
			_ = keeper.Describe(ctx, found.Project, found.Tier) // it is found again if it cannot be stored
		}
		return err
	}, zap.String("account", u.Name))
	d := &u.found
	d.mu.Lock()
	defer d.mu.Unlock()
	d.project, d.err = found.Project, nil
	if err != nil {
		d.project, d.next = "", time.Now().Add(discoverPause)
		d.err = credentials.Failed(u.Name, "finding its project", err, d.next)
	}
	close(d.done)
	d.done = nil
}

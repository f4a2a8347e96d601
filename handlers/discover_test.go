package handlers

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// finder is a vendor that is asked for the project.
type finder struct {
	providers.Provider
	mad bool
}

func (*finder) Known() bool { return false }

func (f *finder) Discover(context.Context, *providers.Call, func(*http.Request) (*http.Response, error)) (providers.Found, error) {
	if f.mad {
		panic("a secret")
	}
	return providers.Found{Project: "proj-1"}, nil
}

// TestDiscoveryThatPanics wants those who wait to hear of it, and the vendor to be asked again.
func TestDiscoveryThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &finder{mad: true}
		u := &Upstream{Name: "a", Provider: f, Transport: http.DefaultTransport}
		_, err := u.discover(t.Context(), credentials.Credential{}, &providers.Call{})
		var broken *guard.Panic
		if !errors.As(err, &broken) {
			t.Errorf("got %v", err)
		}
		f.mad = false
		time.Sleep(discoverPause)
		if project, err := u.discover(t.Context(), credentials.Credential{}, &providers.Call{}); project != "proj-1" || err != nil {
			t.Errorf("afterwards %q, %v", project, err)
		}
	})
}

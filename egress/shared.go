package egress

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
)

// routes holds the routes of the whole process by their settings, so that a reload finds the connections as they were.
var routes = caddy.NewUsagePool()

// Share returns the route of the settings that the key stands for; the first who asks for it builds it. Every Share
// needs a Release.
func Share(key string, build func() (*Route, error)) (*Route, error) {
	value, _, err := routes.LoadOrNew(key, func() (caddy.Destructor, error) {
		r, err := build()
		if err != nil {
			return nil, err
		}
		return r, nil
	})
	if err != nil {
		return nil, fmt.Errorf("building the way to upstreams: %w", err)
	}
	return value.(*Route), nil
}

// Release ends what Share began. Requests that still run on the route go on.
func Release(key string) {
	_, _ = routes.Delete(key) // its only error is Destruct's
}

// Destruct closes what nobody uses any more.
func (r *Route) Destruct() error {
	r.CloseIdleConnections()
	return nil
}

// Interface guard
var _ caddy.Destructor = (*Route)(nil)

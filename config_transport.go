package aigateway

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
)

// transportGuest is where a transport module is loaded from.
type transportGuest struct {
	Raw json.RawMessage `json:"transport" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`
}

// transport returns the way to upstreams that the JSON of a transport, nil for the default one, and a proxy describe. All
// accounts that say the same share one, and its connections.
func (a *App) transport(ctx caddy.Context, raw json.RawMessage, proxy egress.Proxy) (http.RoundTripper, error) {
	secret := sha256.Sum256([]byte(proxy.Key()))
	a.mu.Lock()
	defer a.mu.Unlock()
	said := string(raw) + string(secret[:])
	if transport := a.transports[said]; transport != nil {
		return transport, nil
	}
	raw, err := transportDefaults(raw)
	if err != nil {
		return nil, fmt.Errorf("reading transport: %w", err)
	}
	key := string(raw) + string(secret[:])
	transport := a.transports[key]
	if transport == nil {
		if transport, err = a.loadTransport(ctx, raw, proxy, key); err != nil {
			return nil, err
		}
	}
	// What means the same but is written otherwise, such as the default, is found by either from now on.
	a.transports[key], a.transports[said] = transport, transport
	return transport, nil
}

// loadTransport loads the module. Caddy cleans it up with the configuration, which closes its idle connections. So that
// a reload does not, a transport that needs nothing of its configuration is only checked here, and its twin lives on.
func (a *App) loadTransport(ctx caddy.Context, raw json.RawMessage, proxy egress.Proxy, key string) (http.RoundTripper, error) {
	module, err := ctx.LoadModule(&transportGuest{Raw: slices.Clone(raw)}, "Raw")
	if err != nil {
		return nil, fmt.Errorf("loading transport: %w", err)
	}
	transport, ok := module.(http.RoundTripper)
	if !ok {
		return nil, fmt.Errorf("loading transport: %T cannot make requests", module)
	}
	own, ok := transport.(*reverseproxy.HTTPTransport)
	switch {
	case !ok && proxy != (egress.Proxy{}):
		return nil, errors.New("proxy: only transport http can use one")
	case !ok:
		return transport, nil
	}
	if err := tune(own); err != nil {
		return nil, err
	}
	has := make(map[string]json.RawMessage)
	if err := json.Unmarshal(raw, &has); err != nil {
		return nil, fmt.Errorf("reading transport: %w", err)
	}
	proxies := has["network_proxy"] != nil || has["forward_proxy_url"] != nil
	switch {
	case proxies && proxy != (egress.Proxy{}):
		return nil, errors.New("proxy: the transport has a network_proxy already; remove one of the two")
	case proxies:
		return egress.NewRoute(own.Transport, proxy).Watch(), nil
	case has["tls"] != nil || has["proxy_protocol"] != nil:
		return egress.NewRoute(own.Transport, proxy), nil
	}
	route, err := egress.Share(key, func() (*egress.Route, error) { return newRoute(raw, proxy) })
	if err != nil {
		return nil, err
	}
	a.shared = append(a.shared, key)
	return route, nil
}

// newRoute makes a route that outlives the configuration.
func newRoute(raw json.RawMessage, proxy egress.Proxy) (*egress.Route, error) {
	var own reverseproxy.HTTPTransport
	if err := json.Unmarshal(raw, &own); err != nil { // it was checked strictly before
		return nil, err
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	if err := own.Provision(ctx); err != nil {
		return nil, err
	}
	if err := tune(&own); err != nil {
		return nil, err
	}
	return egress.NewRoute(own.Transport, proxy), nil
}

// transportDefaults fills in the gateway's own defaults and brings the JSON into one form, so that the same settings
// are the same bytes.
func transportDefaults(raw json.RawMessage) (json.RawMessage, error) {
	settings := map[string]json.RawMessage{"protocol": json.RawMessage(`"http"`)}
	if len(raw) > 0 {
		clear(settings)
		if err := json.Unmarshal(raw, &settings); err != nil {
			return nil, err
		}
	}
	if string(settings["protocol"]) == `"http"` {
		// An upstream is a vendor on the other side of the internet: reverse_proxy's 3s are for a neighbour.
		setDefault(settings, "dial_timeout", int64(10*time.Second))
		// A compressor would hold the words of a stream back.
		setDefault(settings, "compression", false)
		// An upstream has as many streams at once as it has clients, all to one host. Caddy keeps 32 connections, and
		// who ends as the 33rd makes the next request dial again.
		setDefault(settings, "keep_alive", keepAlive{MaxIdleConnsPerHost: 256})
		// What an upstream sends at once is then read, and written to the client, at once: with net/http's 4 KiB, a burst
		// of events takes two of each.
		setDefault(settings, "read_buffer_size", 8<<10)
	}
	return json.Marshal(settings)
}

// keepAlive is what the gateway sets of Caddy's keep_alive; the rest is Caddy's default.
type keepAlive struct {
	MaxIdleConnsPerHost int `json:"max_idle_conns_per_host"`
}

func setDefault(settings map[string]json.RawMessage, name string, value any) {
	if _, ok := settings[name]; !ok {
		settings[name], _ = json.Marshal(value)
	}
}

// tune makes Caddy's transport fit for long streams.
func tune(t *reverseproxy.HTTPTransport) error {
	if slices.Contains(t.Versions, "3") {
		return errors.New("transport: HTTP/3 cannot be used, since a reload would cut the streams that are running over it; " +
			"remove version 3")
	}
	if t.Transport != nil {
		// Without pings, every account on a dead HTTP/2 connection hangs until TCP gives up.
		t.Transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	}
	return nil
}

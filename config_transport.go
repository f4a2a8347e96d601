package aigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// transportGuest is where a transport module is loaded from.
type transportGuest struct {
	Raw json.RawMessage `json:"transport" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`
}

// transport returns the transport that the JSON describes; nil describes the default one. All who say the same share
// one, and its connections. Caddy cleans it up with the configuration.
func (a *App) transport(ctx caddy.Context, raw json.RawMessage) (http.RoundTripper, error) {
	raw, err := transportDefaults(raw)
	if err != nil {
		return nil, fmt.Errorf("reading transport: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if transport := a.transports[string(raw)]; transport != nil {
		return transport, nil
	}
	module, err := ctx.LoadModule(&transportGuest{Raw: raw}, "Raw")
	if err != nil {
		return nil, fmt.Errorf("loading transport: %w", err)
	}
	transport, ok := module.(http.RoundTripper)
	if !ok {
		return nil, fmt.Errorf("loading transport: %T cannot make requests", module)
	}
	if http, ok := transport.(*reverseproxy.HTTPTransport); ok {
		if err := tune(http); err != nil {
			return nil, err
		}
	}
	a.transports[string(raw)] = transport
	return transport, nil
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

package aigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
)

// setProxy is the parse function of `proxy <url>`.
func setProxy[T any](field func(*T) *string) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		if !d.AllArgs(field(t)) || *field(t) == "" {
			return errForm
		}
		return checkProxy(*field(t))
	}
}

// checkProxy looks at a proxy's URL as it is written. With a placeholder it is only known when the configuration is
// loaded.
func checkProxy(raw string) error {
	if raw == "" || strings.Contains(raw, "{") {
		return nil
	}
	_, err := egress.ParseProxy(raw)
	return err
}

// resolveProxy returns the proxy of a URL; of "" it is none. A proxy that is not set is an error: requests must not leave
// without it.
func resolveProxy(raw string) (egress.Proxy, error) {
	if raw == "" {
		return egress.Proxy{}, nil
	}
	value, err := resolve(raw)
	if errors.Is(err, errEmpty) {
		return egress.Proxy{}, fmt.Errorf("proxy: it is empty; %s, or remove it", whatToSet(raw, "give it a URL"))
	}
	if err != nil {
		return egress.Proxy{}, fmt.Errorf("reading proxy: %w", err)
	}
	proxy, err := egress.ParseProxy(value)
	if err != nil {
		return egress.Proxy{}, fmt.Errorf("proxy: %w", err)
	}
	return proxy, nil
}

// hasNetworkProxy reports whether a transport says itself which proxy it uses, or that it uses none.
func hasNetworkProxy(transport json.RawMessage) bool {
	var says struct {
		NetworkProxy json.RawMessage `json:"network_proxy"`
		ForwardProxy string          `json:"forward_proxy_url"`
	}
	return len(transport) > 0 && json.Unmarshal(transport, &says) == nil && (says.NetworkProxy != nil || says.ForwardProxy != "")
}

package aigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// examineServer looks at what stands around the gateways.
func (d *doctor) examineServer(c *caddy.Config) {
	var app caddyhttp.App
	if json.Unmarshal(c.AppsRaw["http"], &app) != nil {
		return // loading says what is wrong
	}
	if app.GracePeriod == 0 {
		d.find(levelWarning, "configuration", "without grace_period a stop waits for running streams for ever, or until the service manager kills Caddy",
			"write grace_period 30s into the global options, and TimeoutStopSec=40s into the systemd unit")
	}
	logged := false
	for _, server := range app.Servers {
		if !slices.ContainsFunc(server.ListenerWrappersRaw, func(raw json.RawMessage) bool { return bytes.Contains(raw, []byte(`"one_socket"`)) }) {
			d.find(levelWarning, "configuration", "a reload may reset connections that are made in the same moment",
				"write listener_wrappers with one_socket and tls into the global option servers, see docs/operations.md")
			break
		}
	}
	for _, server := range app.Servers {
		logged = logged || server.Logs != nil
	}
	if logged && !redacted(c.Logging) {
		d.find(levelWarning, "log", "the access log shows the keys of clients that send them as X-Api-Key, X-Goog-Api-Key or ?key=",
			"write the block log with format filter of the example Caddyfile into the global options")
	}
}

// redacted reports whether some log is written through a filter for the keys' headers.
func redacted(logging *caddy.Logging) bool {
	if logging == nil {
		return false
	}
	for _, log := range logging.Logs {
		if encoder := strings.ToLower(string(log.EncoderRaw)); strings.Contains(encoder, "x-api-key") && strings.Contains(encoder, "x-goog-api-key") {
			return true
		}
	}
	return false
}

// examineGateway looks at the settings of one gateway.
func (d *doctor) examineGateway(raw json.RawMessage) {
	var h Handler
	if err := json.Unmarshal(raw, &h); err != nil {
		d.find(levelError, "ai_gateway", err.Error(), "")
		return
	}
	h.setDefaults()
	gateway := "gateway " + h.Name
	for _, key := range h.Keys {
		d.examineKey(gateway+", key "+key.Name, key)
	}
	able := 0
	for _, account := range h.Accounts {
		if d.examineAccount(gateway+", account "+account.Name, account) {
			able++
		}
	}
	if able == 0 {
		d.find(levelError, gateway, "none of its accounts can answer", "give it an account with a credential, or the simulator to try it out")
	}
	if h.AllowAnonymous {
		d.find(levelWarning, gateway, "everybody who reaches it may use its accounts", "remove allow_anonymous, unless only you can reach it")
	}
}

func (d *doctor) examineKey(where string, key *Key) {
	switch _, err := resolve(key.Secret); {
	case errors.Is(err, errEmpty):
		d.find(levelError, where, "its secret is empty", whatToSet(key.Secret, "write one"))
	case err != nil:
		d.find(levelError, where, "reading its secret: "+err.Error(), "")
	case placeholder.FindString(key.Secret) == "" && !strings.HasPrefix(key.Secret, "sha256:"):
		d.find(levelWarning, where, "its secret stands in the configuration for everybody who reads the file or Caddy's admin API",
			"read it from {env.NAME} or {file.PATH}, or write its digest: caddy ai-gateway keys new <name>")
	}
}

// examineAccount reports whether the account can answer.
func (d *doctor) examineAccount(where string, account *Account) bool {
	if account.Credential == "" {
		return true // loading knows whether its provider needs one
	}
	switch _, err := resolve(account.Credential); {
	case errors.Is(err, errEmpty):
		d.find(levelWarning, where, "disabled: its credential is empty", whatToSet(account.Credential, "write it behind the provider"))
		return false
	case err != nil:
		d.find(levelError, where, "reading its credential: "+err.Error(), "")
		return false
	case placeholder.FindString(account.Credential) == "":
		d.find(levelWarning, where, "its credential stands in the configuration for everybody who reads the file or Caddy's admin API",
			"read it from {env.NAME} or {file.PATH}")
	}
	return true
}

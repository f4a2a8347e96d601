package aigateway

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Key is a client that may call. Its secret stands in a header that OpenAI's, Anthropic's or Google's clients send.
type Key struct {
	// Name tells the key in logs and metrics. It is lower case: `^[a-z0-9][a-z0-9_-]{0,62}$`.
	Name string `json:"name"`

	// Secret is what the client sends, or `sha256:` and the 64 hex digits of its SHA-256. It should be a placeholder
	// such as `{env.ALICE_KEY}` or `{file./run/secrets/alice}`, which is resolved once, when the configuration is loaded.
	Secret string `json:"secret"`

	// Models are case-sensitive globs over the names that the client may ask for. Default: all.
	Models []string `json:"models,omitempty"`

	// Accounts are globs over the names of the accounts that may serve the key. Default: all.
	Accounts []string `json:"accounts,omitempty"`

	// Expires is the last day on which the key is good, as 2027-01-31, until its end in UTC. Default: never.
	Expires string `json:"expires,omitempty"`

	// Concurrency is how many of the key's requests run at the same time. Default: 0, unlimited.
	Concurrency int `json:"concurrency,omitempty"`

	// Queue is how many of the key's requests wait, for 30s at most, while Concurrency others run. Default: Concurrency + 20.
	Queue *int `json:"queue,omitempty"`

	// Rate limits requests, as 60/1m: a bucket of 60 that fills up once a minute. Default: unlimited.
	Rate string `json:"rate,omitempty"`

	// Tokens limits input and output tokens within the time before, as 1000000/1h. They are counted when an answer has
	// ended, so that the requests that run at the same time may go over the limit together. Default: unlimited.
	Tokens string `json:"tokens,omitempty"`

	// Budget limits the money spent in a day or month, UTC, in dollars, as 5/day or 100/month. It is counted like Tokens;
	// models whose price is not known cost nothing. Default: unlimited.
	Budget string `json:"budget,omitempty"`

	// Intercept names the probes that coding clients send of their own accord and that are answered without an upstream:
	// `quota` for one token that tests the key, `warmup` for filling a cache, `title` for a conversation's title. Such
	// answers have the header `X-Ai-Gateway-Intercepted: 1`. Default: none.
	Intercept []string `json:"intercept,omitempty"`
}

// Account is an upstream that answers requests, with its own credential.
type Account struct {
	// Name tells the account in logs, metrics and the admin API, and in the options that choose accounts. It is lower
	// case: `^[a-z0-9][a-z0-9_-]{0,62}$`.
	Name string `json:"name"`

	// ProviderRaw is the kind of upstream with its own options.
	ProviderRaw json.RawMessage `json:"provider" caddy:"namespace=ai_gateway.providers inline_key=provider"`

	// Credential is the upstream's key, as a rule a placeholder such as `{env.OPENAI_API_KEY}` or `{file./run/secrets/openai}`.
	// An account whose provider needs one is disabled, with a warning, while it is empty.
	Credential string `json:"credential,omitempty"`

	// OAuth makes the account one that somebody logs in to, with `caddy ai-gateway login`. Default: none.
	OAuth *OAuth `json:"oauth,omitempty"`

	// CredentialFile holds the account's tokens, which are then kept there and not in Caddy's storage, or a key of Google
	// Cloud, such as a service account's. Default: none.
	CredentialFile string `json:"credential_file,omitempty"`

	// Models are case-sensitive globs over the names of models that the account serves, or `name=upstream` where the
	// upstream knows a model under another name. Default: the provider's.
	Models []string `json:"models,omitempty"`

	// Priority orders accounts: the lowest that can serve goes first. -1000 to 1000. Default: 0.
	Priority int `json:"priority,omitempty"`

	// Weight is the account's share among those of the same priority. 1 to 1000. Default: 1.
	Weight int `json:"weight,omitempty"`

	// Concurrency is how many requests the account serves at the same time. Default: 0, unlimited, and 2 for gemini_web.
	Concurrency int `json:"concurrency,omitempty"`

	// BaseURL is where the upstream is, written as the vendor's own SDK takes it: with `/v1` for OpenAI and compatible
	// servers, without a version for Anthropic and Gemini. Default: the provider's.
	BaseURL string `json:"base_url,omitempty"`

	// Header is set on every request to the upstream and wins over what the gateway sets. Values may be placeholders.
	Header http.Header `json:"header,omitempty"`

	// Caps overrides what the gateway knows of the abilities of the account's models, by name.
	Caps map[string]json.RawMessage `json:"caps,omitempty"`

	// Proxy is the URL of the proxy through which the upstream is reached, and the server that the account's tokens come
	// from: `http`, `https`, `socks5` or `socks5h`, with a user and a password if it needs them. Then it should be a
	// placeholder. Default: the gateway's proxy, unless the account's transport has a `network_proxy`.
	Proxy string `json:"proxy,omitempty"`

	// TransportRaw is how the upstream is reached. Default: the gateway's transport.
	TransportRaw json.RawMessage `json:"transport,omitempty" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`
}

// Model says how requests for the models of a name or pattern are served. One block applies: an exact name beats
// globs, then the first written wins.
type Model struct {
	// Pattern is a model's name or a case-sensitive glob over names.
	Pattern string `json:"pattern"`

	// As is the name that accounts are looked up by and that the upstream is asked for. Default: the client's.
	As string `json:"as,omitempty"`

	// Accounts are globs over the names of the accounts that may serve. Default: all.
	Accounts []string `json:"accounts,omitempty"`

	// Fallback names the models that are tried, in this order, when this one could not be served.
	Fallback []string `json:"fallback,omitempty"`

	// Default sets values of the upstream's request body that it lacks.
	Default []Edit `json:"default,omitempty"`

	// Override sets values of the upstream's request body.
	Override []Edit `json:"override,omitempty"`

	// Remove takes values out of the upstream's request body.
	Remove []Edit `json:"remove,omitempty"`

	// Strict refuses what the upstream's dialect cannot express instead of dropping it with a note.
	Strict bool `json:"strict,omitempty"`

	// InstructionsDefault are the instructions of requests of the Responses API that come without any, unless the client
	// is Codex. A text of several lines is best kept in a file, `{file./etc/caddy/instructions.txt}`, which is read when
	// the configuration is loaded. Default: none.
	InstructionsDefault string `json:"instructions_default,omitempty"`

	// Price is what the models cost. Default: what the price file or the built-in table says.
	Price *Price `json:"price,omitempty"`

	// Intercept names probes that are answered without an upstream, as in a key. Default: none.
	Intercept []string `json:"intercept,omitempty"`
}

// Edit is one change of a request body after translation: the operator's exception to faithfulness.
type Edit struct {
	// Dialect limits the edit to requests that go out in this dialect. Default: all.
	Dialect ir.Dialect `json:"dialect,omitempty"`

	// Path is the place of the value: member names and item numbers with dots between them, and `\.` for a dot in a name.
	Path string `json:"path"`

	// Value is the JSON to set.
	Value json.RawMessage `json:"value,omitempty"`
}

// Failover says what happens when an account does not answer well.
type Failover struct {
	// Attempts is how many requests are sent upstream for one model, the first one included. Default: 4.
	Attempts int `json:"attempts,omitempty"`

	// On are statuses of an upstream, from 400 to 599, for which another account is asked although the built-in rules say
	// no. They put no account into cooldown.
	On []int `json:"on,omitempty"`

	// Never are statuses for which no other account is asked, whatever else says so.
	Never []int `json:"never,omitempty"`
}

// Stream says how long silence may last and how much is held back, so that another account can still answer.
type Stream struct {
	// Ping is the silence after which headers and a ping in the client's dialect go out. Default: 15s.
	Ping caddy.Duration `json:"ping,omitempty"`

	// FirstByte is how long an account may take until its first byte. Default: 5m.
	FirstByte caddy.Duration `json:"first_byte,omitempty"`

	// Idle is how long an account may be silent within an answer. Default: 5m.
	Idle caddy.Duration `json:"idle,omitempty"`

	// Hold bounds what is held back before the first content.
	Hold Hold `json:"hold,omitzero"`
}

// Hold bounds what of a stream is held back before its first content; whichever limit is reached first ends it.
type Hold struct {
	// Events is the number of events. Default: 64.
	Events int `json:"events,omitempty"`

	// Size is their size in bytes. Default: 256KiB.
	Size int64 `json:"size,omitempty"`

	// Duration is the time since the first of them. Default: 15s.
	Duration caddy.Duration `json:"duration,omitempty"`
}

// The values of Notes.
const (
	notesWarn = "warn"
	notesAll  = "all"
	notesOff  = "off"
)

// setDefaults fills in what the configuration left out.
func (h *Handler) setDefaults() {
	h.Name = cmp.Or(h.Name, "default")
	h.Notes = cmp.Or(h.Notes, notesWarn)
	if len(h.UsageRaw) == 0 {
		h.UsageRaw = json.RawMessage(`{"store":"sqlite"}`)
	}
	h.MaxBody = cmp.Or(h.MaxBody, 32<<20)
	h.Failover.Attempts = cmp.Or(h.Failover.Attempts, 4)

	s := &h.Stream
	s.Ping = cmp.Or(s.Ping, caddy.Duration(15*time.Second))
	s.FirstByte = cmp.Or(s.FirstByte, caddy.Duration(5*time.Minute))
	s.Idle = cmp.Or(s.Idle, caddy.Duration(5*time.Minute))
	s.Hold.Events = cmp.Or(s.Hold.Events, 64)
	s.Hold.Size = cmp.Or(s.Hold.Size, 256<<10)
	s.Hold.Duration = cmp.Or(s.Hold.Duration, caddy.Duration(15*time.Second))

	for _, account := range h.Accounts {
		if account != nil {
			account.Weight = cmp.Or(account.Weight, 1)
		}
	}
}

package aigateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/media"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/signed"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// running is the pipeline of one configuration, as the lifecycle sees it.
type running struct {
	*handlers.Gateway
	handler *Handler // its settings
	ledger  *ledger
	stored  *stored.Shared
	signed  *signed.Shared
}

// Publish makes the limits of accounts and keys effective for the whole process.
func (r running) Publish() {
	r.Pool.Publish()
	r.handler.publishLogins()
	r.Keys.Publish()
	r.ledger.publish()
	gateways.add(r)
	if r.handler.Warm {
		// It goes on when the next configuration comes, which leaves these accounts out.
		guard.Go("warming accounts", func() { r.Warm(context.Background()) })
	}
}

// Unpublish withdraws them.
func (r running) Unpublish() {
	gateways.remove(r)
	r.close()
}

// Cleanup lets go of the state of accounts and keys. Requests that still run hold their own part of it.
func (r running) Cleanup() error {
	r.close()
	return nil
}

func (r running) close() {
	r.Pool.Close()
	r.Keys.Close()
	r.ledger.close()
	r.stored.Close()
	r.signed.Close()
}

// build makes the pipeline out of the resolved keys and accounts, as the last step of Provision.
// Its settings that outlive this configuration are published when the configuration starts.
func (h *Handler) build() error {
	models, err := h.buildModels()
	if err != nil {
		return err
	}
	accounts, err := h.buildAccounts()
	if err != nil {
		return err
	}
	keys, err := h.buildKeys()
	if err != nil {
		return err
	}
	keys.OnExceeded(h.announcer.exceeded)
	options := h.poolOptions()
	options.Changed = h.announcer.changed
	shared, err := pool.New(accounts, options)
	if err != nil {
		keys.Close()
		return err
	}
	ledger, err := h.openLedger(keys)
	if err != nil {
		keys.Close()
		shared.Close()
		return err
	}
	kept, err := stored.Open()
	if err != nil {
		keys.Close()
		shared.Close()
		ledger.close()
		return err
	}
	memory, err := signed.Open()
	if err != nil {
		keys.Close()
		shared.Close()
		ledger.close()
		kept.Close()
		return err
	}
	r := running{&handlers.Gateway{
		Name: h.Name, Keys: keys, Pool: shared, Models: models,
		Attempts: h.Failover.Attempts, Failover: handlers.Failover{On: h.Failover.On, Never: h.Failover.Never},
		Unsticky: options.SessionTTL == 0, Stream: h.Stream.limits(), MaxBody: h.MaxBody,
		Strict: h.Strict, Notes: handlers.NotesMode(h.Notes), ExposeAccount: h.ExposeAccount, ErrorBodies: h.LogErrorBodies, Logger: h.logger,
		Observer: h.observer(accounts), Usage: ledger.recorder, Prices: h.prices, Intercept: h.intercepts(),
		Media: h.media(), EmulateCompact: h.EmulateCompact, Stored: kept.Store, Runs: kept.Runs, Signed: memory,
	}, h, ledger, kept, memory}
	h.gateway = r
	h.app.join(r)
	return nil
}

// media returns what fetches the media of requests, nil if nothing does.
func (h *Handler) media() func() handlers.Media {
	if !h.FetchMedia {
		return nil
	}
	fetcher := media.New(providers.UserAgent(), media.DefaultLimits())
	return func() handlers.Media { return fetcher.Basket() }
}

func (s Stream) limits() handlers.Stream {
	return handlers.Stream{
		Ping: time.Duration(s.Ping), FirstByte: time.Duration(s.FirstByte), Idle: time.Duration(s.Idle),
		HoldEvents: s.Hold.Events, HoldSize: int(s.Hold.Size), HoldDuration: time.Duration(s.Hold.Duration),
	}
}

func (h *Handler) buildKeys() (*access.Keys, error) {
	keys := make([]access.Key, 0, len(h.keys))
	for _, k := range h.keys {
		keys = append(keys, access.Key{
			Name: k.Name, Secret: "sha256:" + hex.EncodeToString(k.digest[:]), Models: k.Models, Accounts: k.Accounts, Expires: k.expires,
			Limits: k.limits,
		})
	}
	return access.New(keys, h.AllowAnonymous)
}

func (h *Handler) buildAccounts() ([]*pool.Account, error) {
	accounts := make([]*pool.Account, 0, len(h.accounts))
	for i := range h.accounts {
		a := &h.accounts[i]
		models, err := a.pool()
		if err != nil {
			return nil, fmt.Errorf("account %q: models: %w", a.Name, err)
		}
		accounts = append(accounts, &pool.Account{
			Name: a.Name, Provider: a.provider.Platform(), Identity: a.identity(), Models: models,
			Priority: a.Priority, Weight: a.Weight, Concurrency: cmp.Or(a.Concurrency, a.provider.Defaults().Concurrency), Disabled: a.disabled, Tie: a.tie(),
			Value: a.upstream(),
		})
	}
	return accounts, nil
}

// tie puts Google's accounts with a key behind those that somebody has logged in to, as long as nobody has used either.
func (a *resolvedAccount) tie() int {
	switch a.provider.Platform() {
	case "gemini", "vertex":
		if a.secret != "" {
			return 1
		}
	}
	return 0
}

// pool returns the account's models as the pool matches them.
func (a *resolvedAccount) pool() (pool.Models, error) {
	patterns := make([]string, 0, len(a.served))
	for _, s := range a.served {
		pattern := s.pattern
		if s.upstream != "" {
			pattern += "=" + s.upstream
		}
		patterns = append(patterns, pattern)
	}
	return pool.ParseModels(patterns)
}

// upstream returns how the account is asked.
func (a *resolvedAccount) upstream() *handlers.Upstream {
	up := &handlers.Upstream{
		Name:     a.Name,
		Provider: a.provider, Transport: providers.Transport(a.provider, a.baseURL, a.transport), BaseURL: a.baseURL, Secret: a.secret, Source: a.source, Header: a.header,
		Scope: a.scope(),
	}
	for _, s := range a.served {
		if len(a.Models) == 0 && s.upstream != "" { // the kind's own idea, not the operator's
			if up.Former == nil {
				up.Former = make(map[string]bool)
			}
			up.Former[s.pattern] = true
			continue
		}
		up.Patterns = append(up.Patterns, s.pattern)
	}
	adjuster, peculiar := a.provider.(providers.Adjuster)
	if len(a.Caps) > 0 || peculiar {
		up.Override = func(c *ir.Caps) {
			if peculiar {
				adjuster.Adjust(c)
			}
			_ = a.applyCaps(c) // checked when the configuration was loaded
		}
	}
	return up
}

// identity says which upstream the account is, over gateways and reloads: where it is and a fingerprint of its
// credential. Accounts without a credential are told apart by their names.
func (a *resolvedAccount) identity() string {
	who := "name:" + a.Name
	if a.secret != "" {
		sum := sha256.Sum256([]byte(a.secret))
		who = "secret:" + hex.EncodeToString(sum[:8])
	}
	return strings.Join([]string{a.provider.Platform(), a.baseURL, who}, "|")
}

// scope is the tag by which signatures name the account that made them.
func (a *resolvedAccount) scope() string {
	sum := sha256.Sum256([]byte(a.identity()))
	return hex.EncodeToString(sum[:4])
}

func (h *Handler) buildModels() (handlers.Models, error) {
	models := make(handlers.Models, 0, len(h.Models))
	for _, m := range h.Models {
		pattern, err := glob.Compile(m.Pattern)
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", m.Pattern, err)
		}
		accounts, err := glob.CompileList(m.Accounts)
		if err != nil {
			return nil, fmt.Errorf("model %q: accounts: %w", m.Pattern, err)
		}
		price, err := m.Price.usage()
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", m.Pattern, err)
		}
		instructions, err := m.instructions()
		if err != nil {
			return nil, fmt.Errorf("model %q: instructions_default: %w", m.Pattern, err)
		}
		models = append(models, &handlers.Model{
			Pattern: pattern, Name: m.Pattern, Exact: !isGlob(m.Pattern), As: m.As, Accounts: accounts,
			Fallback: m.Fallback, Edits: m.edits(), Strict: m.Strict, Price: price, Intercept: kinds(m.Intercept),
			Instructions: instructions,
		})
	}
	return models, nil
}

// instructions returns the text for requests without instructions, its placeholders replaced. Braces that are none stay.
func (m *Model) instructions() (string, error) {
	text := strings.TrimSpace(caddy.NewReplacer().ReplaceKnown(m.InstructionsDefault, ""))
	switch {
	case m.InstructionsDefault == "":
		return "", nil
	case text == "":
		return "", fmt.Errorf("%w; %s", errEmpty, whatToSet(m.InstructionsDefault, "write a text"))
	case !utf8.ValidString(text):
		return "", errors.New("it is no text in UTF-8")
	}
	return text, nil
}

// edits returns the block's changes in the order in which they are made: what is missing is filled in before anything
// is overridden or removed.
func (m *Model) edits() []handlers.Edit {
	var edits []handlers.Edit
	for _, list := range []struct {
		kind  handlers.EditKind
		edits []Edit
	}{{handlers.EditDefault, m.Default}, {handlers.EditOverride, m.Override}, {handlers.EditRemove, m.Remove}} {
		for _, e := range list.edits {
			edits = append(edits, handlers.Edit{Kind: list.kind, Dialect: e.Dialect, Path: e.Path, Value: e.Value})
		}
	}
	return edits
}

// Interface guards
var (
	_ caddyhttp.MiddlewareHandler = running{}
	_ publisher                   = running{}
)

package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// place returns the place of a dialect in [ir.Dialects], or false for one that clients do not speak.
func place(d ir.Dialect) (int, bool) {
	i := slices.Index(ir.Dialects[:], d)
	return i, i >= 0
}

// Observer counts for one gateway in one generation of the configuration. What it counts into is looked up once, when
// it is made.
type Observer struct {
	metrics  *Metrics
	gateway  string
	accounts map[*pool.Account]*account
	models   map[string]bool // that the configuration names

	duration [len(ir.Dialects)]prometheus.Observer
	wait     prometheus.Observer
	switches prometheus.Counter
	sticky   [stickies]prometheus.Counter
}

// stickies is how many parts a session can have.
const stickies = int(pool.StickyMoved) + 1

// account is what is counted of one account.
type account struct {
	name      string
	firstByte prometheus.Observer
	outcomes  [outcomes]handle
	served    [len(ir.Dialects)][len(ir.Dialects)]handle // requests with code 200, by client and upstream

	mu     sync.RWMutex
	tokens map[string]*kinds // by model
}

// outcomes is how many verdicts there are.
const outcomes = int(pool.Unauthorized) + 1

// kinds are the counters of one account's tokens for one model, and of what they cost.
type kinds struct {
	account, model string
	parts          [len(kindNames)]handle
	cost           handle
}

// kindNames are the values of the label kind, in the order in which a usage is taken apart.
var kindNames = [...]string{"input", "cache_read", "cache_write", "output", "reasoning"}

// handle is a counter that is looked up when it is first needed, so that what never happens costs nothing.
type handle struct {
	found atomic.Pointer[prometheus.Counter]
}

func (h *handle) in(all *prometheus.CounterVec, labels ...string) prometheus.Counter {
	if found := h.found.Load(); found != nil {
		return *found
	}
	c := all.WithLabelValues(labels...)
	h.found.Store(&c)
	return c
}

// For returns the observer of a gateway. models are the exact names of models in its configuration.
func (m *Metrics) For(gateway string, accounts []*pool.Account, models []string) *Observer {
	o := &Observer{
		metrics: m, gateway: gateway, accounts: make(map[*pool.Account]*account, len(accounts)), models: make(map[string]bool),
		wait: m.wait.WithLabelValues(gateway), switches: m.switches.WithLabelValues(gateway),
	}
	for i, d := range ir.Dialects {
		o.duration[i] = m.duration.WithLabelValues(gateway, string(d))
	}
	for i := range o.sticky {
		o.sticky[i] = m.sticky.WithLabelValues(gateway, pool.Sticky(i).String())
	}
	for _, name := range models {
		o.models[name] = true
	}
	for _, a := range accounts {
		o.accounts[a] = &account{name: a.Name, firstByte: m.firstByte.WithLabelValues(a.Name)}
		for _, name := range a.Models.Names() {
			o.models[name] = true
		}
	}
	return o
}

// Attempted counts a request to an account.
func (o *Observer) Attempted(a *handlers.Attempt) {
	if a.Number > 1 {
		o.switches.Inc()
	}
	for _, n := range a.Notes {
		o.metrics.notes.WithLabelValues(string(a.Client), string(a.Upstream), n.Code).Inc()
	}
	seen := o.accounts[a.Account]
	if seen == nil {
		return
	}
	if kind := int(a.Outcome.Kind); kind >= 0 && kind < outcomes {
		seen.outcomes[kind].in(o.metrics.attempts, seen.name, a.Outcome.Kind.String()).Inc()
	}
	if a.Outcome.FirstByte > 0 {
		seen.firstByte.Observe(a.Outcome.FirstByte.Seconds())
	}
	if by := cutBy(a); by != "" {
		o.metrics.cuts.WithLabelValues(seen.name, by).Inc()
	}
	model := seen.of(o.model(a))
	model.add(o.metrics.tokens, &a.Tokens)
	if a.Cost > 0 {
		model.cost.in(o.metrics.cost, model.account, model.model).Add(float64(a.Cost) / usage.NanosPerDollar)
	}
}

// cutBy returns who ended an answer that had begun before its end, empty if nobody did.
func cutBy(a *handlers.Attempt) string {
	switch {
	case a.Cut:
		return "upstream"
	case a.Status == handlers.StatusGone && a.Outcome.FirstByte > 0:
		return "client"
	}
	return ""
}

// model returns the label for the model of a request: the client's name for it, else the upstream's, as far as the
// configuration has them.
func (o *Observer) model(a *handlers.Attempt) string {
	switch {
	case o.models[a.Model]:
		return a.Model
	case o.models[a.Served]:
		return a.Served
	}
	return "other"
}

// of returns the counters for a model.
func (s *account) of(model string) *kinds {
	s.mu.RLock()
	k := s.tokens[model]
	s.mu.RUnlock()
	if k != nil {
		return k
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = make(map[string]*kinds)
	}
	if s.tokens[model] == nil {
		s.tokens[model] = &kinds{account: s.name, model: model}
	}
	return s.tokens[model]
}

// add counts what was used.
func (k *kinds) add(to *prometheus.CounterVec, t *usage.Tokens) {
	for i, n := range [len(kindNames)]int64{t.Input, t.CacheRead, t.CacheWrite5m + t.CacheWrite1h, t.Output - t.Reasoning, t.Reasoning} {
		if n > 0 {
			k.parts[i].in(to, k.account, k.model, kindNames[i]).Add(float64(n))
		}
	}
}

// Done counts a client's request.
func (o *Observer) Done(e *handlers.Event) {
	if client, ok := place(e.Client); ok {
		o.duration[client].Observe(e.Duration.Seconds())
	}
	if e.Attempts > 0 {
		o.wait.Observe(e.Wait.Seconds())
		if part := int(e.Sticky); part >= 0 && part < stickies {
			o.sticky[part].Inc()
		}
	}
	o.count(e)
}

func (o *Observer) count(e *handlers.Event) {
	name := ""
	if seen := o.accounts[e.Account]; seen != nil {
		client, ok := place(e.Client)
		upstream, known := place(e.Upstream)
		if e.Status == http.StatusOK && ok && known {
			seen.served[client][upstream].in(o.metrics.requests, o.gateway, seen.name, string(e.Client), string(e.Upstream), "200").Inc()
			return
		}
		name = seen.name
	}
	o.metrics.requests.WithLabelValues(o.gateway, name, string(e.Client), string(e.Upstream), strconv.Itoa(e.Status)).Inc()
}

// Interface guards
var _ handlers.Observer = (*Observer)(nil)

package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// keys are the gauges of clients' keys, which are read when they are asked for.
type keys struct {
	running func() []Source

	inUse, waiting, limit, used *prometheus.Desc
}

func newKeys(running func() []Source) *keys {
	return &keys{
		running: running,
		inUse:   describe("key_running", "Requests of the key that run.", "key"),
		waiting: describe("key_waiting", "Requests that wait for a slot of their key.", "key"),
		limit: describe("key_limit", "What the key may use: requests at once, requests and tokens in the limit's time, dollars of its budget.",
			"key", "limit"),
		used: describe("key_used", "What the key has used of its limit.", "key", "limit"),
	}
}

// Describe tells what Collect may bring.
func (k *keys) Describe(out chan<- *prometheus.Desc) {
	for _, d := range [...]*prometheus.Desc{k.inUse, k.waiting, k.limit, k.used} {
		out <- d
	}
}

// Collect brings the state of all keys. A key that several gateways have is one.
func (k *keys) Collect(out chan<- prometheus.Metric) {
	defer guard.Catch(collecting)
	now := time.Now()
	shown := make(map[string]bool)
	for _, source := range k.running() {
		if source.Keys == nil {
			continue
		}
		for _, key := range source.Keys.All() {
			if shown[key.Name] {
				continue
			}
			shown[key.Name] = true
			k.collect(out, key.Snapshot(now))
		}
	}
}

func (k *keys) collect(out chan<- prometheus.Metric, s access.Snapshot) {
	gauge(out, k.inUse, float64(s.Running), s.Name)
	gauge(out, k.waiting, float64(s.Waiting), s.Name)
	spent := s.SpentToday
	if s.Limits.Budget.Per == access.Month {
		spent = s.SpentThisMonth
	}
	for _, l := range [...]struct {
		name        string
		limit, used float64
	}{
		{"concurrency", float64(s.Limits.Concurrency), float64(s.Running)},
		{string(access.Requests), float64(s.Requests.Limit), float64(s.Requests.Limit - s.Requests.Remaining)},
		{string(access.Tokens), float64(s.Tokens.Limit), float64(s.Tokens.Limit - s.Tokens.Remaining)},
		{string(access.Money), float64(s.Limits.Budget.Nanos) / access.NanosPerDollar, float64(spent) / access.NanosPerDollar},
	} {
		if l.limit > 0 {
			gauge(out, k.limit, l.limit, s.Name, l.name)
			gauge(out, k.used, l.used, s.Name, l.name)
		}
	}
}

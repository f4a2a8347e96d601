package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// holders are gauges of clients' keys, which are read when they are asked for.
type holders struct {
	running func() []Source

	inUse, waiting, limit, used *prometheus.Desc
}

func newHolders(running func() []Source) *holders {
	return &holders{
		running: running,
		inUse:   describe("key_running", "Requests of the key that run.", "key"),
		waiting: describe("key_waiting", "Requests that wait for a slot of their key.", "key"),
		limit: describe("key_limit", "What the key may use: requests at once, requests and tokens in the limit's time, dollars of its budget.",
			"key", "limit"),
		used: describe("key_used", "What the key has used of its limit.", "key", "limit"),
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

// Describe tells what Collect may bring.
func (h *holders) Describe(out chan<- *prometheus.Desc) {
	for _, d := range [...]*prometheus.Desc{h.inUse, h.waiting, h.limit, h.used} {
		out <- d
	}
}

// Collect brings the state of all keys. A key that several gateways have is one.
func (h *holders) Collect(out chan<- prometheus.Metric) {
	now := time.Now()
	shown := make(map[string]bool)
	for _, source := range h.running() {
		if source.Keys == nil {
			continue
		}
		for _, key := range source.Keys.All() {
			if shown[key.Name] {
				continue
			}
			shown[key.Name] = true
			h.collect(out, key.Snapshot(now))
		}
	}
}

func (h *holders) collect(out chan<- prometheus.Metric, s access.Snapshot) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(h.inUse, float64(s.Running), s.Name)
	gauge(h.waiting, float64(s.Waiting), s.Name)
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
		{string(access.Money), float64(s.Limits.Budget.Nanos) / nanosPerDollar, float64(spent) / nanosPerDollar},
	} {
		if l.limit > 0 {
			gauge(h.limit, l.limit, s.Name, l.name)
			gauge(h.used, l.used, s.Name, l.name)
		}
	}
}

// books tell how the recording of usage fares.
type books struct{ waiting, dropped *prometheus.Desc }

func newBooks() *books {
	return &books{
		waiting: describe("usage_waiting", "Records of usage that are not written yet."),
		dropped: describe("usage_dropped_total", "Records of usage that were lost because the store could not be written for long."),
	}
}

// Describe tells what Collect brings.
func (b *books) Describe(out chan<- *prometheus.Desc) {
	out <- b.waiting
	out <- b.dropped
}

// Collect brings the sums over all stores of usage.
func (b *books) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(b.waiting, prometheus.GaugeValue, float64(usage.Waiting()))
	out <- prometheus.MustNewConstMetric(b.dropped, prometheus.CounterValue, float64(usage.Dropped()))
}

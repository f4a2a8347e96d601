// Package metrics counts what the gateways of the process do, for Prometheus.
//
// Label values come from closed sets: names of the configuration, dialects, statuses and the gateway's own words.
// Nothing that a client writes becomes one.
package metrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	namespace = "caddy"
	subsystem = "ai_gateway"
)

// Metrics are the collectors of the process. There is one value for all generations of the configuration, so that
// counters go on over reloads. It is safe for concurrent use.
type Metrics struct {
	requests  *prometheus.CounterVec   // gateway, account, client_dialect, upstream_dialect, code
	duration  *prometheus.HistogramVec // gateway, client_dialect
	wait      *prometheus.HistogramVec // gateway
	sticky    *prometheus.CounterVec   // gateway, result
	switches  *prometheus.CounterVec   // gateway
	attempts  *prometheus.CounterVec   // account, outcome
	firstByte *prometheus.HistogramVec // account
	tokens    *prometheus.CounterVec   // account, model, kind
	cost      *prometheus.CounterVec   // account, model
	notes     *prometheus.CounterVec   // client_dialect, upstream_dialect, code
	cuts      *prometheus.CounterVec   // account, by
	refreshes *prometheus.CounterVec   // account, result
	live      *live
	keys      *keys
	records   *records
	panics    *panics
}

// Bounds of histograms in seconds: answers of models take from moments to many minutes.
var (
	shortTimes = []float64{0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60}
	longTimes  = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640}
)

// New returns the collectors. running lists the gateways that run at the time of a scrape.
func New(running func() []Source) *Metrics {
	return &Metrics{
		requests: counter("requests_total", "Requests of clients that have ended, by the status that the client was told; "+
			"499 if it had left. The account is the last that was asked, empty if none was.",
			"gateway", "account", "client_dialect", "upstream_dialect", "code"),
		duration: histogram("request_seconds", "Time from a client's request to the end of its answer.", longTimes, "gateway", "client_dialect"),
		wait:     histogram("wait_seconds", "Time that requests waited for an account with a free slot.", shortTimes, "gateway"),
		sticky: counter("sticky_total", "Requests with a session, by the part that the session had in the choice of the account.",
			"gateway", "result"),
		switches:  counter("switches_total", "Requests that were sent again, to another account or without signatures.", "gateway"),
		attempts:  counter("attempts_total", "Requests to accounts that have ended, by what the end says about the account.", "account", "outcome"),
		firstByte: histogram("upstream_first_byte_seconds", "Time from a request to an account to the first content.", longTimes, "account"),
		tokens: counter("tokens_total", "Tokens as upstreams counted them, or else as they were estimated, in kinds of which none holds another. "+
			"A model that the configuration does not name is called other.", "account", "model", "kind"),
		cost:  counter("cost_dollars_total", "What requests have cost, as far as the prices of models are known.", "account", "model"),
		notes: counter("notes_total", "What translations could not carry over as it was.", "client_dialect", "upstream_dialect", "code"),
		cuts:  counter("stream_cuts_total", "Answers that ended before their end, by who ended them.", "account", "by"),
		refreshes: counter("oauth_refresh_total", "Attempts to refresh accounts' tokens, or to store one that could not be stored before, "+
			"by what they came to.", "account", "result"),
		live:    newLive(running),
		keys:    newKeys(running),
		records: newRecords(),
		panics:  newPanics(),
	}
}

// Register adds the collectors to the registry of a generation of the configuration. Doing it again does no harm.
func (m *Metrics) Register(registry *prometheus.Registry) error {
	for _, c := range m.all() {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}

// Refreshed counts an attempt to refresh an account's token.
func (m *Metrics) Refreshed(account, result string) {
	m.refreshes.WithLabelValues(account, result).Inc()
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{
		m.requests, m.duration, m.wait, m.sticky, m.switches, m.attempts, m.firstByte, m.tokens, m.cost, m.notes, m.cuts, m.refreshes, m.live,
		m.keys, m.records, m.panics,
	}
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
}

func histogram(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Subsystem: subsystem, Name: name, Help: help, Buckets: bounds,
	}, labels)
}

// describe is the description of what is read at a scrape.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

// gauge brings a value that was read at a scrape.
func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

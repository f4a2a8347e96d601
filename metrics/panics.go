package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// collecting is the name of a scrape's work in the log and in the metrics. Prometheus does it in goroutines of its own.
const collecting = "collecting metrics"

// panics tell of work beside the requests that broke off.
type panics struct{ caught *prometheus.Desc }

func newPanics() *panics {
	return &panics{caught: describe("panics_total", "Panics in work beside the requests, by what was being done. Each is a defect of the gateway, "+
		"and in the log with its stack.", "work")}
}

// Describe tells what Collect brings.
func (p *panics) Describe(out chan<- *prometheus.Desc) { out <- p.caught }

// Collect brings what has been caught since the process began.
func (p *panics) Collect(out chan<- prometheus.Metric) {
	defer guard.Catch(collecting)
	for work, n := range guard.Caught() {
		out <- prometheus.MustNewConstMetric(p.caught, prometheus.CounterValue, float64(n), work)
	}
}

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// records tell how the recording of usage fares.
type records struct{ waiting, dropped *prometheus.Desc }

func newRecords() *records {
	return &records{
		waiting: describe("usage_waiting", "Records of usage that are not written yet."),
		dropped: describe("usage_dropped_total", "Records of usage that were lost because the store could not be written for long."),
	}
}

// Describe tells what Collect brings.
func (r *records) Describe(out chan<- *prometheus.Desc) {
	out <- r.waiting
	out <- r.dropped
}

// Collect brings the sums over all stores of usage.
func (r *records) Collect(out chan<- prometheus.Metric) {
	defer guard.Catch(collecting)
	gauge(out, r.waiting, float64(usage.Waiting()))
	out <- prometheus.MustNewConstMetric(r.dropped, prometheus.CounterValue, float64(usage.Dropped()))
}

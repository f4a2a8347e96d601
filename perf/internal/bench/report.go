package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is what one run found. Times are in microseconds.
type Report struct {
	Requests  int            `json:"requests"`
	Errors    int            `json:"errors"`
	Reasons   map[string]int `json:"reasons,omitempty"`
	Seconds   float64        `json:"seconds"`
	PerSecond float64        `json:"req_per_s"`
	P50       float64        `json:"p50_us"`
	P90       float64        `json:"p90_us"`
	P99       float64        `json:"p99_us"`
	First50   float64        `json:"first_p50_us,omitempty"`
	First99   float64        `json:"first_p99_us,omitempty"`
	Chunks    int            `json:"chunks,omitempty"`
	ChunkRate float64        `json:"chunks_per_s,omitempty"`
	CPU       float64        `json:"cpu_us_per_req,omitempty"`
	RSS       float64        `json:"rss_mib,omitempty"`
	Peak      float64        `json:"peak_mib,omitempty"`
	Redials   int            `json:"redials"`
	Steal     float64        `json:"steal_pct"`
}

// String is the report as one line a person reads.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d req, %d errors, %.1f s, %.0f req/s, p50 %.0f p90 %.0f p99 %.0f us", r.Requests, r.Errors, r.Seconds, r.PerSecond, r.P50, r.P90, r.P99)
	if r.Chunks > 0 {
		fmt.Fprintf(&b, ", first data p50 %.0f p99 %.0f us, %.0f chunks/s", r.First50, r.First99, r.ChunkRate)
	}
	if r.RSS > 0 {
		fmt.Fprintf(&b, ", cpu %.1f us/req, rss %.1f peak %.1f MiB", r.CPU, r.RSS, r.Peak)
	}
	fmt.Fprintf(&b, ", redials %d, steal %.1f%%", r.Redials, r.Steal)
	for why, n := range r.Reasons {
		fmt.Fprintf(&b, "\n  error x%d: %s", n, why)
	}
	return b.String()
}

func quantile(d []time.Duration, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return us(d[int(q*float64(len(d)-1))])
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func mib(n int64) float64        { return float64(n) / (1 << 20) }

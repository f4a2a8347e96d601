package sdktest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// fault is one status that an upstream fails with, and what the client sees of it.
type fault struct {
	upstream, status          int
	openai, anthropic, gemini string
	message                   string
}

var faults = []fault{
	{400, 400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT", "The simulator was asked to refuse this request."},
	{401, 502, "upstream_error", "api_error", "UNAVAILABLE", "Upstream authentication failed, please contact administrator"},
	{403, 502, "upstream_error", "api_error", "UNAVAILABLE", "Upstream access forbidden, please contact administrator"},
	{404, 404, "invalid_request_error", "not_found_error", "NOT_FOUND", "The simulator was asked not to find the model."},
	{413, 413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT", "Request exceeds the maximum size."},
	{422, 422, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT", "The simulator was asked to fail with 422."},
	{429, 429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED", "Upstream rate limit exceeded, please retry later"},
	{500, 502, "upstream_error", "api_error", "UNAVAILABLE", "Upstream service temporarily unavailable"},
	{503, 502, "upstream_error", "api_error", "UNAVAILABLE", "Upstream service temporarily unavailable"},
	{529, 503, "upstream_error", "overloaded_error", "UNAVAILABLE", "Upstream service overloaded, please retry later"},
}

func faultModel(client string, status int, streamed bool) string {
	return fmt.Sprintf("sim-%s-%d-%v", client, status, streamed)
}

// faultSites have an account for every failure, because an account that has failed rests for a while.
func faultSites() []site {
	var all []site
	for _, d := range dialects {
		var b strings.Builder
		for _, c := range dialects {
			for _, f := range faults {
				for _, streamed := range []bool{false, true} {
					model := faultModel(c, f.upstream, streamed)
					fmt.Fprintf(&b, "account %s-%s simulator {\nspeaks %s\nmodels %s\n}\n", d, model, d, model)
				}
			}
		}
		all = append(all, site{"faults-" + d + ".test", b.String()})
	}
	return all
}

// TestFaults asks accounts that fail before they answer.
func TestFaults(t *testing.T) {
	for _, m := range makers {
		for _, d := range dialects {
			t.Run(m.dialect+" to "+d, func(t *testing.T) {
				t.Parallel()
				for _, f := range faults {
					for _, streamed := range []bool{false, true} {
						t.Run(fmt.Sprintf("%d/streamed=%v", f.upstream, streamed), func(t *testing.T) {
							rec := newRecorder(t, grammar.Dialect(m.dialect))
							c := &cell{t, m.make(t, rec, "faults-"+d+".test"), rec, upstream{d, ""}, streamed}
							c.fault(f)
						})
					}
				}
			})
		}
	}
}

func (c *cell) fault(f fault) {
	a := ask{Model: faultModel(c.client.Dialect(), f.upstream, c.streamed), Turns: user(fmt.Sprintf("fail with %d", f.upstream))}
	_, err := c.try(a)
	got := c.fails(err, f.status, f.openai, f.anthropic, f.gemini)
	c.contains(got.Message, f.message)
	retry := c.rec.last().header.Get("Retry-After")
	if (f.status == 429 || f.status == 503) && retry == "" {
		c.Errorf("status %d without Retry-After", f.status)
	}
	if strings.ContainsAny(retry, ".-") || retry == "0" {
		c.Errorf("Retry-After %q is not a whole number of seconds of at least 1", retry)
	}
}

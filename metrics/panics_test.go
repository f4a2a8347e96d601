package metrics

import (
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// TestPanics wants panics to be counted, also one of a scrape, which brings what else there is all the same.
func TestPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		guard.Go("testing", func() { panic("x") })
		synctest.Wait()
		registry := prometheus.NewPedanticRegistry()
		if err := New(func() []Source { panic("no sources") }).Register(registry); err != nil {
			t.Fatal(err)
		}
		values(t, registry)
		if got := values(t, registry); got["panics_total work=testing"] != 1 || got["panics_total work=collecting metrics"] < 2 {
			t.Errorf("got %v", got)
		}
	})
}

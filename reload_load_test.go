package aigateway

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// traffic is what clients do while configurations are loaded.
type traffic struct {
	site *site
	ctx  context.Context

	streams, shorts sync.WaitGroup
	enough          chan struct{}
	answered        atomic.Int64
}

// shortClients is how many clients ask for something short, one request after the other, at most pace apart: together
// 200 a second. A quarter of them opens a connection for each request.
const (
	shortClients = 8
	shortPace    = 40 * time.Millisecond
)

func newTraffic(t *testing.T, s *site) *traffic {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(stop)
	return &traffic{site: s, ctx: ctx, enough: make(chan struct{})}
}

// open begins streams that stay, over all protocols and models in turn.
func (f *traffic) open(t *testing.T, n int, models ...string) {
	clients := []string{"h1", "h2c"}
	for i := range n {
		client, model := clients[i%2], models[i/2%len(models)]
		f.streams.Go(func() {
			if err := f.site.stream(f.ctx, client, model); err != nil {
				t.Errorf("a stream of %s over %s: %v", model, client, err)
			}
		})
	}
}

// ask begins the short requests, which go on until done is called. None is tried again.
func (f *traffic) ask(t *testing.T, model string) {
	for i := range shortClients {
		client := []string{"h1", "h2c", "h1", "h1 anew"}[i%4]
		f.shorts.Go(func() {
			tick := time.NewTicker(shortPace)
			defer tick.Stop()
			for {
				select {
				case <-f.enough:
					return
				case <-tick.C:
				}
				if err := f.site.short(f.ctx, client, model); err != nil {
					t.Errorf("a short request over %s: %v", client, err)
					return
				}
				f.answered.Add(1)
			}
		})
	}
}

// done ends the short requests.
func (f *traffic) done() {
	close(f.enough)
	f.shorts.Wait()
}

// series are the counters of a scrape by their names and labels.
type series map[string]float64

// scrape reads all of the gateway's counters. A series that is there twice is an error.
func (s *site) scrape() (series, error) {
	text, err := s.metrics()
	if err != nil {
		return nil, err
	}
	all := make(series)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if !strings.HasPrefix(line, "caddy_ai_gateway_") || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(line, "{")
		counts := strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_bucket")
		if _, twice := all[line[:at]]; twice {
			return nil, fmt.Errorf("%s is there twice", line[:at])
		}
		if !counts {
			continue
		}
		var value float64
		if _, err := fmt.Sscan(line[at+1:], &value); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		all[line[:at]] = value
	}
	return all, nil
}

// since returns what has gone back or gone away since an earlier scrape.
func (now series) since(before series) error {
	for name, value := range before {
		if got, ok := now[name]; !ok || got < value {
			return fmt.Errorf("%s was %v and is %v now", name, value, got)
		}
	}
	return nil
}

// sum adds the series of one metric up.
func (now series) sum(metric string) (sum float64) {
	for name, value := range now {
		if strings.HasPrefix(name, metric+"{") {
			sum += value
		}
	}
	return sum
}

// scraper reads the metrics over and over until the test says stop, and fails the test when one goes back.
func (s *site) scraper(t *testing.T) (stop func()) {
	enough := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		last := series{}
		for n := 0; ; n++ {
			select {
			case <-enough:
				t.Logf("%d scrapes", n)
				return
			case <-time.After(5 * time.Millisecond):
			}
			now, err := s.scrape()
			if err == nil {
				err = now.since(last)
			}
			if err != nil {
				t.Errorf("scrape %d: %v", n, err)
				return
			}
			last = now
		}
	})
	return func() { close(enough); done.Wait() }
}

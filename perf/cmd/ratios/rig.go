package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// rig is all that a measurement needs.
type rig struct {
	*stand.Stand
	options        *options
	gateway, proxy *stand.Caddy
}

// newRig builds and starts everything. The caller closes it.
func newRig(ctx context.Context, o *options) (s *rig, err error) {
	s = &rig{options: o}
	if s.Stand, err = stand.New(ctx, o.checkout, o.caddy); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.gateway, err = s.Start(ctx, "gateway", s.Gateway(stand.Site{Accounts: 2, NoUsage: !o.usage})); err != nil {
		return nil, err
	}
	s.proxy, err = s.Start(ctx, "proxy", s.Proxy())
	return s, err
}

// profile records what the gateway does until the returned function is called,
// once for each pair.
func (s *rig) profile(scenario string, p pair, round int) (stop func()) {
	if s.options.profiles == "" || round > 0 {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path := filepath.Join(s.options.profiles, fmt.Sprintf("%s-%s-%s.prof", scenario, p.client, p.upstream))
		if err := fetch(s.gateway.Admin+"/debug/pprof/profile?seconds=3", path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	return func() { <-done }
}

func fetch(url, path string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, resp.Body)
	return err
}

// close ends what was started and removes what was written.
func (s *rig) close() {
	for _, c := range []*stand.Caddy{s.gateway, s.proxy} {
		if c != nil {
			c.Stop()
		}
	}
	s.Stand.Close()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/mock"
)

const (
	chunks    = 200
	clientKey = "sk-perf"
)

// modelOf is the model that the gateway has in each upstream dialect.
var modelOf = map[string]string{
	"openai": "gpt-4.1", "responses": "gpt-4.1-mini", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash",
}

// stand is all that a measurement needs.
type stand struct {
	options        *options
	dir, caddy     string
	upstream       string
	server         *http.Server
	gateway, proxy *gateway
}

// gateway is a running Caddy.
type gateway struct {
	cmd        *exec.Cmd
	url, admin string
}

// newStand builds and starts everything. The caller closes it.
func newStand(ctx context.Context, o *options) (s *stand, err error) {
	s = &stand{options: o}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "ai-gateway-perf-"); err != nil {
		return nil, err
	}
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.upstream = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: mock.New(chunks, 1, 0, 0)}
	go func() { _ = s.server.Serve(listener) }()
	if s.gateway, err = s.start(ctx, "gateway", s.gatewaySite()); err != nil {
		return nil, err
	}
	site := "reverse_proxy " + strings.TrimPrefix(s.upstream, "http://") + " {\n\tflush_interval -1\n}\n"
	s.proxy, err = s.start(ctx, "proxy", site)
	return s, err
}

func (s *stand) build(ctx context.Context) error {
	if s.options.caddy != "" {
		var err error
		s.caddy, err = filepath.Abs(s.options.caddy)
		return err
	}
	path, err := filepath.Abs(filepath.Join(s.dir, "caddy"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/caddy")
	cmd.Dir, cmd.Stderr = s.options.checkout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building Caddy: %w", err)
	}
	s.caddy = path
	return nil
}

// gatewaySite has what users have on: a key, two accounts for each dialect,
// sessions that stick, and usage.
func (s *stand) gatewaySite() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ai_gateway {\n\tkey perf %s\n", clientKey)
	for _, a := range []struct{ dialect, provider, base, option string }{
		{"openai", "openai_compatible", "/v1", "api chat"},
		{"responses", "openai_compatible", "/v1", "api responses"},
		{"anthropic", "anthropic", "", ""},
		{"gemini", "gemini", "", ""},
	} {
		for n := range 2 {
			fmt.Fprintf(&b, "\taccount %s-%d %s sk-account-%d {\n\t\tbase_url %s%s\n\t\tmodels %s\n", a.dialect, n, a.provider, n, s.upstream, a.base, modelOf[a.dialect])
			if a.option != "" {
				fmt.Fprintf(&b, "\t\t%s\n", a.option)
			}
			b.WriteString("\t}\n")
		}
	}
	if s.options.usage {
		fmt.Fprintf(&b, "\tusage sqlite %s\n", filepath.Join(s.dir, "usage.db"))
	} else {
		b.WriteString("\tusage off\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// start runs a Caddy with one site and waits until it answers.
func (s *stand) start(ctx context.Context, name, site string) (*gateway, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	g := &gateway{url: "http://127.0.0.1:" + ports[0], admin: "http://127.0.0.1:" + ports[1]}
	config := fmt.Sprintf("{\n\tadmin 127.0.0.1:%s\n\tpersist_config off\n\tauto_https off\n\tgrace_period 1s\n\tstorage file_system %s\n"+
		"\tmetrics\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n:%s {\n\tbind 127.0.0.1\n\t%s}\n", ports[1], s.dir, ports[0], site)
	file := filepath.Join(s.dir, name+".Caddyfile")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	g.cmd = exec.CommandContext(ctx, s.caddy, "run", "--config", file, "--adapter", "caddyfile")
	g.cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	g.cmd.Stderr = os.Stderr
	g.cmd.Cancel = func() error { return g.cmd.Process.Signal(os.Interrupt) }
	g.cmd.WaitDelay = 5 * time.Second
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Caddy: %w", err)
	}
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		if resp, err := http.Get(g.url + "/health"); err == nil {
			_ = resp.Body.Close()
			return g, nil
		}
	}
	g.stop()
	return nil, errors.New("starting Caddy: it does not answer")
}

// freePorts are ports that nobody listens on.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// profile records what the gateway does until the returned function is called,
// once for each pair.
func (s *stand) profile(scenario string, p pair, round int) (stop func()) {
	if s.options.profiles == "" || round > 0 {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path := filepath.Join(s.options.profiles, fmt.Sprintf("%s-%s-%s.prof", scenario, p.client, p.upstream))
		if err := fetch(s.gateway.admin+"/debug/pprof/profile?seconds=3", path); err != nil {
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
func (s *stand) close() {
	for _, g := range []*gateway{s.gateway, s.proxy} {
		if g != nil {
			g.stop()
		}
	}
	if s.server != nil {
		_ = s.server.Close()
	}
	_ = os.RemoveAll(s.dir)
}

func (g *gateway) stop() {
	_ = g.cmd.Process.Signal(os.Interrupt)
	_ = g.cmd.Wait()
}

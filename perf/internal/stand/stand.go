// Package stand builds Caddy from the checkout and runs it on loopback: what
// every measurement that compares the gateway with a plain proxy stands on.
package stand

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/mock"
)

const (
	// Chunks is how many text deltas the upstream's answers have.
	Chunks = 200

	// Key is the client key of every gateway.
	Key = "sk-perf"
)

// Model is the model that the gateway has in each upstream dialect.
var Model = map[string]string{
	"openai": "gpt-4.1", "responses": "gpt-4.1-mini", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash",
}

// Stand is a directory, a Caddy binary and a mock upstream.
type Stand struct {
	Dir      string
	Binary   string
	Upstream string // its URL
	server   *http.Server
}

// New builds the checkout, or takes the binary when one is named, and starts
// the upstream. The caller closes the stand.
func New(ctx context.Context, checkout, binary string) (s *Stand, err error) {
	s = new(Stand)
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.Dir, err = os.MkdirTemp("", "ai-gateway-perf-"); err != nil {
		return nil, err
	}
	if err := s.build(ctx, checkout, binary); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.Upstream = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: mock.New(Chunks, 1, 0, 0)}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *Stand) build(ctx context.Context, checkout, binary string) (err error) {
	if binary != "" {
		s.Binary, err = filepath.Abs(binary)
		return err
	}
	if s.Binary, err = filepath.Abs(filepath.Join(s.Dir, "caddy")); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", s.Binary, "./cmd/caddy")
	cmd.Dir, cmd.Stderr = checkout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building Caddy: %w", err)
	}
	return nil
}

// Close ends the upstream and removes what was written.
func (s *Stand) Close() {
	if s.server != nil {
		_ = s.server.Close()
	}
	_ = os.RemoveAll(s.Dir)
}

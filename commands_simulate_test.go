package aigateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// TestSimulate serves the simulator over HTTP until it is told to stop.
func TestSimulate(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if _, err := simulate(ctx, address, simulator.Options{}); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("a taken address gives %v", err)
	}
	_ = listener.Close()
	done := make(chan error, 1)
	go func() {
		_, err := simulate(ctx, address, simulator.Options{Always: "say exactly: here"})
		done <- err
	}()
	body := ""
	for deadline := time.Now().Add(10 * time.Second); body == "" && time.Now().Before(deadline); {
		resp, err := http.Post("http://"+address+"/v1/chat/completions", "application/json",
			strings.NewReader(`{"model":"demo","messages":[{"role":"user","content":"x"}]}`))
		if err != nil {
			continue // not listening yet
		}
		raw, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		body = string(raw)
	}
	if !strings.Contains(body, `"content":"here"`) {
		t.Errorf("the answer is %s", body)
	}
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it does not stop")
	}
}

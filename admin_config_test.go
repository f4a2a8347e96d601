//go:build !windows && !plan9 && !nacl && !js

package aigateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// TestAdminLevel changes the log's level through a running Caddy's admin endpoint, with and without a level that is
// configured.
func TestAdminLevel(t *testing.T) {
	for name, log := range map[string]string{"nothing configured": "", "a level": "log {\nlevel WARN\noutput discard\n}"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			address := l.Addr().String()
			must(t, l.Close())
			config := fmt.Sprintf("{\nadmin %s\npersist_config off\n%s\n}\nhttp://127.0.0.1:0 {\nai_gateway {\nallow_anonymous\n}\n}", address, log)
			must(t, caddy.Load([]byte(adapt(t, string(caddyfile.Format([]byte(config))))), true))
			t.Cleanup(func() { must(t, caddy.Stop()) })
			for _, level := range []string{"debug", "ERROR"} {
				if got := fetch(t, http.MethodPost, "http://"+address+"/ai_gateway/logging?level="+level); got != `{"status":"success","level":"`+strings.ToUpper(level)+`"}` {
					t.Fatal(got)
				}
				if got := fetch(t, http.MethodGet, "http://"+address+levelPath); got != `"`+strings.ToUpper(level)+`"` {
					t.Errorf("Caddy's configuration says %s", got)
				}
			}
			if got := fetch(t, http.MethodGet, "http://"+address+"/ai_gateway/nothing"); got != `{"error":"there is nothing at /ai_gateway/nothing"}` {
				t.Error(got)
			}
		})
	}
}

func fetch(t *testing.T, method, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	must(t, err)
	// The endpoint is another one after each change.
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return strings.TrimSpace(string(body))
}

// TestAdminReload stands in for Caddy, which loads its file when it hears the signal.
func TestAdminReload(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGUSR1)
	defer signal.Stop(heard)
	status, body := ask(t, http.MethodPost, "/ai_gateway/config/reload", "")
	if status != http.StatusAccepted || !strings.Contains(body, "accepted") {
		t.Errorf("%d %s", status, body)
	}
	<-heard
}

package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asCaddy has the test binary be a Caddy with this plugin, so that tests can start, talk to and kill whole processes.
const asCaddy = "AI_GATEWAY_TEST_AS_CADDY"

// caddyCommand returns a command of a Caddy process whose folders are in dir.
func caddyCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCaddy+"=1", "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "HOME="+dir, "AppData="+dir)
	cmd.Dir = dir
	return cmd
}

// caddyProcess is a Caddy that serves a Caddyfile.
type caddyProcess struct {
	cmd         *exec.Cmd
	out         *shown
	port, admin int
	file        string
}

// startCaddy runs a Caddyfile, in which {port} and {admin} stand for free ports.
func startCaddy(t *testing.T, dir, caddyfile string) *caddyProcess {
	t.Helper()
	p := &caddyProcess{out: new(shown), port: freePort(t), admin: freePort(t)}
	p.file = filepath.Join(dir, fmt.Sprintf("Caddyfile-%d", p.port))
	text := strings.NewReplacer("{port}", fmt.Sprint(p.port), "{admin}", fmt.Sprint(p.admin)).Replace(caddyfile)
	must(t, os.WriteFile(p.file, []byte(text), 0o600))
	p.start(t, dir)
	t.Cleanup(p.kill)
	return p
}

func (p *caddyProcess) start(t *testing.T, dir string) {
	t.Helper()
	p.cmd = caddyCommand(dir, "run", "--config", p.file, "--adapter", "caddyfile")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	must(t, p.cmd.Start())
	p.eventually(t, "it serves", func() bool {
		resp, err := http.Get(p.url("/health"))
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill ends the process without a warning.
func (p *caddyProcess) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *caddyProcess) url(path string) string {
	return fmt.Sprintf("http://127.0.0.1:%d%s", p.port, path)
}

func (p *caddyProcess) adminURL(path string) string {
	return fmt.Sprintf("http://localhost:%d%s", p.admin, path)
}

// ask sends a request and returns all of its answer, header and body.
func (p *caddyProcess) ask(t *testing.T, method, url, key, body string) string {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	must(t, err)
	if key != "" {
		r.Header.Set("X-Api-Key", key)
	}
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body) // what came before it was torn off counts as well
	return fmt.Sprint(resp.Status, resp.Header, string(text))
}

// chat sends a request and returns its status, 0 if nothing answers.
func (p *caddyProcess) chat() int {
	body := strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"x"}]}`)
	resp, err := http.Post(p.url("/v1/chat/completions"), "application/json", body)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// eventually waits for longer than it takes until the lock of a dead process is given up.
func (p *caddyProcess) eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so within three minutes: %s; the process says\n%s", what, p.out)
		}
	}
}

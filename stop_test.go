package aigateway

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopBlock is a site with an upstream whose answers wait for the test.
const stopBlock = `{
	admin localhost:{admin}
	auto_https off
	grace_period 2s
	servers {
		listener_wrappers {
			one_socket
			tls
		}
	}
}
http://127.0.0.1:{port} {
	ai_gateway_admin /admin {
		key ops {env.STOP_OPS_KEY}
	}
	ai_gateway {
		allow_anonymous
		account main openai_compatible secret-main {
			base_url UPSTREAM/v1
			models m
		}
		FORMER
	}
}
`

// formerAccount is one that the reload takes out of the configuration.
const formerAccount = `account former openai_compatible secret-former {
			base_url UPSTREAM/v1
			models n
		}`

// TestStopUnderLoad ends a process while streams run: those that end within the grace period do so well, the others are
// cut, and the log says how many, also of those on an account that is no longer configured.
func TestStopUnderLoad(t *testing.T) {
	t.Setenv("STOP_OPS_KEY", "secret-ops")
	soon, never, former := newGated(t), newGated(t), newGated(t)
	removed := strings.ReplaceAll(formerAccount, "UPSTREAM/v1", former.URL+"/v1")
	p := startCaddy(t, t.TempDir(), strings.NewReplacer("UPSTREAM/v1", soon.URL+"/v1", "FORMER", removed).Replace(stopBlock))
	if got := p.ask(t, "GET", p.url("/admin/gateways"), "", ""); !strings.HasPrefix(got, "401") {
		t.Errorf("the admin API without a key: %s", got)
	}
	stream := func(model string) (string, error) {
		resp, err := http.Post(p.url("/v1/chat/completions"), "application/json",
			strings.NewReader(`{"model":"`+model+`","stream":true,"messages":[{"role":"user","content":"stay"}]}`))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	const each = 3
	var ended, cut sync.WaitGroup
	for range each {
		ended.Go(func() {
			if body, err := stream("m"); err != nil || !strings.Contains(body, "data: [DONE]") {
				t.Errorf("a stream that ends in time: %v after %s", err, body)
			}
		})
	}
	const left = 2
	for range left {
		cut.Go(func() { _, _ = stream("n") })
	}
	p.eventually(t, "the first streams run", func() bool { return soon.running.Load() == each && former.running.Load() == left })
	reloaded := strings.NewReplacer("UPSTREAM/v1", never.URL+"/v1", "FORMER", "").Replace(stopBlock)
	reloaded = strings.NewReplacer("{port}", fmt.Sprint(p.port), "{admin}", fmt.Sprint(p.admin)).Replace(reloaded)
	must(t, os.WriteFile(p.file, []byte(reloaded), 0o600))
	if out, err := caddyCommand(t.TempDir(), "reload", "--config", p.file, "--adapter", "caddyfile").CombinedOutput(); err != nil {
		t.Fatalf("reloading: %v %s", err, out)
	}
	for range each {
		cut.Go(func() {
			if body, err := stream("m"); err == nil && strings.Contains(body, "data: [DONE]") {
				t.Errorf("a stream that was to be cut has ended: %s", body)
			}
		})
	}
	p.eventually(t, "the second streams run", func() bool { return never.running.Load() == each })

	begun := time.Now()
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.eventually(t, "no more requests are taken", func() bool { return p.chat() == 0 })
	close(soon.gate)
	ended.Wait()
	_ = p.cmd.Wait()
	if took := time.Since(begun); took < time.Second {
		t.Errorf("it ended after %v, before the grace period", took)
	}
	cut.Wait()
	close(never.gate)
	close(former.gate)
	for _, want := range []string{
		fmt.Sprintf(`"gateway": "default", "requests": %d}`, each), fmt.Sprintf(`"accounts": "no longer configured", "requests": %d}`, left),
	} {
		if out := strings.ReplaceAll(strings.ReplaceAll(p.out.String(), `":`, `": `), `",`, `", `); strings.Count(strings.Join(strings.Fields(out), " "), want) != 1 {
			t.Errorf("the log does not say once that %s:\n%s", want, out)
		}
	}
}

// TestValidateHasNoEffect validates a configuration that would store usage, tokens and more, in a folder that must stay
// empty, beside a process that must not notice.
func TestValidateHasNoEffect(t *testing.T) {
	auth := newAuthServer(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "Caddyfile")
	must(t, os.WriteFile(file, []byte(`{
	admin off
	persist_config off
}
http://127.0.0.1:9 {
	ai_gateway {
		key k secret-validated {
			budget 1/day
			tokens 100/1h
		}
		account a openai_compatible {
			base_url http://127.0.0.1:1/v1
			models m
			oauth {
				client_id id
				token_url `+auth.URL+`
				refresh_token seed-of-it
			}
		}
		account b simulator
	}
	ai_gateway_admin /admin {
		key ops secret-of-ops
	}
}
`), 0o600))
	out, err := caddyCommand(dir, "validate", "--config", file, "--adapter", "caddyfile").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Valid configuration") {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path != file {
			t.Errorf("validating has written %s", path)
		}
		return err
	}))
	if n := auth.asked.Load(); n != 0 {
		t.Errorf("validating has asked for a token %d times", n)
	}
	if strings.Contains(string(out), "secret-") || strings.Contains(string(out), "seed-of-it") {
		t.Errorf("a secret in\n%s", out)
	}
}

package aigateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWebAppAddressIsRemembered has Google block the address, and then adds an account by a reload, which goes the same
// way.
func TestWebAppAddressIsRemembered(t *testing.T) {
	w := newWebWorld(t, "")
	const question = `{"model":"gemini-3-flash","messages":[{"role":"user","content":%q}]}`
	if status, got := w.send(t, "/v1/chat/completions", fmt.Sprintf(question, "web error 1060")); status != http.StatusTooManyRequests {
		t.Fatalf("%d %s", status, got)
	}
	other := *w
	other.file = w.file + ".other"
	other.write(t, webCookies(time.Now()))
	second := strings.NewReplacer("allow_anonymous", "", "account web", "account another").Replace(other.block(""))
	must(t, w.load(t, w.block("")+second))
	w.close() // the server that has gone away closes connections too
	if status, got := w.send(t, "/v1/chat/completions", fmt.Sprintf(question, "hello")); status != http.StatusTooManyRequests {
		t.Errorf("an account that goes the same way: %d %s", status, got)
	}
	elsewhere := strings.Replace(second, "base_url", "transport http {\n dial_timeout 9s\n}\nbase_url", 1)
	must(t, w.load(t, w.block("")+strings.Replace(elsewhere, "account another", "account third", 1)))
	w.close()
	if status, got := w.send(t, "/v1/chat/completions", fmt.Sprintf(question, "hello")); status != http.StatusOK {
		t.Errorf("an account that goes another way: %d %s", status, got)
	}
}

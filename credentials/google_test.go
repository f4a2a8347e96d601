package credentials

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// tokens is a token endpoint of Google's.
type tokens struct {
	mu    sync.Mutex
	asked int
	fail  bool
	grant string
}

func (s *tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.grant = string(raw)
	if s.fail {
		return reply(400, "application/json", `{"error":"invalid_grant","error_description":"secret words"}`), nil
	}
	return reply(200, "application/json", fmt.Sprintf(`{"access_token":"g-%d","token_type":"Bearer","expires_in":3600}`, s.asked)), nil
}

func serviceAccount(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "proj-1", "client_email": "a@proj-1.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "private_key_id": "k",
		"token_uri": "https://oauth2.googleapis.com/token",
	})
	name := filepath.Join(t.TempDir(), "sa.json")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestServiceAccount(t *testing.T) {
	name := serviceAccount(t)
	server := &tokens{}
	source, err := GoogleFile("v", name, &http.Client{Transport: server}, CloudScope)
	if err != nil {
		t.Fatal(err)
	}
	c, err := source.Token(t.Context())
	if err != nil || c.Token != "g-1" || c.Project != "proj-1" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if _, err := source.Token(t.Context()); err != nil || server.asked != 1 {
		t.Errorf("asked %d times, %v", server.asked, err)
	}
	if !strings.Contains(server.grant, "jwt-bearer") {
		t.Errorf("the grant was %q", server.grant)
	}
	if st := source.Status(); st.State != Ready || st.Kind != KindGoogle {
		t.Errorf("status %+v", st)
	}
}

func TestGoogleFileMistakes(t *testing.T) {
	for name, content := range map[string]string{
		"no json": "hello", "no type": `{"a":1}`, "other type": `{"type":"web"}`,
		"no key": `{"type":"service_account","private_key":5}`,
	} {
		path := filepath.Join(t.TempDir(), "f.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := GoogleFile("v", path, nil, CloudScope); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := GoogleFile("v", "/nowhere/f.json", nil, CloudScope); err == nil {
		t.Error("a file that does not exist was taken")
	}
}

func TestIsGoogleFile(t *testing.T) {
	if !IsGoogleFile([]byte(`{"type":"service_account"}`)) || IsGoogleFile([]byte(credentialFile)) || IsGoogleFile([]byte("x")) {
		t.Error("the kinds of files are mixed up")
	}
}

func TestGoogleTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var fail error
		source := newGoogle("v", nil, func(context.Context) (*google.Credentials, error) {
			n++
			time.Sleep(time.Second)
			if fail != nil {
				return nil, fail
			}
			token := &oauth2.Token{AccessToken: fmt.Sprintf("g-%d", n), Expiry: time.Now().Add(time.Hour)}
			return &google.Credentials{ProjectID: "p", TokenSource: oauth2.StaticTokenSource(token)}, nil
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { token(t, source) })
		}
		wg.Wait()
		if n != 1 {
			t.Errorf("asked %d times for one token", n)
		}
		time.Sleep(57 * time.Minute)
		if got := token(t, source); got != "g-1" { // and the next is fetched meanwhile
			t.Errorf("token %s", got)
		}
		time.Sleep(2 * time.Second)
		if got := token(t, source); got != "g-2" {
			t.Errorf("token %s", got)
		}
		time.Sleep(time.Minute)
		if c, err := source.Refresh(t.Context(), "g-2"); err != nil || c.Token != "g-3" {
			t.Errorf("refreshed to %s, %v", c.Token, err)
		}
		if _, err := source.Refresh(t.Context(), "g-3"); err == nil {
			t.Error("a token that has just been fetched was exchanged")
		}
		fail = errors.New("no network")
		time.Sleep(2 * time.Hour)
		if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), `account "v"`) {
			t.Errorf("got %v", err)
		}
		before := n
		if _, err := source.Token(t.Context()); err == nil || n != before {
			t.Errorf("asked again at once: %v", err)
		}
		fail = nil
		time.Sleep(time.Minute)
		token(t, source)
	})
}

func TestServiceAccountIsRefused(t *testing.T) {
	server := &tokens{fail: true}
	source, err := GoogleFile("v", serviceAccount(t), &http.Client{Transport: server}, CloudScope)
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "invalid_grant") || strings.Contains(err.Error(), "secret words") {
		t.Errorf("got %v", err)
	}
}

package credentials

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestWorkloadIdentity exchanges the token of another cloud, which stands in a file, for one of Google's.
func TestWorkloadIdentity(t *testing.T) {
	dir := t.TempDir()
	subject := filepath.Join(dir, "subject")
	if err := os.WriteFile(subject, []byte("their-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	description, _ := json.Marshal(map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token",
		"credential_source": map[string]any{"file": subject},
	})
	name := filepath.Join(dir, "identity.json")
	if err := os.WriteFile(name, description, 0o600); err != nil {
		t.Fatal(err)
	}
	sts := &tokens{}
	source, err := GoogleFile("a", name, &http.Client{Transport: sts}, CloudScope)
	if err != nil {
		t.Fatal(err)
	}
	c, err := source.Token(t.Context())
	if err != nil || c.Token != "g-1" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if !strings.Contains(sts.grant, "subject_token=their-token") || !strings.Contains(sts.grant, "token-exchange") {
		t.Errorf("asked with %s", sts.grant)
	}
}

const metadataChild = "TEST_METADATA_CHILD"

// TestMetadataServer takes the token of the machine's own service account. It runs in a process of its own, since Google's
// library finds out only once whether it is on such a machine.
func TestMetadataServer(t *testing.T) {
	if os.Getenv(metadataChild) != "" {
		source := GoogleDefault("a", http.DefaultClient, CloudScope)
		for range 2 {
			c, err := source.Token(t.Context())
			if err != nil || c.Token != "machine-1" || c.Project != "machine-project" {
				t.Fatalf("got %+v, %v", c, err)
			}
		}
		if s := source.Status(); s.State != Ready || s.Expiry.IsZero() {
			t.Errorf("status %+v", s)
		}
		return
	}
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Metadata-Flavor") != "Google" {
			http.Error(w, "who asks?", http.StatusForbidden)
			return
		}
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/service-accounts/default/token"):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"machine-%d","expires_in":3599,"token_type":"Bearer"}`, asked.Add(1))
		case strings.HasSuffix(r.URL.Path, "/project/project-id"):
			fmt.Fprint(w, "machine-project")
		case strings.HasSuffix(r.URL.Path, "/universe/universe-domain"):
			fmt.Fprint(w, "googleapis.com")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	cmd := exec.Command(os.Args[0], "-test.run=^TestMetadataServer$", "-test.v")
	cmd.Env = []string{metadataChild + "=1", "GCE_METADATA_HOST=" + strings.TrimPrefix(server.URL, "http://"), "HOME=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
	if asked.Load() != 1 {
		t.Errorf("the token was asked for %d times", asked.Load())
	}
}

package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/certmagic"
)

// credentialFile is as Gemini CLI and others write it.
const credentialFile = `{
  "access_token": "a-0",
  "refresh_token": "r-0",
  "expiry_date": 1700000000000,
  "project_id": "mine",
  "proxy_url": "socks5://127.0.0.1:1080",
  "nested": {"b": 1, "a": [2,   3]},
  "token_type": "Bearer"
}`

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(name, []byte(credentialFile), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	server := &server{}
	p := newProcess(t, server, InFile(link, newMemory()), nil)
	c, err := p.Token(t.Context())
	if err != nil || c.Token != "a-1" || c.Project != "mine" {
		t.Fatalf("got %v, %v", c.Project, err)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDocument(raw)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, m := range d.members {
		order = append(order, m.name)
	}
	if got := strings.Join(order, " "); got != "access_token refresh_token expiry_date project_id proxy_url nested token_type scope" {
		t.Errorf("members: %s", got)
	}
	if proxy, _ := d.text("proxy_url"); proxy != "socks5://127.0.0.1:1080" {
		t.Errorf("the operator's member is gone:\n%s", raw)
	}
	if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %s", info.Mode())
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), ".credential-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	for name, content := range map[string]string{
		"half written": credentialFile[:60],
		"no object":    `["r-0"]`,
		"no tokens":    `{"project_id":"p"}`,
		"wrong kind":   `{"refresh_token":5}`,
		"wrong time":   `{"refresh_token":"r-0","expiry_date":1e300}`,
		"line break":   `{"refresh_token":"r-\n0"}`,
		"two":          `{"refresh_token":"r-0"}{}`,
		"empty":        ``,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			server := &server{}
			p := newProcess(t, server, InFile(path, newMemory()), nil)
			_, err := p.Token(t.Context())
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `account "x"`) || server.count() != 0 {
				t.Errorf("got %v after %d requests", err, server.count())
			}
			p.noSecrets(t, err.Error())
			if raw, _ := os.ReadFile(path); string(raw) != content {
				t.Errorf("the file was overwritten: %s", raw)
			}
		})
	}
}

// TestFileBreaksLater wants the token in memory to be used, and not to be written over what is broken.
func TestFileBreaksLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		token(t, p)
		storage.put(`{"refresh_token":"r-`)
		time.Sleep(58 * time.Minute)
		synctest.Wait()
		if token(t, p) != "a-1" || server.count() != 1 || storage.get() != `{"refresh_token":"r-` {
			t.Errorf("asked %d times, stored %s", server.count(), storage.get())
		}
		if st := p.Status(); st.State != Failing || !strings.Contains(st.Problem, "half written") {
			t.Errorf("status %+v", st)
		}
	})
}

func TestFileIsMissing(t *testing.T) {
	p := newProcess(t, &server{}, InFile(filepath.Join(t.TempDir(), "none.json"), newMemory()), nil)
	_, err := p.Token(t.Context())
	var failure *Error
	if !errors.As(err, &failure) || failure.State != NeedsLogin {
		t.Errorf("got %v", err)
	}
}

// TestCaddysFiles runs two processes over a real folder with its real locks.
func TestCaddysFiles(t *testing.T) {
	storage := &certmagic.FileStorage{Path: t.TempDir()}
	server := &server{}
	if err := Put(t.Context(), InStorage(storage, "x"), Token{Refresh: "r-0"}); err != nil {
		t.Fatal(err)
	}
	first := newProcess(t, server, InStorage(storage, "x"), nil)
	second := newProcess(t, server, InStorage(&certmagic.FileStorage{Path: storage.Path}, "x"), nil)
	done := make(chan string)
	for _, p := range []*process{first, second} {
		go func() {
			c, err := p.Token(t.Context())
			done <- fmt.Sprint(c.Token, err)
		}()
	}
	if a, b := <-done, <-done; a != b || server.count() != 1 {
		t.Errorf("got %s and %s after %d requests", a, b, server.count())
	}
	if err := Remove(t.Context(), first.Store); err != nil {
		t.Fatal(err)
	}
	if _, err := Get(t.Context(), first.Store); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the logout: %v", err)
	}
	if err := Remove(t.Context(), first.Store); err != nil {
		t.Errorf("the second logout: %v", err)
	}
}

func FuzzReadToken(f *testing.F) {
	f.Add([]byte(credentialFile))
	f.Add([]byte(`{"refresh_token":"r","expiry_date":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		token, err := readToken(raw)
		if err != nil {
			return
		}
		d, err := parseDocument(raw)
		if err != nil {
			t.Fatal(err)
		}
		token.writeInto(&d)
		again, err := readToken(d.bytes())
		if err != nil || again.mark() != token.mark() || !again.Expiry.Equal(token.Expiry) {
			t.Errorf("%q became %q, %v", raw, d.bytes(), err)
		}
	})
}

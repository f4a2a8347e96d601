package credentials

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

var kills = flag.Int("kills", 2, "how many times TestKilled kills a process")

// What a process of TestKilled is told by its environment.
const (
	childFolder = "AI_GATEWAY_TEST_FOLDER"
	childServer = "AI_GATEWAY_TEST_SERVER"
)

// TestChild is one of the processes of TestKilled. It uses an account until it is killed.
func TestChild(t *testing.T) {
	if os.Getenv(childFolder) == "" {
		t.Skip("it is TestKilled that starts this")
	}
	o, err := Open(Options{
		Account: "x", Client: Client{ID: "id", Secret: "hush", TokenURL: os.Getenv(childServer)},
		Store: InStorage(&certmagic.FileStorage{Path: os.Getenv(childFolder)}, "x"), Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Publish()
	for {
		_, err := o.Token(t.Context())
		fmt.Printf("child: %v %s\n", err, o.Status().State)
		time.Sleep(100 * time.Millisecond)
	}
}

// ServeHTTP makes the server one for other processes.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, err := s.RoundTrip(r)
	if err != nil {
		return // the client has died
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// children are the processes of TestKilled.
type children struct {
	t      *testing.T
	env    []string
	mu     sync.Mutex
	worst  string // what a process said of an account that is lost
	usable int    // times that a process had a token
}

func (c *children) start() *exec.Cmd {
	c.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), c.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			c.mu.Lock()
			switch line := lines.Text(); {
			case strings.Contains(line, string(NeedsLogin)):
				c.worst = line
			case strings.HasPrefix(line, "child: <nil>"):
				c.usable++
			}
			c.mu.Unlock()
		}
	}()
	return cmd
}

func (c *children) used() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usable
}

// TestKilled has two processes share an account in one folder while they are killed at random moments. The server
// rotates refresh tokens, punishes their reuse, and honours the one before until the newest has been used: otherwise
// nobody could survive a kill between its answer and the store.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while until the lock of a dead process is stale")
	}
	server := &server{lenient: true, life: 12, delay: 200 * time.Millisecond}
	front := httptest.NewServer(server)
	defer front.Close()
	folder := t.TempDir()
	store := InStorage(&certmagic.FileStorage{Path: folder}, "x")
	if err := Put(t.Context(), store, Token{Refresh: "r-0"}); err != nil {
		t.Fatal(err)
	}
	c := &children{t: t, env: []string{childFolder + "=" + folder, childServer + "=" + front.URL}}
	running := []*exec.Cmd{c.start(), c.start()}
	kill := func(i int) {
		_ = running[i].Process.Kill()
		_ = running[i].Wait()
	}
	defer func() {
		kill(0)
		kill(1)
	}()
	for range *kills {
		asked := server.count()
		for deadline := time.Now().Add(3 * time.Minute); server.count() == asked; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nobody refreshes any more")
			}
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // before, within or after the exchange
		victim := rand.IntN(2)
		kill(victim)
		running[victim] = c.start()
	}
	asked, used := server.count(), c.used()
	for deadline := time.Now().Add(3 * time.Minute); server.count() < asked+2 || c.used() < used+2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after the last kill: %d refreshes, %d tokens", server.count()-asked, c.used()-used)
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if server.reused || server.again > *kills || c.worst != "" {
		t.Errorf("a refresh token was used twice: %v, or %d times with %d kills; %s", server.reused, server.again, *kills, c.worst)
	}
}

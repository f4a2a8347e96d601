package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func patient() Limits {
	l := DefaultLimits()
	l.Timeout, l.Whole = time.Minute, time.Minute
	return l
}

// one fetches one medium and returns what it is, or why not.
func (w *world) fetch(t *testing.T, item Item) (Content, string) {
	t.Helper()
	got, err := w.Basket().Get(context.Background(), []Item{item})
	var e *Error
	switch {
	case errors.As(err, &e):
		if strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "/") && !strings.Contains(e.Error(), "but ") {
			t.Errorf("the error tells more than the host: %v", e)
		}
		return Content{}, e.Error()
	case err != nil:
		return Content{}, "context: " + err.Error()
	}
	return got[0], ""
}

func TestFetch(t *testing.T) {
	var seen atomic.Pointer[http.Request]
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	w := newWorld(t, patient(), home, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Clone(context.Background()))
		http.SetCookie(w, &http.Cookie{Name: "tracked", Value: "1"})
		serves("image/png", png)(w, r)
	})
	for range 2 { // the second time a cookie could be sent
		got, reason := w.fetch(t, Item{w.at("/cat.png?key=secret"), Image})
		if reason != "" || got.MIME != "image/png" || string(got.Data) != png {
			t.Fatalf("got %s %d bytes, %s", got.MIME, len(got.Data), reason)
		}
	}
	for name, values := range seen.Load().Header {
		switch name {
		case "User-Agent":
			if values[0] != "ai-gateway/test" {
				t.Errorf("User-Agent: %s", values)
			}
		case "Accept":
		default:
			t.Errorf("it sends %s: %s", name, values)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		name, declared, body string
		kind                 Kind
		want                 string // the type, or a part of the reason
	}{
		{"png", "image/png", png, Image, "image/png"},
		{"png declared as jpeg", "image/jpeg", png, Image, "image/png"},
		{"png without type", "application/octet-stream", png, Image, "image/png"},
		{"png as html", "text/html", png, Image, "it is no image but text/html"},
		{"html as png", "image/png", "<html><script>1</script>", Image, "it is no image but text/html"},
		{"svg", "image/svg+xml", "<?xml version='1.0'?><svg/>", Image, "it is no image but text/xml"},
		{"json", "application/json", `{"token":"x"}`, Image, "it is no image but application/json"},
		{"secrets as an image", "image/png", "root:x:0:0:root", Image, "it is no image but text/plain"},
		{"pdf", "application/pdf", pdf, Document, "application/pdf"},
		{"pdf as an image", "application/pdf", pdf, Image, "it is no image but application/pdf"},
		{"text as a document", "text/plain", "hello", Document, "it is no document but text/plain"},
		{"mp3", "audio/mpeg", mp3, Audio, "audio/mpeg"},
		{"mp3 frames", "audio/mpeg", "\xff\xfb" + strings.Repeat("m", 600), Audio, "audio/mpeg"},
		{"wav", "audio/x-wav", "RIFF\x00\x00\x00\x00WAVEfmt ", Audio, "audio/wav"},
		{"ogg", "application/ogg", "OggS\x00" + strings.Repeat("o", 600), Audio, "audio/ogg"},
		{"heic", "image/heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", Image, "image/heic"},
		{"mp4", "video/mp4", mp4, Video, "video/mp4"},
		{"mp4 as a sound", "audio/mp4", mp4, Audio, "audio/mp4"},
		{"nothing", "image/png", "", Image, "it is empty"},
		{"an odd type", "text/\"<x>\r", png, Image, "it is no image but something else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := typeOf(c.kind, c.declared, []byte(c.body[:min(len(c.body), sniffed)]))
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestRefused asks for what must not be fetched. Nothing is dialled.
func TestRefused(t *testing.T) {
	w := newWorld(t, patient(), func(name string) string {
		return map[string]string{
			"metadata.google.internal": "169.254.169.254", "inside.example.com": "10.1.2.3", "six.example.com": "::1",
			"mapped.example.com": "::ffff:10.0.0.1", "nat.example.com": "64:ff9b::7f00:1",
		}[name]
	}, serves("image/png", png))
	private := unreachable // and nothing else, so that nobody can tell which names there are
	for url, want := range map[string]string{
		"http://example.com/x":                    "only https",
		"file:///etc/passwd":                      "only https",
		"gopher://example.com/":                   "only https",
		"ftp://example.com/":                      "only https",
		"https:///x":                              "no host",
		"https://user:secret@example.com/":        "user name",
		"https://127.0.0.1/":                      private,
		"https://127.0.0.2/":                      private,
		"https://[::1]/":                          private,
		"https://[::ffff:127.0.0.1]/":             private,
		"https://[64:ff9b::7f00:1]/":              private,
		"https://[fe80::1%25lo]/":                 private,
		"https://169.254.169.254/latest/meta":     private,
		"https://0.0.0.0/":                        private,
		"https://metadata.google.internal/secret": private,
		"https://inside.example.com/":             private,
		"https://six.example.com/":                private,
		"https://mapped.example.com/":             private,
		"https://nat.example.com/":                private,
		"https://8.8.8.8:22/":                     "only port 443",
		"https://nowhere.example.com/":            private,
		"https://nowhere.example.com:8443/":       private,
		"https://inside.example.com:8443/":        private,
		"https://exa mple.com/?key=secret":        "cannot be read",
		"https://%zz/":                            "cannot be read",
		"::":                                      "cannot be read",
	} {
		if _, reason := w.fetch(t, Item{url, Image}); !strings.Contains(reason, want) {
			t.Errorf("%s: %q, want %q", url, reason, want)
		}
	}
	if n := w.dialled.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// TestRebinding resolves a name to a public address first and to a private one
// later: only what is connected to counts.
func TestRebinding(t *testing.T) {
	var private atomic.Bool
	w := newWorld(t, patient(), func(string) string {
		if private.Load() {
			return "10.0.0.1"
		}
		return "127.0.0.1"
	}, serves("image/png", png))
	if _, reason := w.fetch(t, Item{w.at("/"), Image}); reason != "" {
		t.Fatal(reason)
	}
	w.Fetcher.Close() // the connection that it has may be used again
	private.Store(true)
	if _, reason := w.fetch(t, Item{w.at("/"), Image}); !strings.HasSuffix(reason, unreachable) {
		t.Errorf("got %q", reason)
	}
}

func TestRedirects(t *testing.T) {
	var referer atomic.Value
	w := newWorld(t, patient(), func(name string) string {
		if name == "inside.example.com" {
			return "192.168.0.1"
		}
		return "127.0.0.1"
	}, func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/hops/%d", &n); err == nil && n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hops/%d?key=secret", n-1), http.StatusFound)
			return
		}
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		referer.Store(r.Header.Get("Referer"))
		serves("image/png", png)(w, r)
	})
	for path, want := range map[string]string{
		"/hops/3":                         "",
		"/hops/4":                         "more than 3 times",
		"/?to=https://127.0.0.1/":         "example.com: it redirects to 127.0.0.1: " + unreachable,
		"/?to=https://[::1]:443/":         unreachable,
		"/?to=https://inside.example.com": unreachable,
		"/?to=http://example.com/":        "it redirects, and only https",
		"/?to=file:///etc/passwd":         "only https",
		"/?to=https://a:b@example.com/":   "user name",
		"/?to=" + w.at("/x?key=secret"):   "",
	} {
		if _, reason := w.fetch(t, Item{w.at(path), Image}); want == "" && reason != "" || !strings.Contains(reason, want) {
			t.Errorf("%s: %q, want %q", path, reason, want)
		}
	}
	if referer.Load() != "" {
		t.Errorf("the next host is told %q", referer.Load())
	}
}

// TestHostile meets servers that would rather keep the gateway busy.
func TestHostile(t *testing.T) {
	limits := DefaultLimits()
	limits.Item, limits.Timeout, limits.Whole = 1<<20, time.Minute, time.Minute
	w := newWorld(t, limits, home, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, png)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 32<<10)); err != nil {
					return
				}
			}
		case "/huge":
			w.Header().Set("Content-Length", "99999999999")
			serves("image/png", png)(w, r)
		case "/headers":
			for i := range 4000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("h", 100))
			}
		case "/short":
			w.Header().Set("Content-Length", "5000")
			serves("image/png", png)(w, r)
		case "/zipped":
			w.Header().Set("Content-Encoding", "gzip")
			serves("image/png", "\x1f\x8b\x08\x00")(w, r)
		default:
			http.Error(w, "no", http.StatusForbidden)
		}
	})
	for path, want := range map[string]string{
		"/endless": "larger than 1 MB", "/huge": "larger than 1 MB",
		"/headers": "the connection failed", "/short": "the connection failed", "/zipped": "it is no image", "/gone": "status 403",
	} {
		w.refuses(t, path, want)
	}
}

func (w *world) refuses(t *testing.T, path, want string) {
	t.Helper()
	_, reason := w.fetch(t, Item{w.at(path + "?key=secret"), Image})
	if !strings.Contains(reason, want) || !strings.HasPrefix(reason, "example.com: ") {
		t.Errorf("%s: %q, want %q", path, reason, want)
	}
}

// TestSlow meets servers that never come to an end. One that ends as soon as
// nobody waits any more has not sent a whole image either.
func TestSlow(t *testing.T) {
	limits := DefaultLimits()
	limits.Timeout = 200 * time.Millisecond
	w := newWorld(t, limits, home, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stalls" {
			serves("image/png", png)(w, r)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	for range 5 {
		w.refuses(t, "/silent", "longer than 200ms")
		w.refuses(t, "/stalls", "longer than 200ms")
	}
}

// TestCertificate does not talk to whom it cannot tell.
func TestCertificate(t *testing.T) {
	w := newWorld(t, patient(), home, serves("image/png", png))
	if _, reason := w.fetch(t, Item{"https://example.org:" + w.port, Image}); !strings.Contains(reason, "certificate") {
		t.Errorf("got %q", reason)
	}
}

// TestTogether bounds what a request's media take and how many are fetched at
// the same time, whoever asks.
func TestTogether(t *testing.T) {
	limits := patient()
	limits.Item, limits.Total, limits.Items, limits.Parallel, limits.Together = 1<<20, 2<<20, 5, 2, 3
	var running, most atomic.Int64
	w := newWorld(t, limits, home, func(w http.ResponseWriter, r *http.Request) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		body := png
		if r.URL.Path == "/big" {
			body += strings.Repeat("b", 1<<20-1000)
		}
		serves("image/png", body)(w, r)
	})
	list := func(path string, n int) []Item {
		items := make([]Item, n)
		for i := range items {
			items[i] = Item{w.at(fmt.Sprintf("%s?%d", path, i)), Image}
		}
		return items
	}
	if got, err := w.Basket().Get(context.Background(), list("/", 5)); err != nil || len(got) != 5 || string(got[4].Data) != png {
		t.Errorf("got %d, %v", len(got), err)
	}
	if _, err := w.Basket().Get(context.Background(), list("/", 6)); err == nil || !strings.Contains(err.Error(), "at most 5 URLs") {
		t.Errorf("six: %v", err)
	}
	if _, err := w.Basket().Get(context.Background(), list("/big", 2)); err != nil {
		t.Errorf("two of 1 MB: %v", err)
	}
	if _, err := w.Basket().Get(context.Background(), list("/big", 3)); err == nil || !strings.Contains(err.Error(), "together are larger than 2 MB") {
		t.Errorf("three of 1 MB: %v", err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.Basket().Get(context.Background(), list("/", 4)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > 3 || n < 2 {
		t.Errorf("%d at the same time", n)
	}
}

// TestClientLeaves gives up at once.
func TestClientLeaves(t *testing.T) {
	began := make(chan struct{})
	w := newWorld(t, patient(), home, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-began
		cancel()
	}()
	if _, err := w.Basket().Get(ctx, []Item{{w.at("/"), Image}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestOnce fetches what a request names several times, or asks for again, once,
// also when it fails.
func TestOnce(t *testing.T) {
	var asked atomic.Int64
	w := newWorld(t, patient(), home, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/bad" {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		serves("image/png", png)(w, r)
	})
	b, good, bad := w.Basket(), Item{w.at("/good"), Image}, Item{w.at("/bad"), Image}
	for range 2 {
		if got, err := b.Get(context.Background(), []Item{good, good, good}); err != nil || len(got) != 3 || string(got[2].Data) != png {
			t.Fatalf("got %d, %v", len(got), err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	for range 2 {
		var e *Error
		if _, err := b.Get(context.Background(), []Item{good, good, bad}); !errors.As(err, &e) || e.Item != 2 || e.Reason != "it answers with status 404" {
			t.Errorf("got %v", err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

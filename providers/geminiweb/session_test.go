package geminiweb

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// world is a web app and an account of it.
type world struct {
	*Session
	web    *simulator.Web
	server *httptest.Server
	logs   *observer.ObservedLogs
	file   string
}

const (
	goodSession = "g.a000-good-session"
	goodStamp   = "sidts-good-stamp"
)

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{web: simulator.NewWeb(simulator.WebOptions{Session: goodSession, Stamp: goodStamp})}
	w.server = httptest.NewServer(w.web)
	t.Cleanup(w.server.Close)
	w.file = filepath.Join(t.TempDir(), "cookies.json")
	w.write(t, goodSession, goodStamp)
	core, logs := observer.New(zap.DebugLevel)
	w.logs = logs
	cookies, err := credentials.OpenCookies(credentials.CookieOptions{
		Account: w.file, Store: credentials.InFile(w.file, &certmagic.FileStorage{Path: t.TempDir()}), HTTP: http.DefaultTransport,
		RotateURL: w.server.URL + "/RotateCookies", Origin: "https://accounts.google.com", Interval: 9 * time.Minute, UserAgent: "test",
		Hint: "bring fresh ones", Logger: zap.New(core),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cookies.Close)
	o := Options{
		Account: "web", Cookies: cookies, Below: http.DefaultTransport, Logger: zap.New(core), BaseURL: w.server.URL,
		UploadURL: w.server.URL + "/upload", Language: "en", Profile: ByMode, FirstPart: 5 * time.Second, Between: 5 * time.Second, Longest: 20 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	if w.Session, err = New(o); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) write(t *testing.T, session, stamp string) {
	t.Helper()
	raw := fmt.Sprintf(`{"__Secure-1PSID":%q,"__Secure-1PSIDTS":%q,"updated_at":%q}`, session, stamp, time.Now().Format(time.RFC3339))
	if err := os.WriteFile(w.file, []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
}

// say sends a draft as the gateway does and returns the status and what comes.
func (w *world) say(t *testing.T, model, session, draft string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := w.Cookies.Token(ctx); err != nil {
		return 0, err.Error()
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL, strings.NewReader(string(Wrap(model, session, []byte(draft)))))
	req.Header = http.Header{"User-Agent": {"test"}}
	resp, err := w.RoundTrip(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err.Error()
	}
	return resp.StatusCode, string(body)
}

// clean fails when the page would not have sent what was sent, or when a secret has been written somewhere.
func (w *world) clean(t *testing.T) {
	t.Helper()
	if wrong := w.web.Wrong(); len(wrong) > 0 {
		t.Errorf("the page would never send this: %q", wrong)
	}
	for _, entry := range w.logs.All() {
		text, _ := json.Marshal(entry.ContextMap())
		for _, secret := range []string{goodSession, goodStamp, "sidts-"} {
			if strings.Contains(string(text)+entry.Message, secret) {
				t.Errorf("the log holds a cookie: %s %s", entry.Message, text)
			}
		}
	}
}

func draftOf(prompt string) string {
	return `{"prompt":` + quoted(prompt) + `,"last":` + quoted(prompt) + `,"history":"h","through":"t"}`
}

func TestAnswer(t *testing.T) {
	for _, profile := range []Profile{ByMode, ByID} {
		for _, user := range []int{0, 1} {
			w := newWorld(t, func(o *Options) { o.Profile, o.User = profile, user })
			for _, model := range []string{"gemini-3-flash", "gemini-2.5-pro", "3.1 Pro", "gemini-3-flash-thinking"} {
				status, body := w.say(t, model, "", draftOf("Grüße 🌍 \"you\""))
				if status != 200 || !strings.Contains(body, `You said: Grüße 🌍`) || !strings.Contains(body, `data: [["e",5`) {
					t.Errorf("%s, user %d, %s: %d %s", profile, user, model, status, body)
				}
				if strings.Contains(body, `[42]`) {
					t.Error(body)
				}
			}
			w.clean(t)
			if answers, _, pages := w.web.Counts(); answers != 4 || pages != 1 {
				t.Errorf("%d answers of %d pages", answers, pages)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, prompt, model string
		before              func(*world)
		status              int
		want                string
		answers             int // that were asked for
	}{
		{name: "unknown model", prompt: "x", model: "gemini-9", status: 404, want: "model_not_found"},
		{name: "model is used up", prompt: "web error 1037", status: 429, want: "web_1037", answers: 1},
		{name: "temporary, then well", prompt: "web errors 1013", status: 200, want: "You said", answers: 2},
		{name: "temporary", prompt: "web error 1013", status: 502, want: "web_1013", answers: 2},
		{name: "address", prompt: "web error 1060", status: 429, want: "address_blocked", answers: 1},
		{name: "model of another time", prompt: "web error 1052", status: 404, want: "web_1052", answers: 2},
		{name: "unknown error", prompt: "web error 1152", status: 502, want: "web_1152", answers: 1},
		{name: "bare status", prompt: "bare status 13", status: 502, want: "status_13", answers: 1},
		{name: "page instead of data", prompt: "garbage", status: 401, want: "logged_out", answers: 1},
		{name: "limited", prompt: "fail with 429", status: 429, want: "rate_limit", answers: 1},
		{name: "server error", prompt: "fail with 503", status: 503, want: "status_503", answers: 1},
		{name: "terms", prompt: "x", before: func(w *world) { w.web.SetStatus(1042) }, status: 403, want: "terms of use"},
		{name: "logged out by status", prompt: "x", before: func(w *world) { w.web.SetStatus(1016) }, status: 401, want: "account_1016"},
		{name: "country", prompt: "x", before: func(w *world) { w.web.SetStatus(1060) }, status: 403, want: "not offered where"},
		{name: "dead session", prompt: "x", before: func(w *world) { w.web.Expire(true) }, status: 401, want: "asks to log in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			if c.before != nil {
				c.before(w)
			}
			if c.model == "" {
				c.model = "gemini-3-flash"
			}
			status, body := w.say(t, c.model, "", draftOf(c.prompt))
			if answers, _, _ := w.web.Counts(); status != c.status || !strings.Contains(body, c.want) || answers != c.answers {
				t.Errorf("%d %s after %d questions", status, body, answers)
			}
			w.clean(t)
		})
	}
}

// TestStaleToken renews the page when its token is good no longer, and only then.
func TestStaleToken(t *testing.T) {
	w := newWorld(t, nil)
	for range 2 {
		if status, body := w.say(t, "gemini-3-flash", "", draftOf("x")); status != 200 {
			t.Fatal(status, body)
		}
		w.web.Expire(false)
	}
	if status, body := w.say(t, "gemini-3-flash", "", draftOf("x")); status != 200 {
		t.Error(status, body)
	}
	if answers, _, pages := w.web.Counts(); answers != 5 || pages != 3 {
		t.Errorf("%d answers, %d pages", answers, pages)
	}
	w.clean(t)
}

// TestEgress leaves an address alone that Google blocks, for all accounts that have it.
func TestEgress(t *testing.T) {
	shared := new(Egress)
	w := newWorld(t, func(o *Options) { o.Egress = shared })
	if status, _ := w.say(t, "gemini-3-flash", "", draftOf("web error 1060")); status != 429 {
		t.Fatal(status)
	}
	other := *w.Session
	other.Account = "other"
	status, body := (&world{Session: &other, server: w.server}).say(t, "gemini-3-flash", "", draftOf("x"))
	if answers, _, _ := w.web.Counts(); status != 429 || !strings.Contains(body, "address_blocked") || answers != 1 {
		t.Errorf("%d %s after %d", status, body, answers)
	}
}

func TestFiles(t *testing.T) {
	for _, resumable := range []bool{false, true} {
		w := newWorld(t, func(o *Options) { o.Resumable = resumable })
		draft := `{"prompt":"look","files":[{"name":"a.png","mime":"image/png","data":"` + simulator.WebPicture + `"},{"name":"b.txt","mime":"text/plain","data":"aGk="}]}`
		for range 2 {
			if status, body := w.say(t, "gemini-3-flash", "", draft); status != 200 || !strings.Contains(body, "I received 2 files.") {
				t.Fatalf("%d %s", status, body)
			}
		}
		if len(w.state.uploads) != 2 {
			t.Errorf("%d uploads are remembered", len(w.state.uploads))
		}
		if status, body := w.say(t, "gemini-3-flash", "", `{"prompt":"look","files":[{"name":"a","mime":"b","data":"%"}]}`); status != 400 {
			t.Error(status, body)
		}
		w.clean(t)
	}
}

func TestPictures(t *testing.T) {
	w := newWorld(t, nil)
	status, body := w.say(t, "gemini-3-flash", "", draftOf("draw a cat"))
	if status != 200 || strings.Count(body, "event: image\n") != 1 || !strings.Contains(body, `{"mime":"image/png","data":"`+simulator.WebPicture+`"}`) {
		t.Errorf("%d %s", status, body)
	}
	w.clean(t)
}

func TestWhole(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Whole = true })
	status, body := w.say(t, "gemini-3-flash", "", draftOf("one two three four"))
	if status != 200 || strings.Count(body, "You said") != 1 || strings.Count(body, "event: final\n") != 1 {
		t.Errorf("%d %s", status, body)
	}
}

// TestSticky continues a conversation with the last words alone, and begins anew when the app does not know what was
// said before.
func TestSticky(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Sticky = true })
	draft := func(history, through, prompt, last string) string {
		return `{"prompt":` + quoted(prompt) + `,"last":` + quoted(last) + `,"history":` + quoted(history) + `,"through":` + quoted(through) + `}`
	}
	first := chainOf("", "user", "one")
	if status, body := w.say(t, "gemini-3-flash", "s", draft("", first, "one", "one")); status != 200 {
		t.Fatal(status, body)
	}
	history := chainOf(first, "assistant", "You said: one")
	status, body := w.say(t, "gemini-3-flash", "s", draft(history, chainOf(history, "user", "two"), "User: one\n\nUser: two", "two"))
	if status != 200 || !strings.Contains(body, "You said: two") || len(w.state.chats) != 2 {
		t.Errorf("%d %s, %d conversations", status, body, len(w.state.chats))
	}
	// Another session and another model do not continue it.
	for _, c := range []struct{ model, session string }{{"gemini-3-flash", "other"}, {"gemini-3-pro", "s"}, {"gemini-3-flash", ""}} {
		before, _, _ := w.web.Counts()
		status, body := w.say(t, c.model, c.session, draft(history, "x", "all of it", "two"))
		if after, _, _ := w.web.Counts(); after != before+1 {
			t.Errorf("%v: the app was asked %d times", c, after-before)
		}
		if status != 200 || !strings.Contains(body, "You said: all of it") {
			t.Errorf("%v: %d %s", c, status, body)
		}
	}
	// The app has forgotten it.
	for key, c := range w.state.chats {
		c.meta[1] = `"r_gone"`
		w.state.chats[key] = c
	}
	status, body = w.say(t, "gemini-3-flash", "s", draft(history, "x", "all of it", "two"))
	if status != 200 || !strings.Contains(body, "You said: all of it") {
		t.Errorf("%d %s", status, body)
	}
	w.clean(t)
}

// TestBroken ends an answer whose connection breaks with an error, and one that is silent.
func TestBroken(t *testing.T) {
	w := newWorld(t, nil)
	if _, body := w.say(t, "gemini-3-flash", "", draftOf("cut after 3 words and say exactly: a b c d e f g")); !strings.Contains(body, "connection broke") {
		t.Error(body)
	}
	slow := newWorld(t, func(o *Options) { o.FirstPart = 50 * time.Millisecond })
	slow.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "StreamGenerate") {
			_, _ = io.Copy(io.Discard, r.Body) // so that the server notices that the client leaves
			<-r.Context().Done()
			return
		}
		slow.web.ServeHTTP(rw, r)
	})
	if _, body := slow.say(t, "gemini-3-flash", "", draftOf("x")); body != errSilent.Error() {
		t.Error(body)
	}
}

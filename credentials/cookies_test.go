package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// exchange is where short-lived cookies are exchanged. It ends the session when one comes back that was exchanged before
// the last time, and notes who comes within a minute.
type exchange struct {
	mu     sync.Mutex
	n      int // of the newest stamp, ts-n
	asked  int
	dead   bool
	soon   bool
	last   time.Time
	mode   int // a status to answer with instead; 200 answers without a cookie
	failed error
}

func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	body, _ := io.ReadAll(r.Body)
	switch {
	case x.failed != nil:
		return nil, x.failed
	case string(body) != `[000,"-0000000000000000000"]` || r.URL.Host != "accounts.google.com" || r.Header.Get("Origin") == "":
		return reply(400, "text/html", "wrong"), nil
	case x.mode == 200:
		resp := reply(200, "application/json", ")]}'")
		resp.Header.Add("Set-Cookie", "__Secure-1PSIDCC=cc; Domain=.google.com; Path=/")
		return resp, nil
	case x.mode != 0:
		return reply(x.mode, "text/html", "<html>secret words</html>"), nil
	}
	x.soon = x.soon || !x.last.IsZero() && time.Since(x.last) < time.Minute
	x.last = time.Now()
	cookies := r.Header.Get("Cookie")
	switch {
	case x.dead || !strings.Contains(cookies, "__Secure-1PSID=sid"):
		return reply(401, "text/html", "over"), nil
	case strings.HasSuffix(cookies, fmt.Sprintf("ts-%d", x.n)) || strings.Contains(cookies, fmt.Sprintf("ts-%d;", x.n)):
	case !strings.Contains(cookies, "PSIDTS"):
	default:
		x.dead = true
		return reply(401, "text/html", "stolen"), nil
	}
	x.n++
	resp := reply(200, "application/json", ")]}'")
	resp.Header.Add("Set-Cookie", fmt.Sprintf("__Secure-1PSIDTS=ts-%d; Domain=.google.com; Path=/; Secure; HttpOnly; Max-Age=31536000", x.n))
	return resp, nil
}

func (x *exchange) set(mode int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mode = mode
}

func (x *exchange) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.asked
}

// cookieWorld is an account in one process. Several share a storage.
type cookieWorld struct {
	*Cookies
	*exchange
	storage *memory
	logs    *observer.ObservedLogs
	results map[string]int
	mu      sync.Mutex
}

func newCookieWorld(t *testing.T, storage *memory, x *exchange, change func(*CookieOptions)) *cookieWorld {
	t.Helper()
	w := &cookieWorld{exchange: x, storage: storage, results: map[string]int{}}
	core, logs := observer.New(zap.DebugLevel)
	w.logs = logs
	o := CookieOptions{
		Account: "web", Store: CookiesInStorage(storage, "web"), HTTP: x, RotateURL: "https://accounts.google.com/RotateCookies",
		Origin: "https://accounts.google.com", Interval: 9 * time.Minute, Hint: "bring fresh ones", Logger: zap.New(core), Random: func() float64 { return 0 },
		Refreshed: func(result string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.results[result]++
		},
	}
	if change != nil {
		change(&o)
	}
	c, err := openCookies(caddy.NewUsagePool(), o)
	if err != nil {
		t.Fatal(err)
	}
	w.Cookies = c
	return w
}

const cookieKey = "ai_gateway/cookies/web.json"

func storedCookies(stamp string, at time.Time) []byte {
	return fmt.Appendf(nil, `{"__Secure-1PSID":"sid","__Secure-1PSIDTS":%q,"updated_at":%q,"kept":[1.0]}`, stamp, at.UTC().Format(time.RFC3339))
}

// stamp returns what is stored of the short-lived cookie.
func (w *cookieWorld) stamp(t *testing.T) string {
	t.Helper()
	raw, err := w.storage.Load(t.Context(), cookieKey)
	if err != nil {
		t.Fatal(err)
	}
	f, err := readCookies(raw, time.Now())
	if err != nil || !strings.Contains(string(raw), "[1.0]") && !strings.Contains(string(raw), "1.0") {
		t.Fatalf("%v in %s", err, raw)
	}
	return f.jar.get(cookieStamp)
}

func (w *cookieWorld) noSecrets(t *testing.T) {
	t.Helper()
	for _, e := range w.logs.All() {
		text := e.Message + fmt.Sprint(e.ContextMap())
		for _, secret := range []string{"ts-", "secret words", "=sid"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %q: %s", secret, text)
			}
		}
	}
}

// TestRotation exchanges the cookie every nine minutes and stores every one, whether or not anybody asks for it.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		w := newCookieWorld(t, m, &exchange{}, nil)
		w.Publish()
		time.Sleep(8 * time.Minute)
		if w.count() != 0 {
			t.Errorf("exchanged %d times too early", w.count())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if w.count() != 1 || w.stamp(t) != "ts-1" {
			t.Errorf("exchanged %d times, stored %s", w.count(), w.stamp(t))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := w.count(); n < 7 || n > 8 || w.stamp(t) != fmt.Sprintf("ts-%d", n) || w.soon || w.dead {
			t.Errorf("exchanged %d times, stored %s, %t %t", n, w.stamp(t), w.soon, w.dead)
		}
		if s := w.CookieStatus(t.Context()); !s.Healthy || s.Result != ResultOK || !s.HasSession || !s.HasStamp || !s.AutoRefresh {
			t.Errorf("%+v", s)
		}
		w.Close()
		w.noSecrets(t)
	})
}

// TestAdopted does not exchange what another process has exchanged meanwhile.
func TestAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, x := newMemory(), &exchange{}
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		one, two := newCookieWorld(t, m, x, nil), newCookieWorld(t, m, x, nil)
		for _, w := range []*cookieWorld{one, two} {
			if _, err := w.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Minute)
		for _, w := range []*cookieWorld{one, two} {
			if err := w.state.rotate(t.Context(), w.Cookies); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait() // the results are told behind the end of an exchange
		if x.count() != 1 || two.results[ResultAdopted] != 1 || one.state.mark() != two.state.mark() {
			t.Errorf("asked %d times, %v", x.count(), two.results)
		}
	})
}

// TestNoStamp asks for the short-lived cookie at once where there is none, and not again and again.
func TestNoStamp(t *testing.T) {
	for mode, asked := range map[int]int{0: 1, 200: 6} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			_ = m.Store(t.Context(), cookieKey, []byte(`{"__Secure-1PSID":"sid"}`))
			w := newCookieWorld(t, m, &exchange{mode: mode}, nil)
			w.Publish()
			time.Sleep(5*time.Minute + time.Second)
			synctest.Wait()
			if n := w.count(); n < 1 || n > asked || mode == 0 && w.inUse(t) != "ts-1" {
				t.Errorf("mode %d: asked %d times", mode, n)
			}
			w.Close()
		})
	}
}

// inUse is what the process has of the short-lived cookie.
func (w *cookieWorld) inUse(t *testing.T) string {
	t.Helper()
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	return w.state.jar.get(cookieStamp)
}

// TestTwoGateways share a storage: each takes over what the other has exchanged, and none comes within a minute.
func TestTwoGateways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, x := newMemory(), &exchange{}
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		one, two := newCookieWorld(t, m, x, nil), newCookieWorld(t, m, x, func(o *CookieOptions) { o.Random = func() float64 { return 0.01 } })
		one.Publish()
		two.Publish()
		for range 20 {
			time.Sleep(9 * time.Minute)
			for _, w := range []*cookieWorld{one, two} { // both are refused at once
				c, err := w.Token(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, _ = w.Refresh(context.Background(), c.Token) }()
			}
			synctest.Wait()
		}
		if x.soon || x.dead || one.state.mark() == "" {
			t.Errorf("soon %t, dead %t", x.soon, x.dead)
		}
		one.Close()
		two.Close()
	})
}

// TestTwoGatewaysWithoutStamp share a file of either form, and ask together no more often than one may alone, whatever
// they are answered.
func TestTwoGatewaysWithoutStamp(t *testing.T) {
	for name, raw := range map[string]string{
		"object": `{"__Secure-1PSID":"sid"}`, "export": `[{"name":"__Secure-1PSID","value":"sid","domain":".google.com","path":"/","x":1}]`,
	} {
		synctest.Test(t, func(t *testing.T) {
			m, x := newMemory(), &exchange{mode: 200}
			_ = m.Store(t.Context(), cookieKey, []byte(raw))
			one, two := newCookieWorld(t, m, x, nil), newCookieWorld(t, m, x, func(o *CookieOptions) { o.Random = func() float64 { return 0.5 } })
			one.Publish()
			time.Sleep(20 * time.Second)
			two.Publish()
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if n := x.count(); n < 2 || n > 6 {
				t.Errorf("%s: asked %d times", name, n)
			}
			stored, _ := m.Load(t.Context(), cookieKey)
			if f, err := readCookies(stored, time.Now()); err != nil || f.rotated.IsZero() || !strings.Contains(string(stored), "rotated_at") {
				t.Errorf("%s: %v, stored is %s", name, err, stored)
			}
			if err := one.Put(t.Context(), "other", "ts-1"); err != nil {
				t.Error(err)
			}
			if stored, _ := m.Load(t.Context(), cookieKey); strings.Contains(string(stored), "rotated_at") {
				t.Errorf("%s: other cookies have the time of the old ones: %s", name, stored)
			}
			one.Close()
			two.Close()
		})
	}
}

func TestRotationTrouble(t *testing.T) {
	for _, c := range []struct {
		name    string
		mode    int
		wait    time.Duration
		asked   int // at most, and at least one
		problem string
		healthy bool
		login   bool
	}{
		{"no cookie in the answer", 200, time.Hour, 8, "", false, false}, // at risk after three
		{"no cookie once", 200, 10 * time.Minute, 1, "", true, false},
		{"the session is over", 401, 3 * time.Hour, 1, "no longer good", false, true},
		{"too many", 429, 65 * time.Minute, 7, "", true, false},
		{"HTML", 500, time.Hour, 12, "status 500", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
				w := newCookieWorld(t, m, &exchange{mode: c.mode}, nil)
				w.Publish()
				time.Sleep(c.wait)
				synctest.Wait()
				s := w.CookieStatus(t.Context())
				if w.count() < 1 || w.count() > c.asked || s.Healthy != c.healthy || !strings.Contains(s.Problem, c.problem) || (c.problem == "") != (s.Problem == "") {
					t.Errorf("asked %d times: %+v", w.count(), s)
				}
				_, err := w.Token(t.Context())
				var e *Error
				if login := errors.As(err, &e) && e.State == NeedsLogin; login != c.login || login && (!strings.Contains(err.Error(), `account "web"`) || !strings.Contains(err.Error(), "bring fresh ones")) {
					t.Errorf("%v", err)
				}
				// Fresh cookies end it.
				w.set(0)
				if err := w.Put(t.Context(), "sid", "ts-0"); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Token(t.Context()); err != nil {
					t.Error(err)
				}
				if s := w.CookieStatus(t.Context()); !s.Healthy || s.Problem != "" {
					t.Errorf("%+v", s)
				}
				w.Close()
				w.noSecrets(t)
			})
		})
	}
}

// TestReadOnly keeps a cookie that cannot be stored, says so, and stores it when it can.
func TestReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		w := newCookieWorld(t, m, &exchange{}, nil)
		w.Publish()
		m.fail(errors.New("read-only file system"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		s := w.CookieStatus(t.Context())
		if !s.Unsaved || !strings.Contains(s.Problem, "could not be stored") || !strings.Contains(s.Problem, `account "web"`) || !strings.Contains(s.Problem, "writable") {
			t.Errorf("%+v", s)
		}
		if w.Header("gemini.google.com", "/app") != "__Secure-1PSID=sid; __Secure-1PSIDTS=ts-1" || w.stamp(t) != "ts-0" {
			t.Error("the new cookie is not in use")
		}
		m.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := w.CookieStatus(t.Context()); s.Unsaved || s.Problem != "" || w.stamp(t) != "ts-1" {
			t.Errorf("%+v, stored %s", s, w.stamp(t))
		}
		w.Close()
		w.noSecrets(t)
	})
}

// TestLookAgain takes over what a person writes, and does not overwrite what is half written.
func TestLookAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		w := newCookieWorld(t, m, &exchange{}, nil)
		w.Publish()
		synctest.Wait()
		epoch := w.Epoch()
		_ = m.Store(t.Context(), cookieKey, []byte(`{"__Secure-1PSID":"si`))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if raw, _ := m.Load(t.Context(), cookieKey); string(raw) != `{"__Secure-1PSID":"si` {
			t.Errorf("what could not be read was overwritten: %s", raw)
		}
		if _, err := w.Token(t.Context()); err != nil || !strings.Contains(w.Status().Problem, "half written") {
			t.Errorf("%v, %+v", err, w.Status())
		}
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-7", time.Now()))
		time.Sleep(time.Minute)
		synctest.Wait()
		if !strings.HasSuffix(w.Header("gemini.google.com", "/"), "ts-7") || w.Epoch() <= epoch || w.Status().Problem != "" {
			t.Errorf("%+v", w.Status())
		}
		w.Close()
	})
}

// TestBusy puts an exchange off while the account answers somebody, but not for ever.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		_ = m.Store(t.Context(), cookieKey, storedCookies("ts-0", time.Now()))
		w := newCookieWorld(t, m, &exchange{}, nil)
		w.Publish()
		time.Sleep(8*time.Minute + 50*time.Second)
		idle := w.Busy()
		time.Sleep(90 * time.Second)
		if w.count() != 0 {
			t.Error("exchanged under an answer")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if w.count() != 1 {
			t.Errorf("exchanged %d times", w.count())
		}
		idle()
		w.Close()
	})
}

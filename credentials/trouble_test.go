package credentials

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func TestInvalidGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{n: 5}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		_, err := p.Token(t.Context())
		var failure *Error
		if !errors.As(err, &failure) || failure.State != NeedsLogin || !strings.Contains(err.Error(), "caddy ai-gateway login x") {
			t.Errorf("got %v", err)
		}
		n := server.count()
		time.Sleep(10 * time.Minute)
		_, _ = p.Token(t.Context())
		synctest.Wait()
		if server.count() != n || n != 1 {
			t.Errorf("a dead token was sent %d times", server.count())
		}
		if st := p.Status(); st.State != NeedsLogin {
			t.Errorf("status %+v", st)
		}
		if n := len(p.logs.FilterMessageSnippet("failed").All()); n != 1 {
			t.Errorf("it was logged %d times", n)
		}
		server.mu.Lock()
		server.reused = false
		server.mu.Unlock()
		storage.put(`{"refresh_token":"r-5"}`) // the login
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := token(t, p); got != "a-2" || p.Status().State != Ready {
			t.Errorf("after the login: %s, %+v", got, p.Status())
		}
		p.noSecrets(t, err.Error())
	})
}

// TestInvalidGrantOfAnOldToken has a login arrive between our reading and the server's refusal.
func TestInvalidGrantOfAnOldToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{n: 5}, newMemory()
		storage.put(loggedIn)
		server.answer = func(*http.Request) *http.Response {
			server.answer = nil
			storage.put(`{"refresh_token":"r-5"}`)
			return reply(400, "application/json", `{"error":"invalid_grant"}`)
		}
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		if got := token(t, p); got != "a-2" {
			t.Errorf("token %s", got)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{delay: time.Second}, newMemory()
		storage.put(loggedIn)
		first := newProcess(t, server, InStorage(storage, "x"), nil)
		pool := caddy.NewUsagePool()
		old, err := open(pool, first.Options)
		if err != nil {
			t.Fatal(err)
		}
		old.Publish()
		next, err := open(pool, first.Options)
		if err != nil {
			t.Fatal(err)
		}
		next.Publish()
		var wg sync.WaitGroup
		wg.Go(func() { token(t, old) })
		wg.Go(func() { token(t, next) })
		old.Close()
		old.Close()
		wg.Wait()
		if server.count() != 1 {
			t.Errorf("two configurations asked %d times", server.count())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if server.count() != 2 {
			t.Errorf("the new configuration does not refresh: %d", server.count())
		}
		if token(t, old) != token(t, next) {
			t.Error("the old configuration has another token")
		}
		next.Close()
	})
}

func TestBadAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*http.Request) *http.Response
		want   string
	}{
		"html":         {says(200, "text/html", "<html>secret words</html>"), "check token_url"},
		"html error":   {says(503, "text/html", "<html>secret words</html>"), "status 503"},
		"empty":        {says(200, "application/json", "{}"), "no token"},
		"client":       {says(401, "application/json", `{"error":"invalid_client"}`), "client_secret"},
		"unauthorized": {says(400, "application/json", `{"error":"unauthorized_client"}`), "client_id"},
		"scope":        {says(400, "application/json", `{"error":"invalid_scope"}`), "invalid_scope"},
		"odd code":     {says(400, "application/json", `{"error":"secret words"}`), "status 400"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, storage := &server{answer: c.answer}, newMemory()
				storage.put(loggedIn)
				p := newProcess(t, server, InStorage(storage, "x"), nil)
				_, err := p.Token(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `account "x"`) {
					t.Errorf("got %v", err)
				}
				if _, err := p.Token(t.Context()); err == nil || server.count() != 1 {
					t.Errorf("asked %d times at once", server.count())
				}
				if stored, err := Get(t.Context(), p.Store); err != nil || stored.Refresh != "r-0" {
					t.Errorf("the token is lost: %v", err)
				}
				p.noSecrets(t, err.Error(), fmt.Sprint(p.Status()))
				server.answer = nil
				time.Sleep(2 * time.Second)
				if got := token(t, p); got != "a-2" {
					t.Errorf("token %s", got)
				}
			})
		})
	}
}

// TestNoRefreshToken says what the stored credential lacks.
func TestNoRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(fmt.Sprintf(`{"access_token":"a-0","expiry_date":%d}`, time.Now().Add(time.Minute).UnixMilli()))
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		if got := token(t, p); got != "a-0" {
			t.Errorf("token %s", got)
		}
		time.Sleep(2 * time.Minute)
		_, err := p.Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), `account "x"`) || !strings.Contains(err.Error(), "holds no refresh_token") ||
			!strings.Contains(err.Error(), "login x") || p.Status().State != NeedsLogin || server.count() != 0 {
			t.Errorf("%v, %+v after %d requests", err, p.Status(), server.count())
		}
	})
}

func says(status int, contentType, body string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response { return reply(status, contentType, body) }
}

func TestServerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{delay: time.Hour}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		start := time.Now()
		_, err := p.Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), "did not answer within 30s") || time.Since(start) != askTime {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// TestLostAnswer has a process die between the server's answer and its own store.
func TestLostAnswer(t *testing.T) {
	for _, lenient := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			server, storage := &server{lenient: lenient, n: 1}, newMemory() // r-1 was on its way
			storage.put(loggedIn)
			p := newProcess(t, server, InStorage(storage, "x"), nil)
			_, err := p.Token(t.Context())
			if lenient != (err == nil) || !lenient && p.Status().State != NeedsLogin {
				t.Errorf("lenient %v: %v, %+v", lenient, err, p.Status())
			}
		})
	}
}

func TestClockOffByADay(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			server, storage := &server{}, newMemory()
			storage.put(fmt.Sprintf(`{"access_token":"a-0","refresh_token":"r-0","expiry_date":%d}`, time.Now().Add(off).UnixMilli()))
			p := newProcess(t, server, InStorage(storage, "x"), nil)
			p.Publish()
			got := token(t, p)
			if off > 0 { // it only seems good
				c, err := p.Refresh(t.Context(), got)
				if err != nil {
					t.Fatal(err)
				}
				got = c.Token
			}
			time.Sleep(30 * time.Minute)
			synctest.Wait()
			if got != "a-1" || token(t, p) != "a-1" || server.count() != 1 {
				t.Errorf("clock off by %s: token %s after %d requests", off, got, server.count())
			}
		})
	}
}

func TestFreshTokenIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		token(t, p)
		for range 5 {
			if _, err := p.Refresh(t.Context(), "a-1"); err == nil {
				t.Error("a token that has just been fetched was exchanged")
			}
		}
		if server.count() != 1 {
			t.Errorf("asked %d times", server.count())
		}
	})
}

func TestTokenThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{keep: true}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if stored, err := Get(t.Context(), p.Store); err != nil || stored.Refresh != "r-0" || stored.Access == "a-1" {
			t.Errorf("stored %+v, %v", stored, err)
		}
	})
}

// TestDescribeRollsNothingBack has another process refresh the token before this one describes the account.
func TestDescribeRollsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		first, second := newProcess(t, server, InStorage(storage, "x"), nil), newProcess(t, server, InStorage(storage, "x"), nil)
		old := token(t, first)
		token(t, second)
		time.Sleep(time.Minute)
		if _, err := second.Refresh(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if err := first.Describe(t.Context(), "proj", "tier"); err != nil {
			t.Fatal(err)
		}
		stored, err := Get(t.Context(), first.Store)
		if err != nil || stored.Refresh != "r-2" || stored.Access != "a-2" || stored.Project != "proj" {
			t.Errorf("stored %+v, %v", stored, err)
		}
	})
}

func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		token(t, p)
		if err := p.Describe(t.Context(), "proj", "free-tier"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		c, err := p.Token(t.Context())
		if err != nil || c.Project != "proj" || p.Status().Tier != "free-tier" {
			t.Errorf("got %+v, %v", c.Project, err)
		}
		stored, err := Get(t.Context(), p.Store)
		if err != nil || stored.Project != "proj" || stored.Refresh != "r-2" {
			t.Errorf("stored %+v, %v", stored, err)
		}
	})
}

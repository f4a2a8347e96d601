package credentials

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// mad panics until it is off, with something that nobody may be told.
type mad struct {
	http.RoundTripper
	off atomic.Bool
}

func (m *mad) RoundTrip(r *http.Request) (*http.Response, error) {
	if !m.off.Load() {
		panic("a secret")
	}
	return m.RoundTripper.RoundTrip(r)
}

// wantPanic wants the error of work that panicked, of an account that will be tried again.
func wantPanic(t *testing.T, err error) {
	t.Helper()
	var broken *guard.Panic
	var failure *Error
	if !errors.As(err, &broken) || !errors.As(err, &failure) || failure.State != Failing || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestPanics wants those who wait for a token to hear of a panic, and the next attempt to be a new one.
func TestPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &mad{RoundTripper: new(server)}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		_, err := p.Token(t.Context())
		wantPanic(t, err)
		server.off.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := token(t, p); got != "a-1" || p.Status().State != Ready {
			t.Errorf("afterwards %s, %+v", got, p.Status())
		}
		if !strings.HasPrefix(p.heard(), ResultFailed) {
			t.Errorf("heard %s", p.heard())
		}
	})
}

func TestPanicsOfGoogle(t *testing.T) {
	name := serviceAccount(t)
	synctest.Test(t, func(t *testing.T) {
		server := &mad{RoundTripper: &tokens{}}
		source, err := GoogleFile("v", name, &http.Client{Transport: server}, CloudScope)
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Token(t.Context())
		wantPanic(t, err)
		server.off.Store(true)
		time.Sleep(time.Minute)
		if got := token(t, source); got != "g-1" {
			t.Errorf("afterwards %s", got)
		}
	})
}

func TestPanicsOfCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		storage.content[cookieKey] = storedCookies("ts-0", time.Now())
		wrong := &mad{RoundTripper: new(exchange)}
		w := newCookieWorld(t, storage, wrong.RoundTripper.(*exchange), func(o *CookieOptions) { o.HTTP = wrong })
		defer w.Close()
		w.Publish()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if st := w.Status(); st.State != Failing || !strings.Contains(st.Problem, "broke off") || w.results[ResultError] == 0 {
			t.Errorf("while it panics: %+v, %v", st, w.results)
		}
		wrong.off.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		if st := w.Status(); st.State != Ready || w.count() == 0 {
			t.Errorf("afterwards: %+v, asked %d times", st, w.count())
		}
	})
}

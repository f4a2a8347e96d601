package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const loggedIn = `{"refresh_token":"r-0","note":"the operator's"}`

func TestRefreshIsStoredBeforeItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		if got := token(t, p); got != "a-1" {
			t.Errorf("token %s", got)
		}
		stored, err := Get(t.Context(), p.Store)
		if err != nil || stored.Access != "a-1" || stored.Refresh != "r-1" || stored.Scope != "all" {
			t.Errorf("stored %+v, %v", stored, err)
		}
		if !strings.Contains(storage.get(), `"note": "the operator's"`) {
			t.Errorf("another's member is gone: %s", storage.get())
		}
		token(t, p)
		if server.count() != 1 {
			t.Errorf("asked %d times", server.count())
		}
		if st := p.Status(); st.State != Ready || st.Scope != "all" || st.Refreshed.IsZero() {
			t.Errorf("status %+v", st)
		}
		p.noSecrets(t, fmt.Sprint(p.Status()))
	})
}

func TestRefreshAheadOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		synctest.Wait()
		if server.count() != 1 {
			t.Fatalf("asked %d times at the start", server.count())
		}
		time.Sleep(52 * time.Minute)
		synctest.Wait()
		if server.count() != 1 {
			t.Errorf("refreshed too early: %d", server.count())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if server.count() != 2 {
			t.Errorf("not refreshed ahead of its end: %d", server.count())
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := server.count(); n < 12 || n > 14 || server.reused {
			t.Errorf("asked %d times in eleven hours, reused %v", n, server.reused)
		}
		p.Close()
		n := server.count()
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if server.count() != n {
			t.Error("refreshed after Close")
		}
	})
}

func TestOneRefreshForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{delay: time.Second}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { token(t, p) })
		}
		wg.Wait()
		for range 50 {
			wg.Go(func() {
				time.Sleep(time.Minute)
				if c, err := p.Refresh(t.Context(), "a-1"); err != nil || c.Token != "a-2" {
					t.Errorf("refreshed to %q, %v", c.Token, err)
				}
			})
		}
		wg.Wait()
		if server.count() != 2 || server.reused || storage.locked != 2 {
			t.Errorf("asked %d times under %d locks, reused %v", server.count(), storage.locked, server.reused)
		}
	})
}

func TestWhoLeavesAbortsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{delay: 5 * time.Second}, newMemory()
		storage.put(loggedIn)
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if stored, _ := Get(t.Context(), p.Store); stored.Refresh != "r-1" {
			t.Errorf("the rotated token is lost: %+v", stored)
		}
	})
}

func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{delay: time.Second}, newMemory()
		storage.put(loggedIn)
		first := newProcess(t, server, InStorage(storage, "x"), nil)
		second := newProcess(t, server, InStorage(storage, "x"), func(o *Options) { o.Random = func() float64 { return 0.6 } })
		first.Publish()
		second.Publish()
		for range 30 {
			time.Sleep(17 * time.Minute)
			if token(t, first) != token(t, second) && time.Until(first.Status().Expiry) < 0 {
				t.Error("the processes lost each other")
			}
		}
		synctest.Wait()
		if server.reused {
			t.Error("a refresh token was used twice")
		}
		if n := server.count(); n > 11 {
			t.Errorf("asked %d times in eight and a half hours; each process refreshes by itself", n)
		}
		if !strings.Contains(first.heard()+second.heard(), "adopted") {
			t.Errorf("nobody adopted: %s; %s", first.heard(), second.heard())
		}
		// The upstream refuses what one holds and the other has replaced.
		time.Sleep(time.Minute)
		old := token(t, second)
		if _, err := first.Refresh(t.Context(), token(t, first)); err != nil {
			t.Fatal(err)
		}
		n := server.count()
		c, err := second.Refresh(t.Context(), old)
		if err != nil || c.Token != token(t, first) || server.count() != n {
			t.Errorf("got %v, %v after %d requests more", c.Token == token(t, first), err, server.count()-n)
		}
	})
}

func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		storage.fail(errors.New("disk full"))
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		p.Publish()
		if got := token(t, p); got != "a-1" {
			t.Errorf("token %s", got)
		}
		synctest.Wait()
		st := p.Status()
		if !st.Unsaved || st.State != Failing || !strings.Contains(st.Problem, "disk full") || !strings.Contains(st.Problem, `account "x"`) {
			t.Errorf("status %+v", st)
		}
		time.Sleep(55 * time.Minute)
		synctest.Wait()
		if server.count() != 1 {
			t.Errorf("refreshed early while the last token was not stored: %d", server.count())
		}
		if tries := storage.tries(); tries < 5 || tries > 40 {
			t.Errorf("storing was tried %d times in 55 minutes", tries)
		}
		time.Sleep(10 * time.Minute) // past the end
		if got := token(t, p); got != "a-2" {
			t.Errorf("token %s", got)
		}
		storage.fail(nil)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		stored, err := Get(t.Context(), p.Store)
		if err != nil || stored.Refresh != "r-2" || p.Status().Unsaved || p.Status().State != Ready {
			t.Errorf("stored %+v, %v; status %+v", stored, err, p.Status())
		}
		if server.reused {
			t.Error("a refresh token was used twice")
		}
		p.noSecrets(t, st.Problem, fmt.Sprint(p.Status()))
		if !strings.Contains(p.heard(), "unsaved") || !strings.Contains(p.heard(), "saved") {
			t.Errorf("heard %s", p.heard())
		}
	})
}

func TestLoginWhileUnsaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		storage.fail(errors.New("disk full"))
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		token(t, p)
		storage.fail(nil)
		storage.put(`{"access_token":"new","refresh_token":"other","expiry_date":` + fmt.Sprint(time.Now().Add(time.Hour).UnixMilli()) + `}`)
		time.Sleep(time.Minute)
		if c, err := p.Refresh(t.Context(), "a-1"); err != nil || c.Token != "new" {
			t.Errorf("got %q, %v", c.Token, err)
		}
		if !strings.Contains(storage.get(), "other") {
			t.Errorf("the new login was overwritten: %s", storage.get())
		}
	})
}

func TestWithoutALockNothingIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		storage.put(loggedIn)
		storage.unlocked = errors.New("read-only file system")
		p := newProcess(t, server, InStorage(storage, "x"), nil)
		_, err := p.Token(t.Context())
		var failure *Error
		if !errors.As(err, &failure) || failure.State != Failing || !strings.Contains(err.Error(), "read-only file system") || server.count() != 0 {
			t.Errorf("got %v after %d requests", err, server.count())
		}
	})
}

func TestSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, storage := &server{}, newMemory()
		seed := func(s string) func(*Options) { return func(o *Options) { o.Seed = s } }
		p := newProcess(t, server, InStorage(storage, "x"), seed("r-0"))
		token(t, p)
		p.Close()

		server.life = 60
		p = newProcess(t, server, InStorage(storage, "x"), seed("r-0"))
		time.Sleep(2 * time.Hour)
		if got := token(t, p); got != "a-2" || server.reused {
			t.Errorf("the stored descendant was not used: %s, reused %v", got, server.reused)
		}
		p.Close()

		// Somebody has logged in anew and changed the configuration.
		server.mu.Lock()
		server.n, server.reused = 7, false
		server.mu.Unlock()
		p = newProcess(t, server, InStorage(storage, "x"), seed("r-7"))
		if got := token(t, p); got != "a-3" {
			t.Errorf("the new seed was not used: %s", got)
		}
	})
}

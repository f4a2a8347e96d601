package credentials

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCookieFiles reads both forms, and writes back what it does not know.
func TestCookieFiles(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct{ name, raw, header, problem string }{
		{"an object", `{"__Secure-1PSID":"sid","__Secure-1PSIDTS":"ts","other":"x","NID":"n"}`, "__Secure-1PSID=sid; __Secure-1PSIDTS=ts; NID=n", ""},
		{"an export", `[{"name":"__Secure-1PSID","value":"sid","domain":".google.com","path":"/","expirationDate":1900000000.5,"x":1},{"name":"SID","value":"no","domain":".google.com"},
			{"name":"__Secure-1PSIDTS","value":"old","domain":".google.com","expires":1700000000},{"name":"NID","value":"n","domain":"google.com.evil.example"}]`, "__Secure-1PSID=sid", ""},
		{"an expired session", `[{"name":"__Secure-1PSID","value":"sid","domain":".google.com","expires":1700000000}]`, "", "no __Secure-1PSID that is still good"},
		{"another vendor's", `[{"name":"__Secure-1PSID","value":"sid","domain":"example.com"}]`, "", "no __Secure-1PSID"},
		{"a number", `{"__Secure-1PSID":5}`, "", "is no string"},
		{"half written", `{"__Secure-1PSID":"s`, "", "half written"},
		{"half an export", `[{"name":`, "", "half written"},
		{"empty", ``, "", "no JSON object"},
		{"a line break", `{"__Secure-1PSID":"a\nb"}`, "", "control character"},
		{"a semicolon", `{"__Secure-1PSID":"a;b"}`, "", "none that a cookie can have"},
	} {
		f, err := readCookies([]byte(c.raw), now)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := f.jar.header("gemini.google.com", "/app", now); err != nil || got != c.header {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		f.jar.put(cookie{name: cookieStamp, value: "new", domain: cookieHome, path: "/"}, false)
		f.updated = now
		again, err := readCookies(f.bytes(), now)
		if err != nil || again.jar.get(cookieStamp) != "new" || again.jar.get(cookieSession) != "sid" {
			t.Errorf("%s: written back it is %s, %v", c.name, f.bytes(), err)
		}
		for _, kept := range []string{`"other": "x"`, `"x": 1`, `"SID"`} {
			if strings.Contains(strings.ReplaceAll(c.raw, " ", ""), strings.ReplaceAll(kept, " ", "")) && !strings.Contains(string(f.bytes()), kept) {
				t.Errorf("%s: %s is gone from %s", c.name, kept, f.bytes())
			}
		}
	}
}

// TestJar keeps cookies of google.com and sends them nowhere else.
func TestJar(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	j := jar{{name: cookieSession, value: "sid", domain: cookieHome, path: "/"}}
	header := http.Header{}
	for _, line := range []string{
		"a=1; Domain=.google.com; Path=/", "b=2; Path=/app", "c=3; Domain=example.com", "d=4; Domain=com", "e=5; Max-Age=60; Domain=google.com",
		"__Secure-1PSID=; Max-Age=0; Domain=.google.com", "__Secure-1PSIDTS=new; Domain=.google.com", "f=6; Domain=accounts.google.com",
	} {
		header.Add("Set-Cookie", line)
	}
	if !j.take("gemini.google.com", (&http.Response{Header: header}).Cookies(), now) {
		t.Error("a new stamp went unnoticed")
	}
	for _, c := range []struct{ host, path, want string }{
		{"gemini.google.com", "/app/x", "__Secure-1PSID=sid; a=1; b=2; e=5; __Secure-1PSIDTS=new"},
		{"gemini.google.com", "/apple", "__Secure-1PSID=sid; a=1; e=5; __Secure-1PSIDTS=new"},
		{"accounts.google.com", "/app", "__Secure-1PSID=sid; a=1; e=5; __Secure-1PSIDTS=new"},
		{"google.com.evil.example", "/", ""}, {"evilgoogle.com", "/", ""}, {"lh3.googleusercontent.com", "/", ""}, {"", "/", ""},
	} {
		if got := j.header(c.host, c.path, now); got != c.want {
			t.Errorf("%s%s gets %q", c.host, c.path, got)
		}
	}
	if got := j.header("www.google.com", "/", now.Add(time.Hour)); strings.Contains(got, "e=5") {
		t.Errorf("an expired cookie is sent: %s", got)
	}
	for i := range 200 {
		j.put(cookie{name: fmt.Sprint("n", i), domain: cookieHome, path: "/"}, false)
	}
	if len(j) > maxCookies {
		t.Errorf("the jar has %d cookies", len(j))
	}
}

// TestPut stores what a person gives, forgets the old session, and refuses what is no cookie.
func TestPut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cookies.json")
	w := newCookieWorld(t, newMemory(), &exchange{}, func(o *CookieOptions) { o.Store = InFile(name, newMemory()) })
	defer w.Close()
	if _, err := w.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "no cookies yet") || !strings.Contains(err.Error(), name) {
		t.Error(err)
	}
	for _, bad := range []string{"", "a b", `a"b`, "a;b"} {
		if err := w.Put(t.Context(), bad, "x"); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := w.Put(t.Context(), "one", "ts-1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Put(t.Context(), "one", ""); err != nil || w.Header("google.com", "/") != "__Secure-1PSID=one; __Secure-1PSIDTS=ts-1" {
		t.Errorf("%v: %s", err, w.Header("google.com", "/"))
	}
	if err := w.Put(t.Context(), "two", ""); err != nil || w.Header("google.com", "/") != "__Secure-1PSID=two" {
		t.Errorf("%v: %s", err, w.Header("google.com", "/"))
	}
	raw, err := os.ReadFile(name)
	if info, _ := os.Stat(name); err != nil || strings.Contains(string(raw), "ts-1") || info.Mode().Perm() != 0o600 {
		t.Errorf("%s %v", raw, err)
	}
	if err := os.WriteFile(name, []byte(`{"half`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Put(t.Context(), "three", ""); err == nil || !strings.Contains(err.Error(), "repair or remove") {
		t.Error(err)
	}
}

// FuzzCookies reads anything, and what it has written.
func FuzzCookies(f *testing.F) {
	f.Add([]byte(`{"__Secure-1PSID":"sid","__Secure-1PSIDTS":"ts"}`))
	f.Add([]byte(`[{"name":"__Secure-1PSID","value":"sid","domain":".google.com","expirationDate":1900000000.5}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		now := time.Unix(1_800_000_000, 0)
		file, err := readCookies(raw, now)
		if err != nil {
			return
		}
		session := file.jar.get(cookieSession)
		file.jar.put(cookie{name: cookieStamp, value: "new", domain: cookieHome, path: "/"}, false)
		again, err := readCookies(file.bytes(), now)
		if err != nil || again.jar.get(cookieSession) != session || again.jar.get(cookieStamp) != "new" {
			t.Errorf("%q became %q: %v", raw, file.bytes(), err)
		}
	})
}

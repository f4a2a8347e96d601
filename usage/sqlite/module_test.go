package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func TestDriver(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("AppData", dir)
	t.Setenv("TEST_USAGE", filepath.Join(dir, "env.db"))
	t.Setenv("TEST_EMPTY", "")
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want, problem string }{
		{"", DefaultPath(), ""},
		{"{env.TEST_USAGE}", filepath.Join(dir, "env.db"), ""},
		{filepath.Join(dir, "a", "b", "c.db"), filepath.Join(dir, "a", "b", "c.db"), ""},
		{"{env.TEST_EMPTY}", "", "is empty"},
		{"{no.such}", "", "path of the usage database"},
		{dir, dir, "is no file"},
		{filepath.Join(file, "x.db"), filepath.Join(file, "x.db"), "no directory"},
	}
	if runtime.GOOS == "windows" {
		tests = tests[:len(tests)-1]
	}
	for _, test := range tests {
		d := &Driver{Path: test.path}
		err := d.Provision(caddy.Context{})
		if err == nil {
			if d.file != test.want || d.Identity() != "sqlite:"+test.want {
				t.Errorf("%q: file %s", test.path, d.file)
			}
			err = d.Validate()
		}
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) && test.problem != "no directory" {
			t.Errorf("%q: %v", test.path, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("checking a configuration left something behind: %v, %v", entries, err)
	}
}

func TestOpenDriver(t *testing.T) {
	d := &Driver{Path: filepath.Join(t.TempDir(), "usage.db")}
	if err := d.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := d.Validate(); err != nil {
		t.Errorf("a database that is open is refused: %v", err)
	}
	bad := &Driver{file: t.TempDir()}
	if s, err := bad.Open(t.Context()); err == nil || s != nil {
		t.Errorf("%v, %v", s, err)
	}
}

func TestUnmarshalCaddyfile(t *testing.T) {
	tests := []struct {
		in   string
		want Driver
		keep time.Duration
	}{
		{"sqlite", Driver{}, DefaultKeep},
		{"sqlite /a/b.db", Driver{Path: "/a/b.db"}, DefaultKeep},
		{"sqlite {\nretention 1d\n}", Driver{Keep: caddy.Duration(24 * time.Hour)}, 24 * time.Hour},
		{"sqlite x {\nretention forever\n}", Driver{Path: "x", Keep: -1}, 0},
	}
	for _, test := range tests {
		var d Driver
		if err := d.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.in)); err != nil || d != test.want || d.Retention() != test.keep {
			t.Errorf("%s: %+v, %v", test.in, d, err)
		}
	}
	for in, want := range map[string]string{
		"sqlite a b":                              "wrong arguments",
		`sqlite ""`:                               "wrong arguments",
		"sqlite {\nretention\n}":                  "retention: wrong arguments",
		"sqlite {\nretention 1s\n}":               "not a duration from 1h",
		"sqlite {\nretention 1d\nretention 1d\n}": "twice",
		"sqlite {\nkeep 1d\n}":                    "unknown option",
	} {
		if err := new(Driver).UnmarshalCaddyfile(caddyfile.NewTestDispenser(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

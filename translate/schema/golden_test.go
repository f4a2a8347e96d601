package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the conversions return into testdata")

// golden is a schema as clients send it, with what every target gets.
type golden struct {
	Schema   json.RawMessage            `json:"schema"`
	Expected map[string]json.RawMessage `json:"expected"`
}

func goldens(t testing.TB) map[string]golden {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	all := make(map[string]golden)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(raw, &g); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[file] = g
	}
	return all
}

// TestGoldens compares byte by byte, the order of the members included.
func TestGoldens(t *testing.T) {
	for file, g := range goldens(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			if *update {
				g.Expected = make(map[string]json.RawMessage)
			}
			for name, f := range conversionByName {
				out, err := f(g.Schema)
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					g.Expected[name] = out
					continue
				}
				if want := flat(t, g.Expected[name]); !bytes.Equal(flat(t, out), want) {
					t.Errorf("%s\ngot  %s\nwant %s", name, out, want)
				}
			}
			if *update {
				write(t, file, g)
			}
		})
	}
}

func flat(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	return b.Bytes()
}

func write(t *testing.T, file string, g golden) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(g); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

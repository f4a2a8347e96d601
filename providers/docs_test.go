package providers

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocsExample compiles the provider in docs/development.md as a package of this module.
func TestDocsExample(t *testing.T) {
	content, err := os.ReadFile("../docs/development.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "```go\n// Package acme")
	body, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there is no package acme")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	source, overlay := filepath.Join(t.TempDir(), "acme.go"), filepath.Join(t.TempDir(), "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "acme", "acme.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{source: "// Package acme" + body, overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "./acme").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

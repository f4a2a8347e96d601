package aigateway

import (
	"archive/zip"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

const modulePath = "github.com/caddy-ai-gateway/ai-gateway"

// mayImport is the whole picture of who may import whom inside the module. A
// package that is not listed may import nothing of it.
var mayImport = map[string][]string{
	"cmd/caddy":           {"."},
	".":                   {"internal/guard", "credentials", "egress", "egress/proxytest", "handlers", "access", "media", "onesocket", "pool", "signed", "stored", "glob", "providers", "metrics", "simulator", "usage", "usage/sqlite", "translate", "translate/caps", "translate/ir"},
	"handlers":            {"internal/guard", "access", "credentials", "internal/budget", "media", "egress", "pool", "stored", "glob", "providers", "usage", "translate", "translate/caps", "translate/embed", "translate/envelope", "translate/ir", "translate/session", "translate/sse"},
	"metrics":             {"internal/guard", "access", "credentials", "handlers", "pool", "usage", "translate/ir"},
	"providers":           {"credentials", "providers/geminiweb", "translate/envelope", "translate/ir", "simulator"},
	"pool":                {"internal/guard", "glob", "lifetime"},
	"providers/geminiweb": {"internal/guard", "credentials", "translate/geminiweb"},
	"access":              {"glob", "lifetime"},
	"signed":              {"internal/fair", "internal/guard", "translate/ir"},
	"credentials":         {"internal/guard", "egress"},
	"egress":              {"internal/guard", "egress/proxytest"},
	"stored":              {"internal/fair", "internal/guard", "translate/ir"},
	"usage":               {"internal/guard", "glob"},
	"usage/sqlite":        {"usage"},
	"media":               {"internal/guard"},
	"onesocket":           {"internal/guard"},
	"translate": {
		"internal/budget", "translate/anthropic", "translate/chat", "translate/gemini", "translate/geminiweb", "translate/responses",
		"translate/caps", "translate/embed", "translate/envelope", "translate/ir", "translate/jsonx", "translate/schema", "translate/session", "translate/sse",
	},
	"translate/anthropic": dialectImports,
	"translate/chat":      dialectImports,
	"translate/gemini":    dialectImports,
	"translate/geminiweb": dialectImports,
	"translate/responses": dialectImports,
	"translate/caps":      {"translate/ir"},
	"translate/envelope":  {"translate/ir", "translate/jsonx"},
	"translate/embed":     {"translate/ir", "translate/jsonx"},
	"translate/jsonx":     {"translate/ir"},
	"translate/schema":    {"translate/ir", "translate/jsonx"},
	"translate/session":   {"translate/ir", "translate/jsonx"},
}

var dialectImports = []string{"translate/ir", "translate/jsonx", "translate/schema", "translate/sse"}

// onlyStandard are the packages that must not depend on anything outside of
// Go's standard library and this module.
var onlyStandard = []string{"translate/ir", "translate/jsonx", "translate/sse", "glob", "media"}

func TestImports(t *testing.T) {
	eachFile(t, func(path string) { checkImports(t, path) })
}

// The largest size of what one can keep in mind.
const (
	maxFile     = 400 // lines
	maxFunction = 80
)

// TestSize wants the code, though not its tests, in pieces that one can keep in mind.
func TestSize(t *testing.T) {
	eachFile(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		lines := func(from, to token.Pos) int { return set.Position(to).Line - set.Position(from).Line + 1 }
		if n := lines(file.FileStart, file.FileEnd); n > maxFile {
			t.Errorf("%s has %d lines, %d at most", path, n, maxFile)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && lines(f.Pos(), f.End()) > maxFunction {
				t.Errorf("%s: %s has %d lines, %d at most", path, f.Name.Name, lines(f.Pos(), f.End()), maxFunction)
			}
		}
	})
}

// eachFile calls check with every file of Go code of the module.
func eachFile(t *testing.T, check func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || nestedModule(path)) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			check(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func nestedModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func checkImports(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	from := filepath.ToSlash(filepath.Dir(path))
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		inside := name == modulePath || strings.HasPrefix(name, modulePath+"/")
		if !inside {
			if slices.Contains(onlyStandard, from) && strings.Contains(name, ".") && !strings.HasSuffix(path, "_test.go") {
				t.Errorf("%s imports %s, but %s depends on the standard library alone", path, name, from)
			}
			continue
		}
		to := strings.TrimPrefix(strings.TrimPrefix(name, modulePath), "/")
		if to == "" {
			to = "."
		}
		// Tests may ask the embedded upstream, which knows nothing of the gateway.
		test := strings.HasSuffix(path, "_test.go") && to == "simulator"
		if to != from && !test && !slices.Contains(mayImport[from], to) {
			t.Errorf("%s imports %s, which %s may not", path, to, from)
		}
	}
}

// TestZip makes the archive in which Go fetches the module. It fails when two
// names differ in case only, among other things that would keep everyone from
// building with xcaddy.
func TestZip(t *testing.T) {
	if out, err := exec.Command("git", "rev-parse", "--verify", "HEAD").CombinedOutput(); err != nil {
		t.Skipf("not a checkout: %s", out)
	}
	var archive bytes.Buffer
	version := module.Version{Path: modulePath, Version: "v0.0.0"}
	if err := modzip.CreateFromVCS(&archive, version, ".", "HEAD", ""); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) < 10 {
		t.Errorf("the archive holds only %d files", len(r.File))
	}
}

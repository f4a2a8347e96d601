package aigateway

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// unguarded are the files whose goroutines need no guard, and why.
var unguarded = map[string]string{
	"commands.go":                   "a command is a process of its own, which a panic may end",
	"commands_login_wizard.go":      "a command is a process of its own, which a panic may end",
	"egress/proxytest/proxytest.go": "for tests",
	"simulator/roundtrip.go":        "what the handler panics with is the error of its connection",
	"internal/guard/guard.go":       "the guard itself",
}

// TestGoroutines wants whatever runs in a goroutine of its own to be guarded: a panic that nobody catches ends the whole
// server. What the server calls for a request has its guard there.
func TestGoroutines(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "perf" || nestedModule(path)) {
			return filepath.SkipDir
		}
		return checkGoroutines(t, path, used)
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range unguarded {
		if !used[path] {
			t.Errorf("%s is an exception that is not needed", path)
		}
	}
}

func checkGoroutines(t *testing.T, dir string, used map[string]bool) error {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	files := map[string]*ast.File{}
	guarded := map[string]bool{} // the package's functions that begin with a guard
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)] = file
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && beginsWithGuard(f.Body) {
				guarded[f.Name.Name] = true
			}
		}
	}
	for name, file := range files {
		for _, n := range unguardedIn(file, guarded) {
			if used[name] = true; unguarded[name] == "" {
				t.Errorf("%s starts a goroutine without a guard; see internal/guard", set.Position(n.Pos()))
			}
		}
	}
	return nil
}

// unguardedIn returns what starts a goroutine without a guard, or may be called in one.
func unguardedIn(file *ast.File, guarded map[string]bool) []ast.Node {
	var found []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !isGuarded(n.Call.Fun, guarded) {
				found = append(found, n)
			}
		case *ast.CallExpr:
			if work := begun(n); work != nil && !isGuarded(work, guarded) {
				found = append(found, n)
			}
		case *ast.FuncDecl:
			if n.Name.Name == "Collect" && n.Recv != nil && !beginsWithGuard(n.Body) { // prometheus.Collector
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// begun returns what a call lets run in another goroutine, nil for most calls: those of sync.WaitGroup.Go,
// errgroup.Group.Go, time.AfterFunc and context.AfterFunc do.
func begun(call *ast.CallExpr) ast.Expr {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	on, _ := f.X.(*ast.Ident)
	switch {
	case f.Sel.Name == "AfterFunc", f.Sel.Name == "Go" && (on == nil || on.Name != "guard"):
		return call.Args[len(call.Args)-1]
	}
	return nil
}

func isGuarded(work ast.Expr, guarded map[string]bool) bool {
	switch work := work.(type) {
	case *ast.FuncLit:
		return beginsWithGuard(work.Body)
	case *ast.SelectorExpr:
		return guarded[work.Sel.Name]
	case *ast.Ident:
		return guarded[work.Name]
	}
	return false
}

// beginsWithGuard says whether the first thing that a function does is to defer guard.Catch.
func beginsWithGuard(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	first, ok := body.List[0].(*ast.DeferStmt)
	if !ok {
		return false
	}
	f, ok := first.Call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "Catch" {
		return false
	}
	on, ok := f.X.(*ast.Ident)
	return ok && on.Name == "guard"
}

// TestGuardRule breaks the rule in each way.
func TestGuardRule(t *testing.T) {
	for source, bad := range map[string]bool{
		`go func() {}()`: true,
		`go func() { defer guard.Catch("x"); work() }()`: false,
		`go func() { work(); defer guard.Catch("x") }()`: true,
		`go t.work()`:                  true,
		`go t.safe()`:                  false,
		`wg.Go(func() { work() })`:     true,
		`all.wg.Go(func() { work() })`: true,
		`wg.Go(func() { defer guard.Catch("x"); work() })`:                         false,
		`guard.Go("x", func() { work() })`:                                         false,
		`time.AfterFunc(1, t.work)`:                                                true,
		`time.AfterFunc(1, t.safe)`:                                                false,
		`context.AfterFunc(ctx, func() { defer guard.Catch("x"); cancel() })`:      false,
		`context.AfterFunc(ctx, func() { defer func() { _ = recover() }(); x() })`: true,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {\n"+source+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(unguardedIn(file, map[string]bool{"safe": true})) > 0; got != bad {
			t.Errorf("%s: found %t, want %t", source, got, bad)
		}
	}
}

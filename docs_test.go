package aigateway

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// documentation returns a file of the checkout.
func documentation(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// between returns what stands between two lines of a text, white space folded and comments taken away.
func between(t *testing.T, text, first, last string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, first+"\n")
	inner, _, ended := strings.Cut(rest, "\n"+last+"\n")
	if !found || !ended {
		t.Fatalf("nothing stands between %q and %q", first, last)
	}
	var lines []string
	for line := range strings.Lines(inner) {
		if words := strings.Fields(strings.TrimPrefix(line, "//")); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// TestDocsSyntax wants the syntax in docs/caddyfile.md and in the code to be the same, to have every option of every
// block, and no other.
func TestDocsSyntax(t *testing.T) {
	written := between(t, documentation(t, "docs/caddyfile.md"), "ai_gateway [<matcher>] {", "}")
	if code := between(t, documentation(t, "caddyfile.go"), "//\tai_gateway [<matcher>] {", "//\t}"); code != written {
		t.Errorf("the comment of UnmarshalCaddyfile has\n%s\n\ndocs/caddyfile.md has\n%s", code, written)
	}
	blocks := map[string]map[string]string{
		"": forms(gatewayOptions()), "key": forms(keyOptions()), "account": forms(accountOptions()), "model": forms(modelOptions()),
		"failover": forms(failoverOptions()), "cooldown": forms(cooldownOptions()), "stream": forms(streamOptions()), "oauth": forms(oauthOptions()),
	}
	var path []string
	for line := range strings.SplitSeq(written, "\n") {
		name, _, _ := strings.Cut(line, " ")
		switch {
		case name == "}":
			path = path[:len(path)-1]
			continue
		case name == "...": // the provider's own options
			continue
		}
		block := ""
		if len(path) > 0 {
			block = path[len(path)-1]
		}
		form, opens := strings.CutSuffix(line, " {")
		want, known := blocks[block][name]
		if bare, _ := strings.CutSuffix(want, " { ... }"); !known || form != want && form != bare {
			t.Errorf("block %q: %q is documented, the option is %q", block, form, want)
		}
		delete(blocks[block], name)
		if opens {
			path = append(path, name)
		}
	}
	for block, missing := range blocks {
		for name := range missing {
			t.Errorf("block %q: %s is not documented", block, name)
		}
	}
}

// forms are the options of a block by name, as they should be written.
func forms[T any](of options[T]) map[string]string {
	all := make(map[string]string)
	for _, name := range of.names() {
		all[name] = of[name].form
	}
	return all
}

// TestDocsProviders wants each provider and each of its options in the documentation.
func TestDocsProviders(t *testing.T) {
	text := documentation(t, "docs/caddyfile.md")
	for _, module := range caddy.GetModules(providers.Namespace) {
		row := "| `" + module.ID.Name() + "` | "
		if !strings.Contains(text, row) {
			t.Errorf("provider %s is not documented", module.ID.Name())
		}
		configurable, ok := module.New().(providers.Configurable)
		if !ok {
			continue
		}
		for _, option := range configurable.Options() {
			if !strings.Contains(text, "`"+option.Name+"`") && !strings.Contains(text, "`"+option.Name+" ") {
				t.Errorf("provider %s: the option %s is not documented", module.ID.Name(), option.Name)
			}
		}
	}
}

// TestDocsCaps wants the table of capabilities to have them all, and no other.
func TestDocsCaps(t *testing.T) {
	_, section, _ := strings.Cut(documentation(t, "docs/caddyfile.md"), "\n## `caps`\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var written, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^|]*)` \\|").FindAllStringSubmatch(section, -1) {
		written = append(written, strings.Split(row[1], "`, `")...)
	}
	for _, c := range Caps {
		known = append(known, c.Name)
	}
	slices.Sort(written)
	slices.Sort(known)
	if !slices.Equal(written, known) {
		t.Errorf("documented: %v\nknown:      %v", written, known)
	}
}

// TestDocsAdmin wants each route of the admin API in the documentation, and no other.
func TestDocsAdmin(t *testing.T) {
	var written, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(GET|POST)`?(, `DELETE)? /ai_gateway/([^`|]*)`(, `/[a-z]+`)* \\|").FindAllString(documentation(t, "docs/operations.md"), -1) {
		words := strings.FieldsFunc(row, func(r rune) bool { return strings.ContainsRune("`|, ", r) })
		var methods []string
		path := ""
		for _, word := range words {
			switch {
			case word[0] != '/':
				methods = append(methods, word)
				continue
			case path == "":
				path, _, _ = strings.Cut(strings.TrimPrefix(word, adminPrefix), "?")
				path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "*")
			default: // another last part
				path = path[:strings.LastIndex(path, "/")] + word
			}
			for _, method := range methods {
				written = append(written, method+" "+path)
			}
		}
	}
	for _, c := range adminCalls {
		known = append(known, c.method+" "+c.path)
	}
	slices.Sort(written)
	slices.Sort(known)
	if !slices.Equal(written, known) {
		t.Errorf("documented: %q\nknown:      %q", written, known)
	}
}

// TestDocsCommands wants each command in docs/operations.md and each of its flags somewhere, and nothing of the kind that
// does not exist in any document.
func TestDocsCommands(t *testing.T) {
	root := &cobra.Command{Use: "ai-gateway"}
	addCommands(root)
	files, _ := filepath.Glob("docs/*.md")
	var all strings.Builder
	for _, file := range append(files, "README.md") {
		all.WriteString(documentation(t, file))
	}
	operations := documentation(t, "docs/operations.md")
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		full := "`caddy " + cmd.CommandPath()
		if cmd != root && !strings.Contains(operations, full) && !strings.Contains(operations, ", `"+cmd.Name()+" <") {
			t.Errorf("%s is not documented", full)
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(all.String(), "--"+f.Name) {
				t.Errorf("%s: the flag --%s is not documented", full, f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	for _, use := range regexp.MustCompile("caddy ai-gateway ([a-z][^`\n#]*)").FindAllStringSubmatch(all.String(), -1) {
		words := strings.Fields(use[1])
		cmd, _, err := root.Find(words)
		if err != nil || cmd == root {
			t.Errorf("%q is documented, but there is no such command", use[0])
			continue
		}
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(use[1], -1) {
			if cmd.Flags().Lookup(strings.TrimPrefix(flag, "--")) == nil {
				t.Errorf("%q is documented, but the command has no %s", use[0], flag)
			}
		}
	}
}

// TestDocsWords wants each field of the access log and each header of the gateway's own in docs/caddyfile.md, and no other.
func TestDocsWords(t *testing.T) {
	files, _ := filepath.Glob("handlers/*.go")
	sources, _ := filepath.Glob("translate/session/*.go")
	var code strings.Builder
	for _, file := range append(files, sources...) {
		if !strings.HasSuffix(file, "_test.go") {
			code.WriteString(documentation(t, file))
		}
	}
	text := documentation(t, "docs/caddyfile.md")
	for _, words := range []struct{ known, written string }{
		{`"(ai_[a-z_]+)"`, "`(ai_[a-z_]+)`"},
		{`"(X-Ai-Gateway-[A-Za-z-]+)"`, "`(X-Ai-Gateway-[A-Za-z-]+)[`:]"},
	} {
		known, written := found(words.known, code.String()), found(words.written, text)
		written = slices.DeleteFunc(written, func(word string) bool { return strings.HasPrefix(word, "ai_gateway") }) // directives
		if len(known) == 0 || !slices.Equal(known, written) {
			t.Errorf("documented: %v\nknown:      %v", written, known)
		}
	}
}

// found returns what a pattern's group finds in a text, sorted and each once.
func found(pattern, text string) []string {
	var words []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		words = append(words, match[1])
	}
	slices.Sort(words)
	return slices.Compact(words)
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// TestDocsLinks follows every link from one of our documents to another, and to a heading in it.
func TestDocsLinks(t *testing.T) {
	files, _ := filepath.Glob("docs/*.md")
	others, _ := filepath.Glob("examples/*/README.md")
	for _, file := range append(append(files, others...), "README.md", "perf/README.md") {
		for _, match := range link.FindAllStringSubmatch(documentation(t, file), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(match[1], "#")
			target := filepath.Join(filepath.Dir(file), path)
			if path == "" {
				target = file
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", file, match[1])
			} else if anchor != "" && !slices.Contains(anchors(documentation(t, target)), anchor) {
				t.Errorf("%s links to %s, but there is no such heading", file, match[1])
			}
		}
	}
}

// anchors are what a document's headings are called in links, as GitHub makes them.
func anchors(text string) []string {
	var names []string
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := dropped.ReplaceAllString(strings.ToLower(match[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// TestDocsFiles wants the files that docs/development.md sends people to. Where it names no folder, any will do.
func TestDocsFiles(t *testing.T) {
	var files []string
	eachFile(t, func(path string) { files = append(files, "/"+filepath.ToSlash(path)) })
	text := fence.ReplaceAllString(documentation(t, "docs/development.md"), "")
	for _, name := range found("`([a-z_/0-9]+\\.go)`", text) {
		if !slices.ContainsFunc(files, func(file string) bool { return strings.HasSuffix(file, "/"+name) }) {
			t.Errorf("%s is named, but is not there", name)
		}
	}
}

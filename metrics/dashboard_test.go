package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// described returns the labels of all metrics by their names.
func described(t *testing.T) map[string][]string {
	t.Helper()
	form := regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	all := make(map[string][]string)
	for _, c := range New(func() []Source { return nil }).all() {
		descs := make(chan *prometheus.Desc, 32)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			match := form.FindStringSubmatch(d.String())
			if match == nil {
				t.Fatalf("%s has another form", d)
			}
			all[match[1]] = strings.Split(match[2], ",")
		}
	}
	return all
}

var metricName = regexp.MustCompile(`caddy_ai_gateway_[a-z_]+`)

// TestDashboard wants that the dashboard asks for all metrics and for no others, and only by labels that they have.
func TestDashboard(t *testing.T) {
	content, err := os.ReadFile("../examples/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	known := described(t)
	used, ids := make(map[string]bool), make(map[int]bool)
	for _, p := range dashboard.Panels {
		if ids[p.ID] {
			t.Errorf("%s: its id is another's too", p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, name := range checkExpression(t, p.Title, target.Expr, known) {
				used[name] = true
			}
		}
	}
	for name := range known {
		if !used[name] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

var (
	selector = regexp.MustCompile(`(caddy_ai_gateway_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)(?:=|!)`)
	grouping = regexp.MustCompile(`by \(([^)]*)\)`)
)

// checkExpression returns the metrics that an expression asks for.
func checkExpression(t *testing.T, title, expr string, known map[string][]string) (names []string) {
	t.Helper()
	var labels []string
	for _, s := range selector.FindAllStringSubmatch(expr, -1) {
		name := strings.TrimSuffix(s[1], "_bucket")
		if known[name] == nil {
			t.Errorf("%s: there is no metric %s", title, s[1])
		}
		names = append(names, name)
		labels = append(labels, known[name]...)
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			if !slices.Contains(known[name], m[1]) {
				t.Errorf("%s: %s has no label %s", title, name, m[1])
			}
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(g[1], ", ") {
			if label != "le" && !slices.Contains(labels, label) {
				t.Errorf("%s: nothing in %s has the label %s", title, expr, label)
			}
		}
	}
	return names
}

// TestDocumented wants every metric, with its labels, in the documentation, and no other.
func TestDocumented(t *testing.T) {
	content, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	known := described(t)
	for name, labels := range known {
		line := "| `" + name + "` | "
		at := strings.Index(string(content), line)
		if at < 0 {
			t.Errorf("%s is not documented", name)
			continue
		}
		row, _, _ := strings.Cut(string(content[at+len(line):]), "\n")
		for _, label := range labels {
			if label != "" && !strings.Contains(row, "`"+label+"`") {
				t.Errorf("%s: its label %s is not documented in %s", name, label, row)
			}
		}
	}
	for _, name := range metricName.FindAllString(string(content), -1) {
		if known[name] == nil && known[strings.TrimSuffix(name, "_bucket")] == nil {
			t.Errorf("%s is documented, but does not exist", name)
		}
	}
}

package sdktest

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// odd is a request with less common members. The files of testdata/odd hold one request a line, as
// {"name", "refused", "says", "body"}: refused lists the upstreams' dialects that cannot express it, so that the gateway
// says so, or "all" where the request itself is wrong; says is a part of the answer's text.
type odd struct {
	name    string
	refused []string
	says    string
	body    string
}

func readOdd(t *testing.T, d grammar.Dialect) []odd {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "odd", string(d)+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []odd
	for line := range strings.Lines(string(content)) {
		v := gjson.Parse(line)
		if !gjson.Valid(line) {
			t.Fatalf("%s: not JSON: %s", d, line)
		}
		o := odd{name: v.Get("name").String(), says: v.Get("says").String(), body: v.Get("body").Raw}
		for _, r := range v.Get("refused").Array() {
			o.refused = append(o.refused, r.String())
		}
		all = append(all, o)
	}
	return all
}

// TestOdd: whatever a dialect can say, the gateway makes a right request of it for every upstream, or refuses it in
// words of its own. The simulator refuses what the vendors do.
func TestOdd(t *testing.T) {
	for _, d := range allDialects {
		for _, o := range readOdd(t, d) {
			t.Run(string(d)+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				for _, up := range upstreams {
					for _, streamed := range []bool{false, true} {
						t.Run(up.String()+map[bool]string{true: "/streamed", false: "/whole"}[streamed], func(t *testing.T) {
							o.test(t, d, up, streamed)
						})
					}
				}
			})
		}
	}
}

func (o odd) test(t *testing.T, d grammar.Dialect, up upstream, streamed bool) {
	q := raw{path: paths[d], body: strings.Replace(o.body, "{", `{"model":"`+up.model+`",`, 1)}
	switch {
	case d == grammar.Gemini && streamed:
		q = raw{path: "/v1beta/models/" + up.model + ":streamGenerateContent?alt=sse", body: o.body}
	case d == grammar.Gemini:
		q = raw{path: "/v1beta/models/" + up.model + ":generateContent", body: o.body}
	case streamed:
		q.body = strings.Replace(q.body, "{", `{"stream":true,`, 1)
	}
	a := q.send(t, up.host(), d)
	if slices.Contains(o.refused, up.dialect) || slices.Contains(o.refused, "all") || slices.Contains(o.refused, up.String()) {
		if a.status != http.StatusBadRequest && a.status != http.StatusNotFound || a.message() == "" {
			t.Errorf("status %d: %.400s", a.status, a.body)
		}
		return
	}
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %.400s\nsent: %.2000s", a.status, a.body, q.body)
	}
	if !strings.Contains(a.report.Text, o.says) {
		t.Errorf("%q is missing in %q", o.says, a.report.Text)
	}
}

package sdktest

import (
	"fmt"
	"os"
	"strings"
)

// upstream is one row of what answers: the dialect that the account speaks, and a model whose family's rules apply.
type upstream struct{ dialect, model string }

func (u upstream) host() string { return u.dialect + ".test" }

func (u upstream) String() string { return u.dialect + "-" + strings.TrimPrefix(u.model, "sim-") }

// upstreams are the columns of the matrix. The hosts chat.test and so on have one account each, which speaks that
// dialect.
var upstreams = []upstream{
	{"chat", "sim-gpt-5.1"},
	{"chat", "sim-llama-4"},
	{"responses", "sim-gpt-5.1"},
	{"anthropic", "sim-claude-sonnet-4-5"},
	{"anthropic", "sim-claude-opus-4-8"},
	{"gemini", "sim-gemini-2.5-flash"},
	{"gemini", "sim-gemini-3-pro-preview"},
}

var dialects = []string{"chat", "responses", "anthropic", "gemini"}

// site is one host with its gateway.
type site struct{ host, gateway string }

// caddyfile is the configuration of all tests. Every site stands alone: an account that one test makes fail is no
// other test's account.
func caddyfile(generation string) string {
	var b strings.Builder
	log := "output discard"
	if os.Getenv("SDKTEST_LOG") != "" {
		log = "output stderr\nlevel DEBUG"
	}
	fmt.Fprintf(&b, "{\nadmin off\npersist_config off\nauto_https off\nservers {\nprotocols h1 h2c\n}\nlog {\n%s\n}\n}\n", log)
	_, port, _ := strings.Cut(address, ":")
	for _, sites := range [][]site{matrixSites(), reloadSites(generation), faultSites(), failoverSites(), timingSites(), rawSites(), clientSites(), remoteSites(), signedSites(), cloudSites()} {
		for _, s := range sites {
			fmt.Fprintf(&b, "http://%s:%s {\nbind 127.0.0.1\nai_gateway {\nname %s\nkey tests %s\n%s\n}\nrespond \"next handler\" 299\n}\n",
				s.host, port, strings.ReplaceAll(s.host, ".", "-"), key, s.gateway)
		}
	}
	return b.String()
}

// matrixSites are the sites of the matrix.
func matrixSites() []site {
	var all []site
	for _, d := range dialects {
		all = append(all, site{d + ".test", fmt.Sprintf("account %s simulator {\nspeaks %s\n}", d, d)})
	}
	return all
}

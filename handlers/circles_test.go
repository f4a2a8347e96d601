package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestCirclesAreToldApart asks for the accounts of requests that differ in one
// thing, forwards and backwards, so that each comes before and after each other.
func TestCirclesAreToldApart(t *testing.T) {
	g, _ := newGateway(t, gatewaySpec{
		keys: []access.Key{
			{Name: "all", Secret: "sk-all"}, {Name: "first", Secret: "sk-first", Accounts: []string{"c*"}},
			{Name: "second", Secret: "sk-second", Accounts: []string{"a*"}},
		},
		accounts: []accountSpec{
			{name: "chat", dialect: ir.Chat, models: []string{"m", "n"}}, {name: "anthropic", dialect: ir.Anthropic},
			{name: "gemini", dialect: ir.Gemini},
		},
	})
	keys := map[string]*access.Key{}
	for _, k := range g.Keys.All() {
		keys[k.Name] = k
	}
	list, err := glob.CompileList([]string{"gem*"})
	if err != nil {
		t.Fatal(err)
	}
	some := &Model{Accounts: list}
	tests := []struct {
		name, key, model string
		route            route
		op               ir.Op
		block            *Model
		accounts, first  string
	}{
		{"plain", "all", "m", route{dialect: ir.Chat}, ir.Generate, plain, "anthropic chat gemini", "chat"},
		{"dialect", "all", "m", route{dialect: ir.Anthropic}, ir.Generate, plain, "anthropic chat gemini", "anthropic"},
		{"model", "all", "n", route{dialect: ir.Chat}, ir.Generate, plain, "chat", "chat"},
		{"key", "first", "m", route{dialect: ir.Chat}, ir.Generate, plain, "chat", "chat"},
		{"other key", "second", "m", route{dialect: ir.Chat}, ir.Generate, plain, "anthropic", "anthropic"},
		{"operation", "all", "m", route{dialect: ir.Chat}, ir.Embed, plain, "chat gemini", "chat"},
		{"prefix", "all", "m", route{dialect: ir.Chat, provider: "gemini"}, ir.Generate, plain, "gemini", "gemini"},
		{"block", "all", "m", route{dialect: ir.Chat}, ir.Generate, some, "gemini", "gemini"},
		{"unknown", "all", "x", route{dialect: ir.Chat}, ir.Generate, plain, "", ""},
	}
	check := func(i int) {
		test := tests[i]
		c := &call{g: g, key: keys[test.key], route: test.route, env: &ir.Envelope{Op: test.op}}
		var h hunt
		if once, again := c.circle(test.block, test.model), c.circle(test.block, test.model); once != again {
			t.Errorf("%s: they are looked for again", test.name)
		}
		e := g.Pool.Explain(c.want(test.model, test.block, &h))
		var may []string
		for _, v := range e.Accounts {
			if v.Because != pool.NotAllowed && v.Because != pool.NoModel {
				may = append(may, v.Account)
			}
		}
		if got := strings.Join(slices.Sorted(slices.Values(may)), " "); got != test.accounts {
			t.Errorf("%s: %s may answer, want %s", test.name, got, test.accounts)
		}
		if e.Chosen != test.first {
			t.Errorf("%s: %s is chosen, want %s", test.name, e.Chosen, test.first)
		}
	}
	for i := range tests {
		check(i)
	}
	for i := range tests {
		check(len(tests) - 1 - i)
	}
	if n := len(g.circles.found); n != len(tests) {
		t.Errorf("%d circles for %d kinds of requests", n, len(tests))
	}
}

// TestCirclesAreBounded makes up names of models, as a client can.
func TestCirclesAreBounded(t *testing.T) {
	var k circles
	const each = maxCircles / 50
	small := circle{Circle: circleOf(t, 3)}
	for i := range 1000 {
		k.remember(circleKind{model: fmt.Sprint(i)}, small)
	}
	if len(k.found) != 1000 || k.size != 1000*35 {
		t.Errorf("%d small ones of size %d", len(k.found), k.size)
	}
	large := circle{Circle: circleOf(t, each)}
	for i := range 200 {
		k.remember(circleKind{model: "m", key: &access.Key{Name: fmt.Sprint(i)}}, large)
		k.remember(circleKind{model: "again"}, large)
	}
	size := 0
	for _, c := range k.found {
		size += c.weigh()
	}
	if size != k.size || size > maxCircles+2*large.weigh() || size < maxCircles/2 {
		t.Errorf("%d circles of size %d, counted as %d", len(k.found), size, k.size)
	}
}

// circleOf returns a circle of so many accounts.
func circleOf(t *testing.T, count int) *pool.Circle {
	t.Helper()
	models, err := pool.ParseModels([]string{"m"})
	if err != nil {
		t.Fatal(err)
	}
	var accounts []*pool.Account
	for i := range count {
		accounts = append(accounts, &pool.Account{Name: fmt.Sprint("a-", i), Identity: fmt.Sprint(t.Name(), i), Models: models})
	}
	p, err := pool.New(accounts, pool.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p.Circle("m", nil, nil)
}

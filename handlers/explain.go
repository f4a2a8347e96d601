package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Question is a request that nobody makes.
type Question struct {
	Key     string     // a key's name; empty for one that may everything
	Model   string     // as the client would ask for it
	Dialect ir.Dialect // of the client; empty for Chat Completions
	Session string     // that the request belongs to, by its name in the access log; empty for none
}

// Explain says which account would answer now, and why not the others. It
// changes nothing. Its error is an [ir.Error].
func (g *Gateway) Explain(q Question) (pool.Explanation, error) {
	c, err := g.pretend(q)
	if err != nil {
		return pool.Explanation{}, err
	}
	if !c.key.MayUse(q.Model) {
		return pool.Explanation{}, &ir.Error{
			Kind: ir.ErrNotFound, Status: http.StatusNotFound, Message: fmt.Sprintf("key %s may not ask for model %s", q.Key, short(q.Model)),
		}
	}
	var h hunt
	want := c.want(q.Model, g.Models.find(q.Model), &h)
	if q.Session != "" {
		want.Session = pool.Session{Key: q.Session, Strong: true, Continues: true}
	}
	e := g.Pool.Explain(want)
	if e.Chosen == "" {
		h.desperate = true
		if other := g.Pool.Explain(want); other.Chosen != "" {
			return other, nil
		}
		h.desperate = false
	}
	for i := range e.Accounts {
		v := &e.Accounts[i]
		if v.Because != pool.IsExcluded {
			continue
		}
		if fault, down := upstreamOf(g.Pool.Accounts()[i]).route().Down(); down {
			v.Because, v.Note = pool.NoWay, fault.Error()
		}
	}
	return e, nil
}

// pretend returns a call as a client with the key would make it.
func (g *Gateway) pretend(q Question) (*call, error) {
	if q.Dialect == "" {
		q.Dialect = ir.Chat
	}
	key := new(access.Key)
	if q.Key != "" {
		all := g.Keys.All()
		at := slices.IndexFunc(all, func(k *access.Key) bool { return k.Name == q.Key })
		if at < 0 {
			return nil, &ir.Error{Kind: ir.ErrNotFound, Status: http.StatusNotFound, Message: "there is no key " + short(q.Key)}
		}
		key = all[at]
	}
	return &call{
		g: g, key: key, start: time.Now(), route: route{kind: routeGenerate, dialect: q.Dialect},
		env: &ir.Envelope{Op: ir.Generate, Dialect: q.Dialect, Model: q.Model},
	}, nil
}

// Served is a model, or a pattern for models, that a client may ask for.
type Served struct {
	Model    string   `json:"model"`
	Pattern  bool     `json:"pattern,omitempty"`
	As       string   `json:"as,omitempty"`       // the name by which accounts are asked
	Fallback []string `json:"fallback,omitempty"` // what is tried when nobody answers
	Accounts []string `json:"accounts"`           // that serve it, the best priority first
}

// Catalog returns the models that a key's holder may ask for, as far as the
// configuration names them, without asking any upstream. An empty key may
// everything. Its error is an [ir.Error].
func (g *Gateway) Catalog(key string) ([]Served, error) {
	c, err := g.pretend(Question{Key: key})
	if err != nil {
		return nil, err
	}
	list := []Served{}
	known := make(map[string]bool)
	add := func(s Served) {
		if !known[s.Model] && (s.Pattern || c.key.MayUse(s.Model)) && len(s.Accounts) > 0 {
			known[s.Model] = true
			list = append(list, s)
		}
	}
	for _, b := range g.Models {
		add(Served{
			Model: b.Name, Pattern: !b.Exact, As: b.As, Fallback: b.Fallback,
			Accounts: accountNames(c.serving(b.upstreamName(b.Name), b)),
		})
	}
	for _, a := range c.listable() {
		for _, name := range a.Models.Names() {
			block := g.Models.find(name)
			add(Served{Model: name, As: block.As, Fallback: block.Fallback, Accounts: accountNames(c.serving(block.upstreamName(name), block))})
		}
		for _, pattern := range upstreamOf(a).Patterns {
			if strings.Contains(pattern, "*") {
				add(Served{Model: pattern, Pattern: true, Accounts: accountNames(c.withPattern(pattern))})
			}
		}
	}
	slices.SortFunc(list, func(a, b Served) int { return strings.Compare(a.Model, b.Model) })
	return list, nil
}

// withPattern returns the accounts that serve models by a pattern.
func (c *call) withPattern(pattern string) []*pool.Account {
	var list []*pool.Account
	for _, a := range c.listable() {
		if slices.Contains(upstreamOf(a).Patterns, pattern) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *pool.Account) int { return a.Priority - b.Priority })
	return list
}

func accountNames(accounts []*pool.Account) []string {
	var names []string
	for _, a := range accounts {
		names = append(names, a.Name)
	}
	return names
}

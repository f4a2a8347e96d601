package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// listed is one entry of a list of models.
type listed struct {
	name   string
	family string // who owns it, as far as the account's kind tells
}

// listModels answers with the models that the key may use, in the shape of the
// dialect that asks.
func (c *call) listModels() error {
	list := c.models()
	page, more := paginate(list, c.route.dialect, c.r)
	return c.sink.whole(http.StatusOK, listShapes[c.route.dialect](page, more))
}

// showModel answers with one model.
func (c *call) showModel() error {
	name := c.route.model
	accounts := c.serving(c.g.Models.find(name).upstreamName(name), c.g.Models.find(name))
	if len(accounts) == 0 || !c.key.MayUse(name) {
		return c.unknownModel(name)
	}
	return c.sink.whole(http.StatusOK, modelShapes[c.route.dialect](nil, listed{name, accounts[0].Provider}))
}

// models lists the exact names of model blocks and accounts, and what the
// upstreams of accounts with patterns list themselves; sorted, without what the
// key may not use.
func (c *call) models() []listed {
	owners := map[string]string{}
	add := func(name, family string) {
		if _, known := owners[name]; !known && c.key.MayUse(name) {
			owners[name] = family
		}
	}
	for _, b := range c.g.Models {
		if b.Exact {
			if serving := c.serving(b.upstreamName(b.Name), b); len(serving) > 0 {
				add(b.Name, serving[0].Provider)
			}
		}
	}
	for _, a := range c.listable() {
		for _, name := range a.Models.Names() {
			if !upstreamOf(a).Former[name] {
				add(name, a.Provider)
			}
		}
	}
	for _, found := range c.upstreamModels() {
		add(found.name, found.family)
	}
	list := make([]listed, 0, len(owners))
	for name, family := range owners {
		list = append(list, listed{name, family})
	}
	slices.SortFunc(list, func(a, b listed) int { return strings.Compare(a.name, b.name) })
	return list
}

// listable returns the accounts that may answer this client.
func (c *call) listable() []*pool.Account {
	var list []*pool.Account
	for _, a := range c.g.Pool.Accounts() {
		if !a.Disabled && c.allowed(a, plain) {
			list = append(list, a)
		}
	}
	return list
}

// codeUnknownModel is OpenAI's code for a model that is not there.
const codeUnknownModel = "model_not_found"

// unknownModel is the 404 for a model that nobody serves to this client. It
// names what the key may use.
func (c *call) unknownModel(model string) error {
	known := c.knownModels()
	message := fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", short(model))
	if len(known) > 0 {
		message += " This key may use: " + strings.Join(known, ", ")
	}
	return &ir.Error{Kind: ir.ErrNotFound, Status: http.StatusNotFound, Code: codeUnknownModel, Param: "model", Message: message}
}

// maxNamed is how many models an error names.
const maxNamed = 20

// knownModels returns names and patterns that the key may use, without asking
// any upstream, since errors must be quick.
func (c *call) knownModels() []string {
	if len(c.key.Models) > 0 {
		return c.key.Models[:min(len(c.key.Models), maxNamed)]
	}
	var names []string
	add := func(name string) {
		if len(names) < maxNamed && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, b := range c.g.Models {
		if !b.Exact || len(c.serving(b.upstreamName(b.Name), b)) > 0 {
			add(b.Name)
		}
	}
	for _, a := range c.listable() {
		for _, p := range upstreamOf(a).Patterns {
			add(p)
		}
	}
	return names
}

// short cuts a name that a client made up to what an error can show.
func short(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}

// paginate cuts a list to the page that the client asks for; without a limit
// everything is one page.
func paginate(list []listed, d ir.Dialect, r *http.Request) (page []listed, more bool) {
	q := r.URL.Query()
	limit, after := q.Get("limit"), q.Get("after_id")
	if d == ir.Gemini {
		limit, after = q.Get("pageSize"), q.Get("pageToken")
	}
	if after != "" {
		for i := range list {
			if list[i].name == after {
				list = list[i+1:]
				break
			}
		}
	}
	if n, err := strconv.Atoi(limit); err == nil && n > 0 && n < len(list) {
		return list[:n], true
	}
	return list, false
}

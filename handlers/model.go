package handlers

import (
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// Model is one model block: what happens to a request for the names that its
// pattern fits.
type Model struct {
	Pattern  glob.Glob
	Name     string // the pattern as written
	Exact    bool   // the pattern is a name
	As       string // the name by which accounts are asked; empty keeps the client's
	Accounts glob.List
	Fallback []string
	Edits    []Edit
	Strict   bool

	Price     *usage.Price // what the models cost; nil leaves it to the gateway's prices
	Intercept []Intercept  // which probes are answered here

	Instructions string // for clients of the Responses API that send none and are not Codex
}

// Models are a gateway's model blocks in the order in which they are written.
type Models []*Model

// plain is what happens to models that no block speaks of.
var plain = &Model{}

// find returns the block for a name: an exact name beats patterns, then the
// first one written wins.
func (m Models) find(name string) *Model {
	var best *Model
	for _, b := range m {
		if b.Exact && b.Name == name {
			return b
		}
		if best == nil && !b.Exact && b.Pattern.Match(name) {
			best = b
		}
	}
	if best == nil {
		return plain
	}
	return best
}

// upstreamName is the name that accounts are matched by.
func (m *Model) upstreamName(asked string) string {
	if m.As != "" {
		return m.As
	}
	return asked
}

// EditKind is what an edit does.
type EditKind uint8

// The kinds of edits.
const (
	EditDefault  EditKind = iota // sets what the body leaves open
	EditOverride                 // sets it in any case
	EditRemove                   // takes it out
)

// Edit is the operator's change to the bodies that are sent upstream.
type Edit struct {
	Kind    EditKind
	Dialect ir.Dialect // only for this upstream dialect; empty for any
	Path    string     // in gjson's syntax
	Value   []byte     // raw JSON
}

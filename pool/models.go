package pool

import (
	"fmt"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/glob"
)

// Match says how well an account's patterns fit a model. Better fits are greater.
type Match int

// The ways in which an account's patterns fit a model.
const (
	None    Match = iota // no pattern fits
	Bare                 // only a bare * fits; the account serves the model only if no account names it
	Pattern              // a pattern with a star fits
	Exact                // the model is written out
)

// Models is what an account serves: patterns over model names, some with the upstream's own name. The zero value
// serves nothing. It is immutable and safe for concurrent use.
type Models struct {
	rules []rule
	text  string // equal for equal rules
}

type rule struct {
	pattern  glob.Glob
	upstream string // "" keeps the name
}

// ParseModels compiles an account's models as the configuration writes them: "gpt-*", "gpt-5", or "fast=gpt-5-mini" for
// a model that the upstream knows under another name. Case counts. What stands after the first = is that name.
func ParseModels(patterns []string) (Models, error) {
	var m Models
	for _, text := range patterns {
		pattern, upstream, renamed := strings.Cut(text, "=")
		compiled, err := glob.Compile(pattern)
		if err != nil {
			return Models{}, fmt.Errorf("parsing model %q: %w", text, err)
		}
		if renamed && upstream == "" {
			return Models{}, fmt.Errorf("parsing model %q: the upstream's name after = is missing", text)
		}
		if strings.Contains(upstream, "*") {
			return Models{}, fmt.Errorf("parsing model %q: the upstream's name after = must be a name, not a pattern", text)
		}
		m.rules = append(m.rules, rule{compiled, upstream})
		m.text += text + "\n"
	}
	return m, nil
}

// Match returns the best fit for model and the name under which the upstream knows it. A name that is written out goes
// before patterns, a pattern before a bare star, and among equals the first one written.
func (m Models) Match(model string) (upstream string, how Match) {
	for i := range m.rules {
		r := &m.rules[i]
		fit := r.fit(model)
		if fit <= how {
			continue
		}
		how, upstream = fit, r.upstream
		if how == Exact {
			break
		}
	}
	if how != None && upstream == "" {
		upstream = model
	}
	return upstream, how
}

// Names returns the names that are written out, in their order, for a list of models.
func (m Models) Names() []string {
	var names []string
	for _, r := range m.rules {
		if r.pattern.Literal() {
			names = append(names, r.pattern.String())
		}
	}
	return names
}

func (r *rule) fit(model string) Match {
	switch {
	case !r.pattern.Match(model):
		return None
	case r.pattern.Literal():
		return Exact
	case r.pattern.All():
		return Bare
	}
	return Pattern
}

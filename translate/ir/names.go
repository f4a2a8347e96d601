package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// NameRule is what a target accepts as a tool's name.
type NameRule struct {
	Max         int
	LetterFirst bool // must begin with a letter or '_' (Gemini)
	DotColon    bool // '.' and ':' are legal (Gemini)
}

// Names maps the client's tool names to a target's and back. It is computed
// from the request's tool list alone, so the answer's translation arrives at
// the same map.
type Names struct {
	rule  NameRule
	tools []Tool
	wire  []string          // by index in tools
	extra map[string]string // wire names of tools that only the history knows
	taken map[string]bool
	hosts map[string]bool // types of server tools, nil without any

	// Indices into tools, where there are too many for a walk.
	byName map[toolName]int
	byWire map[string]int
}

// toolName is a tool's name as the client has it.
type toolName struct{ namespace, name string }

// manyTools is how many tools make a map faster than a walk.
const manyTools = 64

// NewNames computes the wire names of the tools that the client runs.
func NewNames(tools []Tool, rule NameRule) *Names {
	n := &Names{rule: rule, tools: tools, wire: make([]string, len(tools)), taken: make(map[string]bool, len(tools))}
	for i := range tools {
		if tools[i].Kind == ToolServer {
			if n.hosts == nil {
				n.hosts = map[string]bool{}
			}
			n.taken[tools[i].Type], n.hosts[tools[i].Type] = true, true
		}
	}
	for i := range tools {
		if tools[i].Kind != ToolServer {
			n.wire[i] = n.assign(tools[i].Namespace, tools[i].Name)
		}
	}
	if len(tools) >= manyTools {
		n.index()
	}
	return n
}

// index builds the maps. Of equal names the first counts, as in a walk.
func (n *Names) index() {
	n.byName, n.byWire = make(map[toolName]int, len(n.tools)), make(map[string]int, len(n.tools))
	for i := len(n.tools) - 1; i >= 0; i-- {
		if t := &n.tools[i]; t.Kind != ToolServer {
			n.byName[toolName{t.Namespace, t.Name}] = i
			n.byWire[n.wire[i]] = i
		}
	}
}

// Wire returns the name by which the target knows the tool.
func (n *Names) Wire(namespace, name string) string {
	if i, ok := n.of(namespace, name); ok {
		return n.wire[i]
	}
	key := namespace + "\x00" + name
	if w, ok := n.extra[key]; ok {
		return w
	}
	if n.extra == nil {
		n.extra = make(map[string]string)
	}
	w := n.assign(namespace, name)
	n.extra[key] = w
	return w
}

// of returns the index of the tool that the client calls by this name.
func (n *Names) of(namespace, name string) (int, bool) {
	if n.byName != nil {
		i, ok := n.byName[toolName{namespace, name}]
		return i, ok
	}
	for i := range n.tools {
		if t := &n.tools[i]; t.Kind != ToolServer && t.Name == name && t.Namespace == namespace {
			return i, true
		}
	}
	return 0, false
}

// Tool returns the client's tool for a name that the target used. Prefixes
// that some models put in front (default_api:, functions.) are ignored when the
// rest names a tool. nil means that the client declared no such tool.
func (n *Names) Tool(wire string) *Tool {
	if t := n.find(wire); t != nil {
		return t
	}
	for i := len(wire) - 1; i > 0; i-- {
		if wire[i] == ':' || wire[i] == '.' {
			return n.find(wire[i+1:])
		}
	}
	return nil
}

func (n *Names) find(wire string) *Tool {
	if n.byWire != nil {
		if i, ok := n.byWire[wire]; ok {
			return &n.tools[i]
		}
		return nil
	}
	for i := range n.tools {
		if n.wire[i] == wire && wire != "" {
			return &n.tools[i]
		}
	}
	return nil
}

// assign makes a legal name that no other tool has: illegal characters become
// '_'; what is too long loses the middle of an mcp__server__tool name, else its
// tail; what collides gets a hash of the original.
func (n *Names) assign(namespace, name string) string {
	full := name
	if namespace != "" {
		full = namespace + "__" + name
	}
	w := n.legal(full)
	if n.taken[w] && w == full && len(w)+3 <= n.rule.Max && !n.taken[w+"_fn"] && n.hosts[w] {
		w += "_fn"
	}
	if len(w) > n.rule.Max {
		if parts := strings.SplitN(w, "__", 3); len(parts) == 3 && parts[0] == "mcp" {
			w = "mcp__" + parts[2]
		}
	}
	if len(w) > n.rule.Max || n.taken[w] {
		sum := sha256.Sum256([]byte(full))
		w = w[:min(len(w), n.rule.Max-9)] + "_" + hex.EncodeToString(sum[:4])
	}
	n.taken[w] = true
	return w
}

func (n *Names) legal(name string) string {
	w := strings.Map(func(r rune) rune {
		if n.rule.DotColon && (r == '.' || r == ':') {
			return r
		}
		return legalIDRune(r)
	}, name)
	if w == "" {
		return "_"
	}
	if c := w[0]; n.rule.LetterFirst && c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
		return "_" + w
	}
	return w
}

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
	list  []named           // by index in tools
	extra map[string]string // wire names of tools that only the history knows
	hosts map[string]bool   // types of server tools, nil without any

	// Indices into tools, and the wire names that are taken, where there are too
	// many for a walk.
	byName map[toolName]int
	byWire map[string]int
	taken  map[string]bool
}

// toolName is a tool's name as the client has it.
type toolName struct{ namespace, name string }

// named is what a walk looks for: names whose marks differ are not the same.
type named struct {
	wire     string
	wireMark uint64
	nameMark uint64 // of the client's name
}

// markOf tells most names apart by their lengths and ends: tools of one server
// begin alike.
func markOf(name string) uint64 {
	n := len(name)
	if n < 8 {
		mark := uint64(n) << 56
		for i := range n {
			mark |= uint64(name[i]) << (8 * i)
		}
		return mark
	}
	end := name[n-8:]
	return uint64(end[0]) | uint64(end[1])<<8 | uint64(end[2])<<16 | uint64(end[3])<<24 |
		uint64(end[4])<<32 | uint64(end[5])<<40 | uint64(end[6])<<48 | uint64(end[7])<<56 + uint64(n)<<56
}

// manyTools is how many tools make a map faster than a walk.
const manyTools = 64

// NewNames computes the wire names of the tools that the client runs.
func NewNames(tools []Tool, rule NameRule) *Names {
	n := &Names{rule: rule, tools: tools, list: make([]named, 0, len(tools))}
	if len(tools) >= manyTools {
		n.gather()
	}
	for i := range tools {
		if tools[i].Kind == ToolServer {
			if n.hosts == nil {
				n.hosts = map[string]bool{}
			}
			n.hosts[tools[i].Type] = true
		}
	}
	for i := range tools {
		var own named
		if tools[i].Kind != ToolServer {
			own.wire = n.assign(tools[i].Namespace, tools[i].Name)
			own.wireMark, own.nameMark = markOf(own.wire), markOf(tools[i].Name)
		}
		n.list = append(n.list, own)
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
			n.byWire[n.list[i].wire] = i
		}
	}
}

// Wire returns the name by which the target knows the tool.
func (n *Names) Wire(namespace, name string) string {
	if i, ok := n.of(namespace, name); ok {
		return n.list[i].wire
	}
	key := namespace + "\x00" + name
	if w, ok := n.extra[key]; ok {
		return w
	}
	if n.extra == nil {
		n.extra = make(map[string]string)
	}
	if n.taken == nil && len(n.extra) == manyTools {
		n.gather()
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
	mark := markOf(name)
	for i := range n.list {
		if n.list[i].nameMark != mark {
			continue
		}
		if t := &n.tools[i]; t.Kind != ToolServer && t.Name == name && t.Namespace == namespace {
			return i, true
		}
	}
	return 0, false
}

// Run returns the tool that the client calls by this name, as Request.Tool does,
// if it runs it itself. Otherwise it returns nil.
func (n *Names) Run(namespace, name string) *Tool {
	i, ok := n.of(namespace, name)
	if !ok {
		return nil
	}
	if n.hosts != nil { // of equal names the first counts, whoever runs it
		for j := range n.tools[:i] {
			if t := &n.tools[j]; t.Kind == ToolServer && t.Name == name && t.Namespace == namespace {
				return nil
			}
		}
	}
	return &n.tools[i]
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
	if i := n.walk(wire); i >= 0 && wire != "" {
		return &n.tools[i]
	}
	return nil
}

// walk returns the index of the tool that the target knows by this name, or -1.
func (n *Names) walk(wire string) int {
	mark := markOf(wire)
	for i := range n.list {
		if n.list[i].wireMark == mark && n.list[i].wire == wire {
			return i
		}
	}
	return -1
}

// gather begins to note which wire names are taken.
func (n *Names) gather() {
	n.taken = make(map[string]bool, len(n.list)+len(n.extra))
	for i := range n.list {
		n.taken[n.list[i].wire] = true
	}
	for _, wire := range n.extra {
		n.taken[wire] = true
	}
}

// isTaken reports whether the target knows another tool by this name.
func (n *Names) isTaken(wire string) bool {
	if n.hosts[wire] || n.taken[wire] {
		return true
	}
	if n.taken != nil {
		return false
	}
	for _, other := range n.extra {
		if other == wire {
			return true
		}
	}
	return n.walk(wire) >= 0
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
	if n.hosts[w] && w == full && len(w)+3 <= n.rule.Max && !n.isTaken(w+"_fn") {
		w += "_fn"
	}
	if len(w) > n.rule.Max {
		if parts := strings.SplitN(w, "__", 3); len(parts) == 3 && parts[0] == "mcp" {
			w = "mcp__" + parts[2]
		}
	}
	if len(w) > n.rule.Max || n.isTaken(w) {
		sum := sha256.Sum256([]byte(full))
		w = w[:min(len(w), n.rule.Max-9)] + "_" + hex.EncodeToString(sum[:4])
	}
	if n.taken != nil {
		n.taken[w] = true
	}
	return w
}

func (n *Names) legal(name string) string {
	w := name
	if !isLegalID(name) {
		w = strings.Map(func(r rune) rune {
			if n.rule.DotColon && (r == '.' || r == ':') {
				return r
			}
			return legalIDRune(r)
		}, name)
	}
	if w == "" {
		return "_"
	}
	if c := w[0]; n.rule.LetterFirst && c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
		return "_" + w
	}
	return w
}

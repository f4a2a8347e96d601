package gemini

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// partialCall puts arguments together that Vertex streams as values with the
// JSONPaths at which they belong (streamFunctionCallArguments).
type partialCall struct {
	root  node
	whole []byte // arguments that came at once
}

// node is a JSON value that grows. Exactly one of its fields is in use; none is
// null.
type node struct {
	members []member
	items   []*node
	isText  bool
	text    []byte // escaped
	raw     []byte // number or literal
}

type member struct {
	key   string
	value *node
}

const (
	maxSteps = 64 // of a path
	maxGap   = 16 // array elements that a path may skip
)

// bytes returns the arguments as a JSON object.
func (c *partialCall) bytes() []byte {
	if c.root.members == nil && len(c.whole) > 0 {
		return c.whole
	}
	if c.root.members == nil {
		return noArgs
	}
	return c.root.append(nil)
}

// add takes a raw list of partialArgs. What cannot be read is left out: the
// model's other arguments may still do.
func (c *partialCall) add(raw []byte) {
	if raw == nil {
		return
	}
	var r jsonx.Reader
	r.Reset(raw)
	for in := r.Array(); in && r.Element(); {
		c.piece(&r)
	}
}

func (c *partialCall) piece(r *jsonx.Reader) {
	var path string
	var text ir.Text
	var raw []byte
	isText := false
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "jsonPath":
			path = r.String()
		case "stringValue":
			text, isText = r.Text(), true
		case "numberValue":
			raw = r.Number()
		case "boolValue":
			raw = strconv.AppendBool(nil, r.Bool())
		case "nullValue":
			r.Skip()
			raw = []byte("null")
		}
	}
	n := c.root.at(path)
	switch {
	case r.Err() != nil || n == nil || n == &c.root:
	case isText && n.isText:
		n.text = append(n.text, text...)
	case isText:
		*n = node{isText: true, text: []byte(text)}
	case raw != nil:
		*n = node{raw: append([]byte(nil), raw...)}
	}
}

// at returns the value at a JSONPath such as $.opt.days[0] or $['a b'], made on
// the way; nil when the path cannot be read.
func (n *node) at(path string) *node {
	rest, ok := strings.CutPrefix(path, "$")
	for step := 0; ok && rest != ""; step++ {
		if step == maxSteps {
			return nil
		}
		var key string
		index := -1
		key, index, rest, ok = cutStep(rest)
		if !ok {
			return nil
		}
		if index >= 0 {
			n = n.item(index)
		} else {
			n = n.member(key)
		}
		if n == nil {
			return nil
		}
	}
	if !ok {
		return nil
	}
	return n
}

// cutStep cuts one step off the front of a path: .key, ['key'] or [3].
func cutStep(s string) (key string, index int, rest string, ok bool) {
	if s[0] == '.' {
		end := strings.IndexAny(s[1:], ".[")
		if end < 0 {
			end = len(s) - 1
		}
		return s[1 : 1+end], -1, s[1+end:], end > 0
	}
	if s[0] != '[' || len(s) < 3 {
		return "", 0, "", false
	}
	if q := s[1]; q == '\'' || q == '"' {
		end := strings.IndexByte(s[2:], q)
		if end < 0 || !strings.HasPrefix(s[2+end+1:], "]") {
			return "", 0, "", false
		}
		return s[2 : 2+end], -1, s[2+end+2:], true
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return "", 0, "", false
	}
	index, err := strconv.Atoi(s[1:end])
	return "", index, s[end+1:], err == nil && index >= 0
}

func (n *node) member(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return n.members[i].value
		}
	}
	*n = node{members: n.members}
	value := &node{}
	n.members = append(n.members, member{strings.Clone(key), value})
	return value
}

func (n *node) item(index int) *node {
	if index > len(n.items)+maxGap {
		return nil
	}
	*n = node{items: n.items}
	for len(n.items) <= index {
		n.items = append(n.items, &node{})
	}
	return n.items[index]
}

// append appends the value as JSON.
func (n *node) append(dst []byte) []byte {
	switch {
	case n.members != nil:
		dst = append(dst, '{')
		for i := range n.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(ir.AppendQuoted(dst, n.members[i].key), ':')
			dst = n.members[i].value.append(dst)
		}
		return append(dst, '}')
	case n.items != nil:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.append(dst)
		}
		return append(dst, ']')
	case n.isText:
		return ir.Text(n.text).AppendJSON(dst)
	case n.raw != nil:
		return append(dst, n.raw...)
	}
	return append(dst, "null"...)
}

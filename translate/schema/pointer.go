package schema

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// maxScanned is how many bytes of data outside of schemas are looked through
// for the targets of references.
const maxScanned = 16 << 20

// pointers finds the targets of references within one schema.
type pointers struct {
	root    *node
	found   map[string]*node
	indexes map[*node]map[string]map[string]*node // of big objects of schemas
	scanned int
}

// lookup returns the schema that a reference points to, or nil when it points
// outside of the schema or nowhere. The same target is always the same node.
func (p *pointers) lookup(ref string) *node {
	if n, ok := p.found[ref]; ok {
		return n
	}
	if p.found == nil {
		p.found = make(map[string]*node)
	}
	var n *node
	if path, ok := segments(ref); ok {
		n = p.walk(p.root, path)
	}
	p.found[ref] = n
	return n
}

// segments splits a reference that is a JSON pointer in a URL's fragment.
func segments(ref string) ([]string, bool) {
	fragment, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	if plain, err := url.PathUnescape(fragment); err == nil {
		fragment = plain
	}
	if fragment == "" || fragment == "/" {
		return nil, true
	}
	if fragment[0] != '/' {
		return nil, false // an anchor
	}
	path := strings.Split(fragment[1:], "/")
	for i, s := range path {
		path[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return path, true
}

func (p *pointers) walk(n *node, path []string) *node {
	for len(path) > 0 {
		m := n.get(path[0])
		switch path = path[1:]; {
		case m == nil:
			return nil
		case m.form == data:
			return p.inData(m.raw, path)
		case m.form == one:
			n = m.subs[0].node
			continue
		case len(path) == 0:
			return nil
		case m.form == list:
			i, err := strconv.Atoi(path[0])
			if err != nil || i < 0 || i >= len(m.subs) {
				return nil
			}
			n = m.subs[i].node
		default:
			if n = p.byName(n, m, path[0]); n == nil {
				return nil
			}
		}
		path = path[1:]
	}
	return n
}

// byName finds a schema in an object of schemas.
func (p *pointers) byName(n *node, m *member, name string) *node {
	if len(m.subs) < 32 {
		for _, s := range m.subs {
			if s.name == name {
				return s.node
			}
		}
		return nil
	}
	if p.indexes[n] == nil {
		if p.indexes == nil {
			p.indexes = make(map[*node]map[string]map[string]*node)
		}
		p.indexes[n] = make(map[string]map[string]*node)
	}
	index := p.indexes[n][m.key]
	if index == nil {
		index = make(map[string]*node, len(m.subs))
		for _, s := range m.subs {
			index[s.name] = s.node
		}
		p.indexes[n][m.key] = index
	}
	return index[name]
}

// inData finds a schema in a value that is no schema, such as OpenAPI's
// components.
func (p *pointers) inData(raw []byte, path []string) *node {
	for _, segment := range path {
		if p.scanned += len(raw); p.scanned > maxScanned {
			return nil
		}
		if raw = step(raw, segment); raw == nil {
			return nil
		}
	}
	if kindOf(raw) != jsonx.Object {
		return nil
	}
	if p.scanned += len(raw); p.scanned > maxScanned {
		return nil
	}
	n, err := load(raw, nil)
	if err != nil {
		return nil
	}
	return n
}

// step returns the member or element of that name, or nil.
func step(raw []byte, segment string) []byte {
	var found []byte
	var r jsonx.Reader
	r.Reset(raw)
	switch r.Kind() {
	case jsonx.Object:
		r.Object()
		for r.Member() {
			if r.Key() == segment {
				found = r.Raw()
			}
		}
	case jsonx.Array:
		r.Array()
		for i := 0; r.Element(); i++ {
			if strconv.Itoa(i) == segment {
				found = r.Raw()
			}
		}
	}
	return found
}

package schema

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// append writes the schema without white space.
func (n *node) append(dst []byte) []byte {
	switch n.literal {
	case anything:
		return append(dst, "true"...)
	case nothing:
		return append(dst, "false"...)
	}
	dst = append(dst, '{')
	for i := range n.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = n.members[i].append(dst)
	}
	return append(dst, '}')
}

func (m *member) append(dst []byte) []byte {
	dst = append(ir.AppendQuoted(dst, m.key), ':')
	switch m.form {
	case one:
		return m.subs[0].node.append(dst)
	case list:
		dst = append(dst, '[')
		for i, s := range m.subs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = s.node.append(dst)
		}
		return append(dst, ']')
	case named:
		dst = append(dst, '{')
		for i, s := range m.subs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(ir.AppendQuoted(dst, s.name), ':')
			dst = s.node.append(dst)
		}
		return append(dst, '}')
	}
	return jsonx.AppendCompact(dst, m.raw)
}

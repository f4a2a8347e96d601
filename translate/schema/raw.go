package schema

import (
	"bytes"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// kindOf is the kind of a raw value.
func kindOf(raw []byte) jsonx.Kind {
	var r jsonx.Reader
	r.Reset(raw)
	return r.Kind()
}

// stringText is the repaired content of a raw string.
func stringText(raw []byte) ir.Text {
	var r jsonx.Reader
	r.Reset(raw)
	return r.Text()
}

// elements returns the values of a raw array.
func elements(raw []byte) [][]byte {
	var r jsonx.Reader
	r.Reset(raw)
	if r.Kind() != jsonx.Array {
		return nil
	}
	var all [][]byte
	r.Array()
	for r.Element() {
		all = append(all, r.Raw())
	}
	return all
}

// join is the raw array of raw values.
func join(values [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(values, []byte{','})...), ']')
}

// strings returns the strings among the values of an array, decoded.
func (m *member) strings() []string {
	var all []string
	for _, raw := range elements(m.raw) {
		if kindOf(raw) == jsonx.String {
			all = append(all, stringText(raw).String())
		}
	}
	return all
}

// putStrings sets an array of strings, or removes it when it is empty.
func (n *node) putStrings(key string, all []string) {
	if len(all) == 0 {
		n.drop(key)
		return
	}
	raw := []byte{'['}
	for i, s := range all {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = ir.AppendQuoted(raw, s)
	}
	n.putRaw(key, append(raw, ']'))
}

// whole is a number, also one in a string, as a whole number without a
// fraction or exponent, or false.
func whole(raw []byte) ([]byte, bool) {
	var r jsonx.Reader
	r.Reset(raw)
	if k := r.Kind(); k != jsonx.Number && k != jsonx.String {
		return nil, false
	}
	i := r.Int()
	if r.End() != nil || i < 0 {
		return nil, false
	}
	return strconv.AppendInt(nil, i, 10), true
}

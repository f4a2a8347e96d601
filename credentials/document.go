package credentials

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// document is a JSON object whose members keep their order and their bytes, so that changing one leaves the others,
// which may be another program's, as they were.
type document struct{ members []member }

type member struct {
	name  string
	value json.RawMessage
}

// parseDocument reads an object. Its errors hold nothing of it.
func parseDocument(raw []byte) (document, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return d, errors.New("it is no JSON object")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return d, errBroken
		}
		m := member{name: name.(string)} // the decoder takes nothing else for a name
		if err := dec.Decode(&m.value); err != nil {
			return d, errBroken
		}
		d.members = append(d.members, m)
	}
	if _, err := dec.Token(); err != nil {
		return d, errBroken
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, errors.New("something follows the JSON object")
	}
	return d, nil
}

var errBroken = errors.New("it is broken JSON, perhaps half written")

// text returns a member's string, "" if it is absent or null.
func (d *document) text(name string) (string, error) {
	for _, m := range d.members {
		if m.name != name || string(m.value) == "null" {
			continue
		}
		var s string
		if json.Unmarshal(m.value, &s) != nil {
			return "", fmt.Errorf("%s is no string", name)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return "", fmt.Errorf("%s holds a control character", name)
		}
		return s, nil
	}
	return "", nil
}

// number returns a member's number, 0 if it is absent or null.
func (d *document) number(name string) (float64, error) {
	for _, m := range d.members {
		if m.name != name || string(m.value) == "null" {
			continue
		}
		var n float64
		if json.Unmarshal(m.value, &n) != nil {
			return 0, fmt.Errorf("%s is no number", name)
		}
		return n, nil
	}
	return 0, nil
}

// set changes a member or adds it at the end.
func (d *document) set(name string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		return // strings and numbers, which always can
	}
	for i := range d.members {
		if d.members[i].name == name {
			d.members[i].value = raw
			return
		}
	}
	d.members = append(d.members, member{name, raw})
}

// bytes returns the object with one member a line.
func (d *document) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range d.members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(m.name)
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	var out bytes.Buffer
	if json.Indent(&out, b.Bytes(), "", "  ") != nil {
		return b.Bytes()
	}
	out.WriteByte('\n')
	return out.Bytes()
}

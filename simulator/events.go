package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// events writes server-sent events.
type events struct {
	w       http.ResponseWriter
	newline string // "\n", or "\r\n" as Google does
}

func newEvents(w http.ResponseWriter, newline string) events {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	return events{w, newline}
}

// send writes one event; name is empty for an unnamed one.
func (e events) send(name string, data any) {
	var b bytes.Buffer
	if name != "" {
		b.WriteString("event: " + name + e.newline)
	}
	b.WriteString("data: ")
	writeJSON(&b, data)
	b.WriteString(e.newline + e.newline)
	e.w.Write(b.Bytes())
}

func (e events) raw(text string) { e.w.Write([]byte(text)) }

// members are the names and values of a JSON object, in their order.
type members []any

func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := 0; i+1 < len(m); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSON(&b, m[i])
		b.WriteByte(':')
		writeJSON(&b, m[i+1])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// writeJSON writes a value without escaping <, > and &, and with U+2028 and U+2029 escaped: the parser of Gemini CLI
// takes them for ends of lines.
func writeJSON(b *bytes.Buffer, v any) {
	start := b.Len()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		b.Truncate(start)
		return
	}
	b.Truncate(b.Len() - 1)
	if written := b.Bytes()[start:]; bytes.Contains(written, []byte("\u2028")) || bytes.Contains(written, []byte("\u2029")) {
		escaped := bytes.ReplaceAll(written, []byte("\u2028"), []byte(`\u2028`))
		escaped = bytes.ReplaceAll(escaped, []byte("\u2029"), []byte(`\u2029`))
		b.Truncate(start)
		b.Write(escaped)
	}
}

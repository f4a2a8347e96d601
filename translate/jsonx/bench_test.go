package jsonx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// agentBody is a chat request as a coding agent sends it: a system prompt, 30
// tools with schemas, and 40 messages with tool calls and results; about 118 KB.
func agentBody() []byte {
	prose := func(n int) string {
		return strings.Repeat("Use this when the caller needs one part of a file, not all of it: the result is "+
			"cut at 2,000 lines, \"…\" stands for what was left out, and paths are relative to the root. ", n/150+2)[:n]
	}
	var source strings.Builder
	for i := 0; source.Len() < 2800; i++ {
		fmt.Fprintf(&source, "%4d\tif v, ok := m[\"key%d\"]; ok && v <= %d {\n%4d\t\treturn fmt.Errorf(\"value %%d of <%%s>\", v, name)\n", 2*i+1, i, i*7, 2*i+2)
	}
	quote := func(s string) string { return string(ir.AppendQuoted(nil, strings.ToValidUTF8(s, ""))) }
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"messages":[{"content":%s,"role":"system"}`, quote(prose(6000)))
	for _, n := range []int{600, 300, 900} {
		fmt.Fprintf(&b, `,{"content":%s,"role":"user"}`, quote(prose(n)))
	}
	for i := range 18 {
		id := fmt.Sprintf("call_%024d", i)
		args := quote(fmt.Sprintf(`{"lines":[1,120],"mode":"read","path":"internal/pkg%d/file.go"}`, i))
		fmt.Fprintf(&b, `,{"content":%s,"role":"assistant","tool_calls":[{"function":{"arguments":%s,"name":"tool_%02d"},"id":"%s","type":"function"}]}`, quote(prose(190)), args, i, id)
		fmt.Fprintf(&b, `,{"content":%s,"role":"tool","tool_call_id":"%s"}`, quote(source.String()), id)
	}
	b.WriteString(`],"model":"demo","stream":true,"stream_options":{"include_usage":true},"tools":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"function":{"description":%s,"name":"tool_%02d","parameters":{"properties":{"lines":{"description":%s,"items":{"type":"integer"},"type":"array"},`+
			`"mode":{"description":%s,"enum":["read","write","append"],"type":"string"},"options":{"properties":{"depth":{"type":"integer"},"hidden":{"type":"boolean"}},"type":"object"},`+
			`"path":{"description":%s,"type":"string"}},"required":["path","mode"],"type":"object"}},"type":"function"}`,
			quote(prose(440)), i, quote(prose(60)), quote(prose(60)), quote(prose(120)))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// walkAll reads every value to its last string and returns the bytes of text.
func walkAll(r *Reader) int {
	n := 0
	switch r.Kind() {
	case Object:
		r.Object()
		for r.Member() {
			n += len(r.Key()) + walkAll(r)
		}
	case Array:
		r.Array()
		for r.Element() {
			n += walkAll(r)
		}
	case String:
		n += len(r.Text())
	default:
		r.Skip()
	}
	return n
}

// walkChat reads a chat request as a decoder does: texts as Text, schemas raw.
func walkChat(r *Reader) int {
	n := 0
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "messages":
			r.Array()
			for r.Element() {
				n += walkChatMessage(r)
			}
		case "tools":
			r.Array()
			for r.Element() {
				r.Object()
				for r.Member() {
					if r.Key() == "function" {
						n += walkChatFunction(r)
					}
				}
			}
		case "model":
			n += len(r.Text())
		case "stream":
			r.Bool()
		}
	}
	return n
}

func walkChatMessage(r *Reader) int {
	n := 0
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "role", "content", "tool_call_id":
			n += len(r.Text())
		case "tool_calls":
			r.Array()
			for r.Element() {
				r.Object()
				for r.Member() {
					switch r.Key() {
					case "id", "type":
						n += len(r.Text())
					case "function":
						n += walkChatFunction(r)
					}
				}
			}
		}
	}
	return n
}

func walkChatFunction(r *Reader) int {
	n := 0
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "name", "description", "arguments":
			n += len(r.Text())
		case "parameters":
			n += len(r.Raw())
		}
	}
	return n
}

func BenchmarkSkip(b *testing.B) {
	body := agentBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var r Reader
	for b.Loop() {
		r.Reset(body)
		r.Skip()
		if r.End() != nil {
			b.Fatal(r.Err())
		}
	}
}

// BenchmarkNote is the first pass over a request, which writes the outline.
func BenchmarkNote(b *testing.B) {
	body := agentBody()
	for name, byBlocks := range map[string]bool{"blocks": true, "bytes": false} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if s := skip(body, 0, 0, byBlocks); s.err != "" {
					b.Fatal(s.err)
				}
			}
		})
	}
}

func benchmarkWalk(b *testing.B, walk func(*Reader) int) {
	body := agentBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var r Reader
	for b.Loop() {
		r.Reset(body)
		if n := walk(&r); n < len(body)/2 || r.End() != nil {
			b.Fatal(n, r.Err())
		}
	}
}

func BenchmarkWalkAll(b *testing.B)  { benchmarkWalk(b, walkAll) }
func BenchmarkWalkChat(b *testing.B) { benchmarkWalk(b, walkChat) }

func BenchmarkValid(b *testing.B) {
	body := agentBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if !Valid(body) {
			b.Fatal("not valid")
		}
	}
}

func BenchmarkEncodingJSONValid(b *testing.B) {
	body := agentBody()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if !json.Valid(body) {
			b.Fatal("not valid")
		}
	}
}

// BenchmarkStrings scans bodies of one string: plain, with escapes as source
// code has them, and mostly not ASCII.
func BenchmarkStrings(b *testing.B) {
	for _, text := range []string{"plain prose without anything to escape, ", "if v, ok := m[\"k\"]; ok {\n\treturn\n}\n", "全部の文章。"} {
		body := []byte(strconv.Quote(strings.Repeat(text, 100_000/len(text))))
		b.Run(text[:6], func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var r Reader
			for b.Loop() {
				r.Reset(body)
				if len(r.Text()) != len(body)-2 {
					b.Fatal(r.Err())
				}
			}
		})
	}
}

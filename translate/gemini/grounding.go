package gemini

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// citedAt identifies a citation that was emitted: Google repeats the metadata
// in later chunks.
type citedAt struct {
	start, end int
	url        string
}

// source is one of groundingChunks.
type source struct {
	kind       string
	uri, title ir.Text
	raw        []byte
}

// sourceKinds are the members of a groundingChunk.
var sourceKinds = map[string]string{"web": "url", "retrievedContext": "file", "maps": "place"}

// cite emits the sources of the last text, which may have ended before.
func (d *streamDecoder) cite(w *wireCandidate, st *candidate) {
	if w.grounding == nil && w.citations == nil {
		return
	}
	said := ir.Text(st.text).String()
	emit := func(c *ir.Citation) {
		at := citedAt{c.Start, c.End, string(c.URL)}
		for _, seen := range st.cited {
			if seen == at {
				return
			}
		}
		at.url = strings.Clone(at.url)
		st.cited = append(st.cited, at)
		d.emit(ir.Event{Kind: ir.EventCitation, Cand: w.index, Index: st.texted, Citation: c})
	}
	readGrounding(w.grounding, said, emit)
	readCitations(w.citations, said, emit)
}

// readGrounding reads a groundingMetadata. Its segments count bytes of UTF-8.
func readGrounding(raw []byte, said string, emit func(*ir.Citation)) {
	if raw == nil {
		return
	}
	var r jsonx.Reader
	r.Reset(raw)
	var sources []source
	var supports []byte
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "groundingChunks":
			for in := r.Array(); in && r.Element(); {
				sources = append(sources, readSource(&r))
			}
		case "groundingSupports":
			supports = r.RawIfAny()
		}
	}
	r.Reset(supports)
	for in := supports != nil && r.Array(); in && r.Element(); {
		readSupport(&r, sources, said, emit)
	}
}

func readSource(r *jsonx.Reader) (s source) {
	s.raw = r.Raw()
	sub := r.Sub(s.raw)
	for in := sub.Object(); in && sub.Member(); {
		kind := sourceKinds[camel(sub.Key())]
		if kind == "" {
			continue
		}
		s.kind = kind
		for in := sub.Object(); in && sub.Member(); {
			switch sub.Key() {
			case "uri":
				s.uri = sub.Text()
			case "title":
				s.title = sub.Text()
			}
		}
	}
	return s
}

// readSupport reads which sources a segment of the text rests on.
func readSupport(r *jsonx.Reader, sources []source, said string, emit func(*ir.Citation)) {
	cite := ir.Citation{Dialect: ir.Gemini}
	start, end := 0, -1
	var indices []int64
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "segment":
			for in := r.Object(); in && r.Member(); {
				switch camel(r.Key()) {
				case "startIndex":
					start = int(r.Int())
				case "endIndex":
					end = int(r.Int())
				case "text":
					cite.CitedText = r.Text()
				}
			}
		case "groundingChunkIndices":
			for in := r.Array(); in && r.Element(); {
				indices = append(indices, r.Int())
			}
		}
	}
	if r.Err() != nil {
		return
	}
	cite.Start, cite.End = runes(said, start, end)
	for _, i := range indices {
		if i < 0 || i >= int64(len(sources)) {
			continue
		}
		c, s := cite, &sources[i]
		c.Kind, c.URL, c.Title, c.Raw = s.kind, s.uri, s.title, s.raw
		emit(&c)
	}
}

// readCitations reads a citationMetadata: texts that the answer recites.
func readCitations(raw []byte, said string, emit func(*ir.Citation)) {
	if raw == nil {
		return
	}
	var r jsonx.Reader
	r.Reset(raw)
	for in := r.Object(); in && r.Member(); {
		if key := camel(r.Key()); key != "citationSources" && key != "citations" {
			continue
		}
		for in := r.Array(); in && r.Element(); {
			c := ir.Citation{Kind: "url", Dialect: ir.Gemini, Raw: r.Raw()}
			start, end := 0, -1
			sub := r.Sub(c.Raw)
			for in := sub.Object(); in && sub.Member(); {
				switch camel(sub.Key()) {
				case "startIndex":
					start = int(sub.Int())
				case "endIndex":
					end = int(sub.Int())
				case "uri":
					c.URL = sub.Text()
				case "title":
					c.Title = sub.Text()
				}
			}
			if sub.Err() == nil && c.URL != "" {
				c.Start, c.End = runes(said, start, end)
				emit(&c)
			}
		}
	}
}

// runes turns offsets in bytes into offsets in runes; -1 for what lies outside
// of the text.
func runes(said string, start, end int) (int, int) {
	if start < 0 || end < start || end > len(said) {
		return -1, -1
	}
	from := utf8.RuneCountInString(said[:start])
	return from, from + utf8.RuneCountInString(said[start:end])
}

// bytesOf turns offsets in runes into offsets in bytes; ok is false for what
// lies outside of the text.
func bytesOf(said string, start, end int) (from, to int, ok bool) {
	if start < 0 || end < start {
		return 0, 0, false
	}
	from, to = -1, -1
	n := 0
	for i := range said {
		if n == start {
			from = i
		}
		if n == end {
			to = i
		}
		n++
	}
	if n == start {
		from = len(said)
	}
	if n == end {
		to = len(said)
	}
	return from, to, from >= 0 && to >= 0
}

// grounding are the sources of an answer as they will be written: the elements
// of groundingChunks and groundingSupports.
type grounding struct {
	chunks, supports []byte
	urls             []string
}

// add takes a source of a text, the part-th of the candidate. Sources that have
// no address have no place in the dialect.
func (g *grounding) add(c *ir.Citation, said string, part int) {
	if c.URL == "" {
		return
	}
	at := -1
	for i, url := range g.urls {
		if url == string(c.URL) {
			at = i
		}
	}
	if at < 0 {
		at = len(g.urls)
		g.urls = append(g.urls, strings.Clone(string(c.URL)))
		if at > 0 {
			g.chunks = append(g.chunks, ',')
		}
		g.chunks = appendText(append(g.chunks, `{"web":{`...), "uri", c.URL)
		if c.Title != "" {
			g.chunks = appendText(g.chunks, "title", c.Title)
		}
		g.chunks = append(g.chunks, "}}"...)
	}
	from, to, ok := bytesOf(said, c.Start, c.End)
	if c.Placeless() && said != "" {
		from, to, ok = 0, len(said), true
	}
	if !ok {
		return
	}
	if len(g.supports) > 0 {
		g.supports = append(g.supports, ',')
	}
	g.supports = append(g.supports, `{"segment":{`...)
	if part > 0 {
		g.supports = appendInt(g.supports, "partIndex", int64(part))
	}
	g.supports = appendInt(g.supports, "startIndex", int64(from))
	g.supports = appendInt(g.supports, "endIndex", int64(to))
	g.supports = appendString(g.supports, "text", said[from:to])
	g.supports = append(g.supports, `},"groundingChunkIndices":[`...)
	g.supports = append(strconv.AppendInt(g.supports, int64(at), 10), "]}"...)
}

func (g *grounding) append(dst []byte) []byte {
	if len(g.urls) == 0 {
		return dst
	}
	dst = append(appendKey(dst, "groundingMetadata"), `{"groundingChunks":[`...)
	dst = append(append(dst, g.chunks...), ']')
	if len(g.supports) > 0 {
		dst = append(append(dst, `,"groundingSupports":[`...), g.supports...)
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

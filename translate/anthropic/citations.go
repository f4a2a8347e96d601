package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readCitations reads the citations of a text block. doc is the document that
// r's offsets count in.
func readCitations(r *jsonx.Reader, doc []byte) []ir.Citation {
	if r.Kind() != jsonx.Array {
		return nil
	}
	var list []ir.Citation
	r.Array()
	for r.Element() {
		list = append(list, readCitation(r, doc))
	}
	return list
}

// readCitation reads one citation. The API says what of the source is cited,
// not which characters of the answer: the whole block cites it.
func readCitation(r *jsonx.Reader, doc []byte) ir.Citation {
	c := ir.Citation{Start: -1, End: -1, Dialect: ir.Anthropic}
	start := r.Offset()
	r.Object()
	for r.Member() {
		if r.Null() {
			continue
		}
		switch r.Key() {
		case "type":
			c.Kind = citationKinds[r.String()]
		case "cited_text":
			c.CitedText = r.Text()
		case "title", "document_title":
			c.Title = r.Text()
		case "url", "source":
			c.URL = r.Text()
		case "file_id":
			c.FileID = r.String()
		case "document_index", "search_result_index":
			c.DocIndex = int(r.Int())
		}
	}
	if r.Err() == nil {
		c.Raw = doc[start:r.Offset():r.Offset()]
	}
	return c
}

// appendCitations appends the array of those citations that the API itself
// made, and reports how many there were. Other vendors' citations have no
// Anthropic form: theirs cannot be verified when they come back.
func appendCitations(dst []byte, list []ir.Citation) ([]byte, int) {
	n := 0
	for i := range list {
		if c := &list[i]; c.Dialect == ir.Anthropic && len(c.Raw) > 0 {
			if n == 0 {
				dst = append(dst, `,"citations":[`...)
			} else {
				dst = append(dst, ',')
			}
			dst = jsonx.AppendCompact(dst, c.Raw)
			n++
		}
	}
	if n > 0 {
		dst = append(dst, ']')
	}
	return dst, n
}

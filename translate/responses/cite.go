package responses

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readCitations reads a text's annotations.
func readCitations(r *jsonx.Reader) []ir.Citation {
	var list []ir.Citation
	for open := r.Array(); open && r.Element(); {
		if c := readCitation(r.Raw()); c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// readCitation reads one annotation, nil when it is none.
func readCitation(raw []byte) *ir.Citation {
	c := &ir.Citation{Start: -1, End: -1, Raw: raw, Dialect: ir.Responses}
	var r jsonx.Reader
	r.Reset(raw)
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "type":
			c.Kind = r.String()
		case "start_index":
			c.Start = int(r.Int())
		case "end_index":
			c.End = int(r.Int())
		case "title", "filename":
			c.Title = r.Text()
		case "url":
			c.URL = r.Text()
		case "file_id":
			c.FileID = r.String()
		}
	}
	if r.End() != nil || c.Kind == "" {
		return nil
	}
	c.Kind = citationKinds[c.Kind]
	return c
}

var citationKinds = map[string]string{
	"url_citation": "url", "file_citation": "file", "container_file_citation": "file", "file_path": "file",
}

// appendCitation writes an annotation; it writes nothing for sources that the
// dialect cannot point to. end is the text's length in characters, which
// stands in for places that the upstream did not tell.
func appendCitation(dst []byte, c *ir.Citation, base, end int) []byte {
	switch {
	case c.Dialect == ir.Responses && len(c.Raw) > 0 && base == 0:
		return jsonCompact(dst, c.Raw)
	case c.URL != "":
		from, to := base, end
		if c.Start >= 0 {
			from = base + c.Start
		}
		if c.End >= 0 {
			to = base + c.End
		}
		dst = append(dst, `{"type":"url_citation","start_index":`...)
		dst = appendInt(dst, int64(from))
		dst = append(dst, `,"end_index":`...)
		dst = appendInt(dst, int64(max(from, to)))
		dst = append(dst, `,"url":`...)
		dst = c.URL.AppendJSON(dst)
		dst = append(dst, `,"title":`...)
		return append(c.Title.AppendJSON(dst), '}')
	case c.FileID != "":
		dst = append(dst, `{"type":"file_citation","file_id":`...)
		dst = ir.AppendQuoted(dst, c.FileID)
		dst = append(dst, `,"filename":`...)
		dst = c.Title.AppendJSON(dst)
		dst = append(dst, `,"index":`...)
		dst = appendInt(dst, int64(end))
		return append(dst, '}')
	default:
		return dst
	}
}

func jsonCompact(dst, raw []byte) []byte { return jsonx.AppendLine(dst, raw) }

// readLogprobs reads a list of tokens with their probabilities.
func readLogprobs(r *jsonx.Reader) []ir.TokenLogprob {
	var list []ir.TokenLogprob
	for open := r.Array(); open && r.Element(); {
		var t ir.TokenLogprob
		for open := r.Object(); open && r.Member(); {
			switch r.Key() {
			case "token":
				t.Token = r.Text()
			case "logprob":
				t.Logprob = r.Float()
			case "bytes":
				t.Bytes = rawOrNil(r)
			case "top_logprobs":
				if r.Kind() == jsonx.Array {
					t.Top = readLogprobs(r)
				}
			}
		}
		list = append(list, t)
	}
	return list
}

// appendLogprobs writes tokens without the brackets of their list.
func appendLogprobs(dst []byte, list []ir.TokenLogprob, top bool) []byte {
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		t := &list[i]
		dst = append(dst, `{"token":`...)
		dst = t.Token.AppendJSON(dst)
		dst = append(dst, `,"logprob":`...)
		dst = appendFloat(dst, t.Logprob)
		dst = append(dst, `,"bytes":`...)
		if t.Bytes == nil {
			dst = append(dst, `[]`...)
		} else {
			dst = jsonCompact(dst, t.Bytes)
		}
		if top {
			dst = append(dst, `,"top_logprobs":[`...)
			dst = append(appendLogprobs(dst, t.Top, false), ']')
		}
		dst = append(dst, '}')
	}
	return dst
}

// ownCitation copies a citation that must outlive its event.
func ownCitation(c *ir.Citation) ir.Citation {
	own := *c
	own.CitedText, own.Title, own.URL, own.Raw = c.CitedText.Clone(), c.Title.Clone(), c.URL.Clone(), bytes.Clone(c.Raw)
	return own
}

// ownLogprobs copies log probabilities that must outlive their event.
func ownLogprobs(list []ir.TokenLogprob) []ir.TokenLogprob {
	own := make([]ir.TokenLogprob, len(list))
	for i, t := range list {
		own[i] = t
		own[i].Token, own[i].Bytes, own[i].Top = t.Token.Clone(), bytes.Clone(t.Bytes), ownLogprobs(t.Top)
	}
	return own
}

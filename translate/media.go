package translate

import (
	"bytes"
	"encoding/base64"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Most upstreams fetch what a client names by URL themselves. For those that do
// not the gateway may: an exchange says what its upstream needs, and what has
// been fetched is put in the URLs' places.

// Medium is a medium that the client names by its URL and the upstream reads
// only as data.
type Medium struct {
	URL  string
	Kind ir.PartKind
	Path string // of the URL in the client's request
}

// CodeFetched is the note of a medium that the gateway has fetched.
const CodeFetched = "media.fetched"

// Fetching tells that the gateway fetches media. Without it a body for an
// upstream of the client's own dialect is relayed as it is, whatever it names.
func (c *Call) Fetching() { c.fetching = true }

// Supply gives the data of the medium at a URL to all exchanges of the call
// whose upstreams need it. The data is copied.
func (c *Call) Supply(url, mime string, data []byte) {
	if c.supplied == nil {
		c.supplied = map[string]supply{}
	}
	text := base64.StdEncoding.AppendEncode(make([]byte, 0, base64.StdEncoding.EncodedLen(len(data))), data)
	c.supplied[url] = supply{mime, ir.Text(text)}
}

// supply is a medium as data.
type supply struct {
	mime string
	data ir.Text
}

// Media implements Exchange: upstreams are handed the client's own bytes.
func (r *relay) Media() ([]Medium, error) { return nil, nil }

// Media implements Exchange.
func (h *hub) Media() ([]Medium, error) {
	req, err := h.call.request()
	if err != nil {
		return nil, err
	}
	var list []Medium
	for i := range req.Turns {
		h.wanted(req, req.Turns[i].Parts, func(p *ir.Part) {
			list = append(list, Medium{p.Media.URL, p.Kind, req.PathOfURL(p.At, p.Kind)})
		})
	}
	return list, nil
}

// wanted calls visit with each part whose data the upstream needs.
func (h *hub) wanted(req *ir.Request, parts []ir.Part, visit func(*ir.Part)) {
	for i := range parts {
		p := &parts[i]
		switch {
		case p.Result != nil:
			h.wanted(req, p.Result.Parts, visit)
		case p.Kind.IsMedia() && p.Media != nil && p.Media.Source == ir.SourceURL && h.upstream.NeedsData(p, req, h.target):
			visit(p)
		}
	}
}

// withMedia returns the request with the data of what has been fetched in the
// place of the URLs that the upstream cannot read.
func (h *hub) withMedia(req *ir.Request) *ir.Request {
	if len(h.call.supplied) == 0 {
		return req
	}
	out := *req
	out.Turns = slices.Clone(req.Turns)
	for i := range out.Turns {
		out.Turns[i].Parts = h.filled(req, out.Turns[i].Parts)
	}
	return &out
}

// filled returns the parts, copied where one is replaced.
func (h *hub) filled(req *ir.Request, parts []ir.Part) []ir.Part {
	needed := false
	h.wanted(req, parts, func(*ir.Part) { needed = true })
	if !needed {
		return parts
	}
	parts = slices.Clone(parts)
	for i := range parts {
		if r := parts[i].Result; r != nil {
			own := *r
			own.Parts = h.filled(req, r.Parts)
			parts[i].Result = &own
		}
	}
	h.wanted(req, parts, func(p *ir.Part) {
		found, ok := h.call.supplied[p.Media.URL]
		if !ok {
			return
		}
		m := *p.Media
		m.Source, m.MIME, m.Data, m.URL = ir.SourceBase64, found.mime, found.data, ""
		p.Media = &m
		h.target.Notes.Add(ir.Note{Code: CodeFetched, Path: req.PathOfURL(p.At, p.Kind), Level: ir.Info})
	})
	return parts
}

// namesImages reports whether a body of Chat Completions may name an image by a
// URL that an upstream of the same dialect does not fetch, and the gateway does.
func (c *Call) namesImages(t *ir.Target) bool {
	return c.fetching && t.Dialect == ir.Chat && !t.Caps.URLImages &&
		c.env.Outline.Has(c.body, ir.WordImageURL) && bytes.Contains(c.body, []byte(`https:`))
}

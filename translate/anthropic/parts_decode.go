package anthropic

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// add appends the part that a block of a message stands for.
func (d *decoder) add(b *block, at ir.Loc) {
	if b.typ == "thinking" || b.typ == "redacted_thinking" {
		d.thinking(b, at)
		return
	}
	p := ir.Part{At: at}
	if !d.fill(&p, b) {
		return
	}
	switch p.Kind {
	case ir.PartToolCall:
		p.Sig, d.forCall = d.forCall, nil
	case ir.PartText:
		p.Sig, d.forText = d.forText, nil
	}
	d.parts = append(d.parts, p)
}

// thinking appends a thinking part. A signature that was made for another part
// rides in the place of the thinking's own; it goes to the next part of its
// kind, and a block that held nothing else vanishes.
func (d *decoder) thinking(b *block, at ir.Loc) {
	value, target := b.signature, ir.SignsThink
	redacted := b.typ == "redacted_thinking"
	if redacted {
		value, target = b.data, signsRedacted
	}
	sig := ir.ParseSig(value, target, "")
	if sig != nil {
		switch sig.Target {
		case ir.SignsCall:
			d.forCall, sig = sig, nil
		case ir.SignsText:
			d.forText, sig = sig, nil
		}
	}
	if sig == nil && b.text == "" {
		return
	}
	think := d.mem.Think()
	think.Sig, think.Redacted = sig, sig != nil && sig.Target == signsRedacted
	d.parts = append(d.parts, ir.Part{Kind: ir.PartThinking, Text: b.text, Think: think, At: at, Ext: b.ext})
}

// fill fills in the part that any other block stands for. It reports false for
// a block without content.
func (d *decoder) fill(p *ir.Part, b *block) bool {
	p.Cache, p.Ext = b.cache, b.ext
	switch b.typ {
	case "text", "":
		if b.typ == "" && !b.hasText {
			d.r.Fail("a content block needs a type")
			return false
		}
		p.Kind, p.Text = ir.PartText, b.text
		if b.citations != nil {
			sub := d.r.Sub(b.citations)
			p.Citations = readCitations(&sub, d.body)
			d.fail(sub.Err())
		}
		return p.Text != ""
	case "image":
		p.Kind = ir.PartImage
		return d.media(p, b)
	case "document":
		p.Kind = ir.PartFile
		return d.media(p, b)
	case "search_result":
		d.searchResult(p, b)
	case "tool_use":
		p.Kind = ir.PartToolCall
		p.Call = d.mem.Call()
		*p.Call = ir.ToolCall{ID: ir.CleanID(b.id), Name: b.name, Args: b.args(), Type: ir.TypeFunction}
	case "tool_result":
		p.Kind = ir.PartToolResult
		p.Result = d.mem.Result()
		*p.Result = ir.ToolResult{CallID: ir.CleanID(b.callID), IsError: b.isError, Type: ir.TypeFunction, Parts: d.resultParts(b, p.At)}
	default:
		opaquePart(p, b)
	}
	return true
}

// opaquePart fills in what only Anthropic itself understands, and what its
// servers ran.
func opaquePart(p *ir.Part, b *block) {
	p.Ext = nil
	switch {
	case b.typ == "server_tool_use":
		p.Kind = ir.PartServerCall
		p.Server = &ir.ServerItem{ID: b.id, Tool: b.name, Args: b.args(), Dialect: ir.Anthropic, Raw: b.raw}
	case strings.HasSuffix(b.typ, "_tool_result") && !strings.HasPrefix(b.typ, "mcp_"):
		p.Kind = ir.PartServerResult
		p.Server = &ir.ServerItem{
			CallID: b.callID, Tool: strings.TrimSuffix(b.typ, "_tool_result"), Dialect: ir.Anthropic, Raw: b.raw,
			Parts: serverResultText(b.content),
		}
	case b.typ == "compaction":
		p.Kind = ir.PartCompaction
		p.Opaque = &ir.Opaque{Dialect: ir.Anthropic, Type: b.typ, Raw: b.raw}
	default:
		p.Kind = ir.PartOpaque
		p.Opaque = &ir.Opaque{Dialect: ir.Anthropic, Type: b.typ, Raw: b.raw}
	}
}

// resultParts reads a tool_result's content.
func (d *decoder) resultParts(b *block, at ir.Loc) []ir.Part {
	if b.hasWords {
		if b.words == "" {
			return nil
		}
		d.inner = append(d.inner[:0], ir.Part{Kind: ir.PartText, Text: b.words, At: at})
		return d.mem.Keep(d.inner)
	}
	if len(b.content) == 0 {
		return nil
	}
	sub := d.r.Sub(b.content)
	d.inner = d.inner[:0]
	if sub.Kind() == jsonx.Object {
		d.resultPart(&sub, at)
	} else {
		sub.Array()
		for sub.Element() {
			d.resultPart(&sub, at)
		}
	}
	d.fail(sub.End())
	return d.mem.Keep(d.inner)
}

func (d *decoder) resultPart(r *jsonx.Reader, at ir.Loc) {
	b := &d.room
	b.read(r, d.body)
	p := ir.Part{At: at}
	if r.Err() == nil && b.typ != "tool_result" && d.fill(&p, b) {
		d.inner = append(d.inner, p)
	}
}

// searchResult fills in a search_result: its text for everyone, the block
// itself for Anthropic.
func (d *decoder) searchResult(p *ir.Part, b *block) {
	p.Kind, p.Ext = ir.PartText, nil
	p.Opaque = &ir.Opaque{Dialect: ir.Anthropic, Type: b.typ, Raw: b.raw}
	p.Text = b.title
	for _, more := range [...]ir.Text{b.sourceURL, d.joined(b.content)} {
		if p.Text != "" && more != "" {
			p.Text += `\n`
		}
		p.Text += more
	}
}

// joined returns the texts of a list of blocks, a line each.
func (d *decoder) joined(content []byte) (text ir.Text) {
	if len(content) == 0 {
		return ""
	}
	sub := d.r.Sub(content)
	if sub.Kind() != jsonx.Array {
		return ""
	}
	var b block
	sub.Array()
	for sub.Element() {
		b.read(&sub, d.body)
		if text != "" && b.text != "" {
			text += `\n`
		}
		text += b.text
	}
	d.fail(sub.End())
	return text
}

// serverResultText renders what a server tool found, for models of other
// families: titles and addresses, and texts.
func serverResultText(content []byte) []ir.Part {
	var r jsonx.Reader
	r.Reset(content)
	var text ir.Text
	line := func() {
		var title, url, out ir.Text
		r.Object()
		for r.Member() {
			switch key := r.Key(); {
			case r.Kind() != jsonx.String:
			case key == "title":
				title = r.Text()
			case key == "url":
				url = r.Text()
			case key == "stdout" || key == "stderr" || key == "error_code":
				out += r.Text()
			}
		}
		for _, piece := range [...]ir.Text{title, url, out} {
			if piece == "" {
				continue
			}
			if text != "" {
				text += `\n`
			}
			text += piece
		}
	}
	switch r.Kind() {
	case jsonx.Object:
		line()
	case jsonx.Array:
		r.Array()
		for r.Element() {
			if r.Kind() == jsonx.Object {
				line()
			}
		}
	}
	if text == "" {
		return nil
	}
	return []ir.Part{{Kind: ir.PartText, Text: text}}
}

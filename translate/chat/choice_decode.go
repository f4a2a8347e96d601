package chat

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// choice is one element of choices: the delta of a chunk or the message of a
// whole answer, which have the same members. It is reused from chunk to chunk.
type choice struct {
	index     int
	finish    ir.Text
	reasoning ir.Text
	pieces    []piece // of content, in order
	refusal   ir.Text
	calls     []callPiece
	audio     ir.Media
	hasAudio  bool
	images    []ir.Text // their URLs
	citations []ir.Citation
	logprobs  []ir.TokenLogprob
	usage     ir.Usage
	hasUsage  bool

	texts  int     // strings of text, thinking or arguments that are not empty
	textAt ir.Span // the last of them, with its quotes
}

// piece is a stretch of content; Mistral mixes thoughts into it.
type piece struct {
	text    ir.Text
	thought bool
}

// callPiece is what a chunk says of one call.
type callPiece struct {
	index int // -1 when the server gives none
	callFields
	sigValue string
}

func (c *choice) reset() {
	*c = choice{pieces: c.pieces[:0], calls: c.calls[:0], images: c.images[:0], citations: c.citations[:0], logprobs: nil}
}

// choiceIndex is the number of a choice, of which there are not more than are kept.
func choiceIndex(r *jsonx.Reader) int { return int(min(max(softInt(r, 0), 0), maxCandidates-1)) }

// read reads the choice that is next.
func (c *choice) read(r *jsonx.Reader) {
	c.reset()
	if !inObject(r) {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "index":
			c.index = choiceIndex(r)
		case "delta", "message":
			c.message(r)
		case "finish_reason":
			c.finish = softText(r)
		case "logprobs":
			c.readLogprobs(r)
		case "usage":
			if u, ok := readUsage(r); ok {
				c.usage, c.hasUsage = u, true
			}
		}
	}
}

// maxCandidates bounds what a server can make the gateway remember.
const maxCandidates = 128

// text is softText for a string that differs from chunk to chunk.
func (c *choice) text(r *jsonx.Reader) ir.Text {
	start := r.Offset()
	text := softText(r)
	if text != "" {
		c.texts++
		c.textAt = ir.Span{Start: start, End: r.Offset()}
	}
	return text
}

func (c *choice) message(r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "content":
			c.content(r)
		case "reasoning_content", "reasoning", "thinking":
			if text := c.text(r); c.reasoning == "" {
				c.reasoning = text
			}
		case "tool_calls":
			if !inArray(r) {
				continue
			}
			for r.Element() {
				c.toolCall(r)
			}
		case "function_call":
			p := callPiece{index: 0}
			c.callBody(&p, r)
			if p.name != "" || !p.args.Empty() {
				c.calls = append(c.calls, p)
			}
		case "refusal":
			c.refusal = softText(r)
		case "audio":
			c.readAudio(r)
		case "images":
			c.readImages(r)
		case "annotations":
			c.annotations(r)
		}
	}
}

// content reads a string, or Mistral's list of parts.
func (c *choice) content(r *jsonx.Reader) {
	if r.Kind() != jsonx.Array {
		c.say(c.text(r), false)
		return
	}
	r.Array()
	for r.Element() {
		if r.Kind() == jsonx.String {
			c.say(c.text(r), false)
			continue
		}
		if !inObject(r) {
			continue
		}
		for r.Member() {
			switch r.Key() {
			case "text":
				c.say(c.text(r), false)
			case "thinking":
				c.thought(r)
			}
		}
	}
}

// thought reads the thinking part of a content list: a string or a list of
// text parts.
func (c *choice) thought(r *jsonx.Reader) {
	if r.Kind() != jsonx.Array {
		c.say(c.text(r), true)
		return
	}
	r.Array()
	for r.Element() {
		if !inObject(r) {
			continue
		}
		for r.Member() {
			if r.Key() == "text" {
				c.say(c.text(r), true)
			}
		}
	}
}

func (c *choice) say(text ir.Text, thought bool) {
	if text != "" {
		c.pieces = append(c.pieces, piece{text, thought})
	}
}

func (c *choice) toolCall(r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	p := callPiece{index: -1}
	for r.Member() {
		switch r.Key() {
		case "index":
			p.index = int(softInt(r, -1))
		case "id":
			p.id = softText(r).String()
		case "type":
			p.custom = p.custom || softText(r) == "custom"
		case "function":
			c.callBody(&p, r)
		case "custom":
			p.custom = true
			c.callBody(&p, r)
		case "extra_content":
			if !inObject(r) {
				continue
			}
			for r.Member() {
				if r.Key() == "google" {
					p.signature(r)
				}
			}
		case "provider_specific_fields":
			p.signature(r)
		default:
			c.callMember(&p, r)
		}
	}
	c.calls = append(c.calls, p)
}

func (c *choice) callBody(p *callPiece, r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		c.callMember(p, r)
	}
}

func (c *choice) callMember(p *callPiece, r *jsonx.Reader) {
	switch r.Key() {
	case "name":
		if name := softText(r); name != "" {
			p.name = name.String()
		}
	case "arguments", "input":
		switch r.Kind() {
		case jsonx.String:
			p.args.Text = c.text(r)
		case jsonx.Object, jsonx.Array:
			p.args.JSON = r.Raw()
		}
	}
}

func (p *callPiece) signature(r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	for r.Member() {
		if r.Key() == "thought_signature" {
			p.sigValue = strings.Clone(softText(r).String())
		}
	}
}

func (c *choice) readAudio(r *jsonx.Reader) {
	if !inObject(r) {
		return
	}
	c.hasAudio = true
	for r.Member() {
		switch r.Key() {
		case "id":
			c.audio.ID = strings.Clone(softText(r).String())
		case "data":
			c.audio.Data = softText(r)
		case "transcript":
			c.audio.Transcript = softText(r)
		}
	}
}

func (c *choice) readImages(r *jsonx.Reader) {
	if !inArray(r) {
		return
	}
	for r.Element() {
		if !inObject(r) {
			continue
		}
		for r.Member() {
			if r.Key() != "image_url" || !inObject(r) {
				continue
			}
			for r.Member() {
				if r.Key() == "url" {
					if u := softText(r); u != "" {
						c.images = append(c.images, u)
					}
				}
			}
		}
	}
}

func (c *choice) annotations(r *jsonx.Reader) {
	if !inArray(r) {
		return
	}
	for r.Element() {
		if !inObject(r) {
			continue
		}
		for r.Member() {
			if r.Key() == "url_citation" {
				c.citations = append(c.citations, readCitation(r))
			}
		}
	}
}

func readCitation(r *jsonx.Reader) ir.Citation {
	out := ir.Citation{Kind: "url", Start: -1, End: -1, Dialect: ir.Chat}
	if !inObject(r) {
		return out
	}
	for r.Member() {
		switch r.Key() {
		case "start_index":
			out.Start = int(softInt(r, -1))
		case "end_index":
			out.End = int(softInt(r, -1))
		case "title":
			out.Title = softText(r)
		case "url":
			out.URL = softText(r)
		}
	}
	return out
}

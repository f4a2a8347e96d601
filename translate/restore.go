package translate

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// restorer stands between an upstream's decoder and the client's encoder and
// brings back what the request's encoding changed about tools: their names,
// free text that was wrapped in a function's only argument, and renamed
// argument keys.
type restorer struct {
	trip *ir.Trip
	emit func(*ir.Event)
	held []*heldArgs

	shapes bool // texts are held until they are complete, see shape
	texts  []heldText
}

// heldText is a text that can be restored only when it is complete.
type heldText struct {
	cand, index int
	text        []byte
}

// heldArgs are arguments that can be restored only when they are complete.
type heldArgs struct {
	cand, index int
	text, json  []byte
	mend        mend
}

func (h *heldArgs) add(a ir.Args) {
	h.text = append(h.text, a.Text...)
	h.json = append(h.json, a.JSON...)
}

func (h *heldArgs) args() ir.Args { return ir.Args{Text: ir.Text(h.text), JSON: h.json} }

func newRestorer(trip *ir.Trip, emit func(*ir.Event)) *restorer {
	return &restorer{trip: trip, emit: emit, shapes: shaped(trip)}
}

// event passes one event on, restored.
func (r *restorer) event(e *ir.Event) {
	if r.shapes && r.holdText(e) {
		return
	}
	switch {
	case e.Kind == ir.EventPartStart && e.Part.Kind == ir.PartToolCall:
		if m := restoreCall(e.Part.Call, r.trip); m.needed() {
			h := &heldArgs{cand: e.Cand, index: e.Index, mend: m}
			h.add(e.Part.Call.Args)
			r.held, e.Part.Call.Args = append(r.held, h), ir.Args{}
		}
	case len(r.held) == 0:
	case e.Kind == ir.EventDelta:
		if h, _ := r.find(e); h != nil {
			h.add(ir.Args{Text: e.Text, JSON: e.JSON})
			return
		}
	case e.Kind == ir.EventPartStop:
		r.release(e)
		return
	}
	if e.Kind == ir.EventPartStop && e.Part != nil && e.Part.Call != nil {
		restoreCall(e.Part.Call, r.trip)
	}
	r.emit(e)
}

// holdText holds the texts of an answer back until they are complete. It
// reports whether it has taken the event.
func (r *restorer) holdText(e *ir.Event) bool {
	if e.Kind == ir.EventPartStart && e.Part.Kind == ir.PartText {
		r.texts = append(r.texts, heldText{e.Cand, e.Index, []byte(e.Part.Text)})
		e.Part.Text = ""
		return false
	}
	if e.Kind != ir.EventDelta && e.Kind != ir.EventPartStop {
		return false
	}
	for i := range r.texts {
		h := &r.texts[i]
		if h.cand != e.Cand || h.index != e.Index {
			continue
		}
		if e.Kind == ir.EventDelta {
			h.text = append(h.text, e.Text...)
			return true
		}
		if len(h.text) == 0 && e.Part != nil {
			h.text = append(h.text, e.Part.Text...)
		}
		text := shape(ir.Text(h.text), r.trip)
		r.texts = append(r.texts[:i], r.texts[i+1:]...)
		if text != "" {
			r.emit(&ir.Event{Kind: ir.EventDelta, Cand: e.Cand, Index: e.Index, Text: text})
		}
		r.emit(&ir.Event{Kind: ir.EventPartStop, Cand: e.Cand, Index: e.Index})
		return true
	}
	return false
}

func (r *restorer) find(e *ir.Event) (*heldArgs, int) {
	for i, h := range r.held {
		if h.cand == e.Cand && h.index == e.Index {
			return h, i
		}
	}
	return nil, 0
}

// release emits the mended arguments of a part that ends.
func (r *restorer) release(e *ir.Event) {
	h, i := r.find(e)
	if h == nil {
		r.emit(e)
		return
	}
	r.held = append(r.held[:i], r.held[i+1:]...)
	if len(h.text)+len(h.json) == 0 && e.Part != nil && e.Part.Call != nil {
		h.add(e.Part.Call.Args)
	}
	args := h.mend.apply(h.args())
	r.emit(&ir.Event{Kind: ir.EventDelta, Cand: e.Cand, Index: e.Index, Text: args.Text, JSON: args.JSON})
	r.emit(&ir.Event{Kind: ir.EventPartStop, Cand: e.Cand, Index: e.Index})
}

// restoreResponse restores the calls and texts of a whole answer.
func restoreResponse(resp *ir.Response, trip *ir.Trip) {
	shapes := shaped(trip)
	for i := range resp.Candidates {
		for j := range resp.Candidates[i].Parts {
			if p := &resp.Candidates[i].Parts[j]; shapes && p.Kind == ir.PartText {
				p.Text = shape(p.Text, trip)
			}
			if p := &resp.Candidates[i].Parts[j]; p.Kind == ir.PartToolCall {
				if m := restoreCall(p.Call, trip); m.needed() {
					p.Call.Args = m.apply(p.Call.Args)
				}
			}
		}
	}
}

// mend tells how arguments differ from what the client's tool takes.
type mend struct {
	unwrap bool              // the free text is the member input
	keys   map[string]string // wire key → the client's
}

func (m mend) needed() bool { return m.unwrap || m.keys != nil }

// restoreCall brings back the name by which the client knows the tool and
// tells what has to be done to the arguments.
func restoreCall(call *ir.ToolCall, trip *ir.Trip) mend {
	tool := trip.Target.Names.Tool(call.Name)
	if tool == nil {
		return mend{}
	}
	wrapped := call.Type != ir.TypeCustom
	call.Name, call.Namespace = tool.Name, tool.Namespace
	switch tool.Kind {
	case ir.ToolCustom:
		call.Type = ir.TypeCustom
		return mend{unwrap: wrapped}
	case ir.ToolTyped:
		call.Type = ir.ToolType(tool.Type)
	}
	if trip.Target.Dialect != ir.Anthropic || len(tool.Schema) == 0 {
		return mend{}
	}
	renamed := schema.RenamedKeys(tool.Schema)
	if renamed == nil {
		return mend{}
	}
	back := make(map[string]string, len(renamed))
	for original, wire := range renamed {
		back[wire] = original
	}
	return mend{keys: back}
}

// apply returns the arguments as the client's tool takes them. What cannot be
// read stays as the model wrote it.
func (m mend) apply(a ir.Args) ir.Args {
	raw := a.Bytes()
	var r jsonx.Reader
	r.Reset(raw)
	if m.unwrap {
		input, ok := unwrapInput(&r)
		if !ok {
			return ir.Args{Text: ir.Plain(string(raw))}
		}
		return ir.Args{Text: input}
	}
	out := append(make([]byte, 0, len(raw)+32), '{')
	for in, first := r.Object(), true; in && r.Member(); first = false {
		if !first {
			out = append(out, ',')
		}
		key := r.Key()
		if original, ok := m.keys[key]; ok {
			key = original
		}
		out = append(ir.AppendQuoted(out, key), ':')
		out = append(out, r.Raw()...)
	}
	if r.End() != nil {
		return a
	}
	return ir.Args{JSON: append(out, '}')}
}

func unwrapInput(r *jsonx.Reader) (input ir.Text, ok bool) {
	r.Object()
	for r.Member() {
		if r.Key() == "input" && r.Kind() == jsonx.String {
			input, ok = r.Text(), true
		}
	}
	return input, ok && r.End() == nil
}

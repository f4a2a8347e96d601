package anthropic

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// blockWriter writes the blocks of a stream: numbered from 0, never two open
// at once, never an empty text.
type blockWriter struct {
	dst    []byte
	trip   *ir.Trip
	open   string // type of the open block; empty when none is
	next   int    // index of the next block
	texted bool   // a text block has been written
	called bool   // a tool_use block has been written
	late   []byte // thinking after text, dropped unless a signature needs it
	tail   string // signature of the text before, written only in front of another block
	prefix []byte // what stands in front of a delta of the open block
}

const deltaEnd = "\"}}\n\n"

// deltaHeads are the beginnings of the deltas of each type of block.
var deltaHeads = map[string]string{
	textType:       `{"type":"text_delta","text":"`,
	thinkingType:   `{"type":"thinking_delta","thinking":"`,
	toolUse:        `{"type":"input_json_delta","partial_json":"`,
	compactionType: `{"type":"compaction_delta","content":"`,
}

// startBlock writes a content_block_start up to the block itself.
func (w *blockWriter) startBlock(typ string) {
	w.closeBlock()
	if sig := w.tail; sig != "" {
		// At the end of an answer the signature is dropped: Claude Code takes
		// the last block for the result, and texts need no signature.
		w.tail = ""
		w.carry(sig)
	}
	w.dst = append(w.dst, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"...)
	w.dst = strconv.AppendInt(w.dst, int64(w.next), 10)
	w.dst = append(w.dst, `,"content_block":`...)
	w.open = typ
	w.prefix = append(w.prefix[:0], "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"...)
	w.prefix = strconv.AppendInt(w.prefix, int64(w.next), 10)
	w.prefix = append(w.prefix, `,"delta":`...)
	w.prefix = append(w.prefix, deltaHeads[typ]...)
	w.next++
}

// closeBlock ends the open block.
func (w *blockWriter) closeBlock() {
	if w.open == "" {
		return
	}
	w.dst = append(w.dst, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"...)
	w.dst = strconv.AppendInt(w.dst, int64(w.next-1), 10)
	w.dst = append(w.dst, "}\n\n"...)
	w.open = ""
}

// piece writes a delta of the open block.
func (w *blockWriter) piece(text []byte) {
	w.dst = append(w.dst, w.prefix...)
	w.dst = append(w.dst, text...)
	w.dst = append(w.dst, deltaEnd...)
}

// deltaRaw writes a delta that is not the open block's usual one.
func (w *blockWriter) deltaRaw(delta []byte) {
	w.dst = append(w.dst, w.prefix[:len(w.prefix)-len(deltaHeads[w.open])]...)
	w.dst = append(w.dst, delta...)
	w.dst = append(w.dst, "}\n\n"...)
}

// openText opens a text block, or goes on with the one that is open when only
// dropped thinking came between.
func (w *blockWriter) openText() {
	dropped := w.dropLate()
	if w.open == textType && dropped {
		return
	}
	w.startBlock(textType)
	w.dst = append(w.dst, "{\"type\":\"text\",\"text\":\"\"}}\n\n"...)
	w.texted = true
}

func (w *blockWriter) openThinking() {
	w.startBlock(thinkingType)
	w.dst = append(w.dst, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"...)
}

func (w *blockWriter) openRedacted(data string) {
	w.startBlock(redactedType)
	w.dst = append(w.dst, `{"type":"redacted_thinking","data":`...)
	w.dst = append(ir.AppendQuoted(w.dst, data), "}}\n\n"...)
}

func (w *blockWriter) openTool(p *openPart) {
	w.dropLate()
	w.startBlock(toolUse)
	w.called = true
	w.dst = append(w.dst, `{"type":"tool_use","id":`...)
	w.dst = ir.AppendQuoted(w.dst, clientCallID(p.id, w.trip))
	w.dst = append(w.dst, `,"name":`...)
	w.dst = ir.AppendQuoted(w.dst, callName(p.name, w.next-1))
	w.dst = append(w.dst, ",\"input\":{}}}\n\n"...)
}

// openNative opens a block that Anthropic wrote itself.
func (w *blockWriter) openNative(p *ir.Part) {
	w.dropLate()
	switch p.Kind {
	case ir.PartServerCall:
		w.startBlock(toolUse)
	case ir.PartCompaction:
		w.startBlock(compactionType)
	default:
		w.startBlock(rawType)
	}
	w.dst = appendNative(w.dst, p)
	w.dst = append(w.dst, "}\n\n"...)
}

// sign ends the open thinking block with its signature. An unsigned one stays
// open: it can still carry the signature of the block that follows.
func (w *blockWriter) sign(sig string) {
	if sig == "" {
		return
	}
	w.dst = append(w.dst, w.prefix[:len(w.prefix)-len(deltaHeads[thinkingType])]...)
	w.dst = append(w.dst, `{"type":"signature_delta","signature":`...)
	w.dst = append(ir.AppendQuoted(w.dst, sig), "}}\n\n"...)
	w.closeBlock()
}

// carry writes the signature of the next block into the slot of the unsigned
// thinking directly before it, or into an empty thinking block.
func (w *blockWriter) carry(sig string) {
	if sig == "" {
		return
	}
	if w.open != thinkingType || len(w.late) > 0 {
		w.openThinking()
		if len(w.late) > 0 {
			w.piece(w.late)
			w.late = w.late[:0]
		}
	}
	w.sign(sig)
}

// dropLate forgets thinking that came after text and was not signed.
func (w *blockWriter) dropLate() bool {
	if len(w.late) == 0 {
		return false
	}
	w.late = w.late[:0]
	noteLate(w.trip)
	return true
}

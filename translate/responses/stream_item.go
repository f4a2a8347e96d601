package responses

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// item writes the open item as it stands.
func (e *encoder) item(dst []byte, status, encrypted string) []byte {
	o := &e.open
	dst = append(dst, `{"id":`...)
	dst = ir.AppendQuoted(dst, o.id)
	switch o.kind {
	case openReasoning:
		dst = append(dst, `,"type":"reasoning","summary":[`...)
		if o.inPart {
			dst = append(dst, `{"type":"summary_text","text":"`...)
			dst = append(append(dst, o.text...), `"}`...)
		}
		dst = append(dst, ']')
		if encrypted != "" {
			dst = append(dst, `,"encrypted_content":`...)
			dst = ir.AppendQuoted(dst, encrypted)
		}
		return append(dst, '}')
	case openMessage:
		dst = append(dst, `,"type":"message","role":"assistant","status":"`...)
		dst = append(append(dst, status...), '"')
		if o.phase != nil {
			dst = append(append(dst, `,"phase":`...), o.phase...)
		}
		dst = append(dst, `,"content":[`...)
		return append(append(dst, o.content...), `]}`...)
	}
	if o.call.Type == ir.TypeCustom {
		dst = append(dst, `,"type":"custom_tool_call"`...)
	} else {
		dst = append(dst, `,"type":"function_call"`...)
	}
	dst = appendCallHead(dst, o.call)
	dst = append(dst, `,"name":`...)
	dst = ir.AppendQuoted(dst, o.call.Name)
	if o.call.Namespace != "" {
		dst = append(dst, `,"namespace":`...)
		dst = ir.AppendQuoted(dst, o.call.Namespace)
	}
	if o.call.Type == ir.TypeCustom {
		dst = append(dst, `,"input":"`...)
	} else {
		dst = append(dst, `,"arguments":"`...)
	}
	dst = append(dst, o.text...)
	dst = append(dst, `","status":"`...)
	return append(append(dst, status...), `"}`...)
}

func appendCallHead(dst []byte, call *ir.ToolCall) []byte {
	dst = append(dst, `,"call_id":`...)
	return ir.AppendQuoted(dst, call.ID)
}

// complete writes the events of an item that is known at once: body writes
// what stands behind its id, with the status.
func (e *encoder) complete(dst []byte, prefix string, steps []string, body func(dst []byte, status string) []byte) []byte {
	dst = e.closeItem(dst, "completed")
	e.open.id = e.itemID(prefix)
	dst = e.event(dst, "response.output_item.added")
	dst = e.place(dst)
	dst = append(dst, `,"item":{"id":`...)
	dst = ir.AppendQuoted(dst, e.open.id)
	dst = append(body(dst, "in_progress"), '}')
	dst = e.close(dst)
	for _, step := range steps {
		dst = e.close(e.inItem(dst, step))
	}
	output := append(e.comma(), `{"id":`...)
	output = ir.AppendQuoted(output, e.open.id)
	return e.done(dst, append(body(output, "completed"), '}'))
}

// typedItems are the items of tools that OpenAI defines.
var typedItems = map[ir.ToolType]struct{ prefix, typ string }{
	ir.TypeLocalShell: {"lsh_", "local_shell_call"},
	ir.TypeShell:      {"sh_", "shell_call"},
	ir.TypeApplyPatch: {"apc_", "apply_patch_call"},
	ir.TypeToolSearch: {"tsc_", "tool_search_call"},
}

// typed writes a call of a tool that OpenAI defines, from the arguments of the
// function that stood for it.
func (e *encoder) typed(dst []byte) []byte {
	call := e.part.head.Call
	row := typedItems[call.Type]
	if call.ID == "" {
		call.ID = newID(e.trip, "call_")
	}
	args := []byte(ir.Text(e.part.text).String())
	return e.complete(dst, row.prefix, nil, func(dst []byte, status string) []byte {
		dst = append(dst, `,"type":"`+row.typ+`"`...)
		dst = appendCallHead(dst, call)
		dst = append(dst, ',')
		dst = appendAction(dst, call.Type, args)
		return append(dst, `,"status":"`+status+`"`...)
	})
}

// other writes parts that are neither text nor reasoning nor calls of the
// client's tools. What the dialect has no item for is left out.
func (e *encoder) other(dst []byte) []byte {
	p := &e.part
	switch head := &p.head; {
	case head.Kind == ir.PartImage && len(p.text) > 0:
		return e.complete(dst, "ig_", imageSteps, func(dst []byte, status string) []byte {
			dst = append(dst, `,"type":"image_generation_call","status":"`+status+`","result":`...)
			if status != "completed" {
				return append(dst, "null"...)
			}
			return ir.Text(p.text).AppendJSON(dst)
		})
	case head.Server != nil && head.Server.Dialect == ir.Responses && jsonx.IsObject(head.Server.Raw):
		return e.verbatim(dst, head.Server.Raw)
	case head.Opaque != nil && head.Opaque.Dialect == ir.Responses && jsonx.IsObject(head.Opaque.Raw):
		return e.verbatim(dst, head.Opaque.Raw)
	case head.Kind == ir.PartServerCall && head.Server.Tool == "web_search":
		return e.webSearch(dst)
	case head.Kind == ir.PartServerCall && head.Server.Tool == "code_execution":
		return e.codeInterpreter(dst)
	}
	return dst
}

var (
	imageSteps = []string{"response.image_generation_call.in_progress", "response.image_generation_call.completed"}
	webSteps   = []string{
		"response.web_search_call.in_progress", "response.web_search_call.searching", "response.web_search_call.completed",
	}
	codeSteps = []string{
		"response.code_interpreter_call.in_progress", "response.code_interpreter_call.interpreting",
		"response.code_interpreter_call.completed",
	}
)

// argument returns a string among the live part's arguments, as a JSON string.
func (e *encoder) argument(name string) []byte {
	v := member([]byte(ir.Text(e.part.text).String()), name)
	if len(v) == 0 || v[0] != '"' {
		return []byte(`""`)
	}
	return v
}

func (e *encoder) webSearch(dst []byte) []byte {
	query := e.argument("query")
	queries := append(append([]byte("["), query...), ']')
	if list := stringsOf(member([]byte(ir.Text(e.part.text).String()), "queries")); list != nil { // Google asks for several at once
		query, queries = list[0], append(append([]byte("["), bytes.Join(list, []byte(","))...), ']')
	}
	return e.complete(dst, "ws_", webSteps, func(dst []byte, status string) []byte {
		dst = append(dst, `,"type":"web_search_call","status":"`+status+`","action":{"type":"search","query":`...)
		dst = append(dst, query...)
		dst = append(dst, `,"queries":`...)
		return append(append(dst, queries...), '}')
	})
}

// stringsOf returns the strings of a JSON array, as JSON; nil when there are
// none.
func stringsOf(raw []byte) (list [][]byte) {
	var r jsonx.Reader
	r.Reset(raw)
	for open := len(raw) > 0 && r.Kind() == jsonx.Array && r.Array(); open && r.Element(); {
		if text := r.Kind() == jsonx.String; text {
			list = append(list, r.Raw())
		} else {
			r.Skip()
		}
	}
	return list
}

func (e *encoder) codeInterpreter(dst []byte) []byte {
	code := e.argument("code")
	return e.complete(dst, "ci_", codeSteps, func(dst []byte, status string) []byte {
		dst = append(dst, `,"type":"code_interpreter_call","status":"`+status+`","container_id":"","outputs":null,"code":`...)
		return append(dst, code...)
	})
}

// verbatim writes an item of an upstream of the same dialect as it came.
func (e *encoder) verbatim(dst, raw []byte) []byte {
	dst = e.closeItem(dst, "completed")
	dst = e.event(dst, "response.output_item.added")
	dst = e.place(dst)
	dst = append(dst, `,"item":`...)
	dst = e.close(jsonCompact(dst, raw))
	return e.done(dst, jsonCompact(e.comma(), raw))
}

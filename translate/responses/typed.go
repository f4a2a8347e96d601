package responses

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Tools that OpenAI defines and the client runs are items of their own kind
// here and functions elsewhere. The pairs of names below are the members of an
// item's action and of the function's arguments.
var (
	localShellMembers = [...]pair{{"command", "command"}, {"working_directory", "workdir"}, {"timeout_ms", "timeout_ms"}}
	shellMembers      = [...]pair{{"commands", "commands"}, {"timeout_ms", "timeout_ms"}, {"max_output_length", "max_output_length"}}
)

type pair struct{ item, arg string }

// callArgs returns the function arguments that stand for a typed item.
func callArgs(tool ir.ToolType, it *item) ir.Args {
	switch tool {
	case ir.TypeLocalShell:
		return ir.Args{JSON: renameMembers(it.action, localShellMembers[:])}
	case ir.TypeShell:
		return ir.Args{JSON: renameMembers(it.action, shellMembers[:])}
	case ir.TypeApplyPatch:
		return ir.Args{JSON: it.operation}
	default:
		return it.args
	}
}

// renameMembers returns an object with the listed members of raw that are not
// null, in the list's order.
func renameMembers(raw []byte, pairs []pair) []byte {
	out := append(make([]byte, 0, len(raw)+16), '{')
	for _, p := range pairs {
		if v := member(raw, p.item); len(v) > 0 && v[0] != 'n' {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(ir.AppendQuoted(out, p.arg), ':')
			out = append(out, v...)
		}
	}
	return append(out, '}')
}

// member returns a member of a raw object, nil when there is none.
func member(raw []byte, name string) []byte {
	var r jsonx.Reader
	r.Reset(raw)
	var found []byte
	for open := r.Object(); open && r.Member(); {
		if r.Key() == name {
			found = r.Raw()
		}
	}
	if r.Err() != nil {
		return nil
	}
	return found
}

// shellOutput is the text of a shell's output: for each command what it wrote
// and how it ended.
func shellOutput(d *itemReader, r *jsonx.Reader, raw []byte) ir.Text {
	if len(raw) == 0 {
		return ""
	}
	sub := r.Sub(raw)
	var text ir.Text
	add := func(t ir.Text) {
		if t == "" {
			return
		}
		if text != "" {
			text += `\n`
		}
		text += t
	}
	for open := sub.Array(); open && sub.Element(); {
		for open := sub.Object(); open && sub.Member(); {
			switch sub.Key() {
			case "stdout", "stderr":
				add(sub.Text())
			case "outcome":
				add(outcome(&sub))
			}
		}
	}
	d.adopt(r, &sub)
	return text
}

func outcome(r *jsonx.Reader) ir.Text {
	var kind string
	code := int64(0)
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "type":
			kind = r.String()
		case "exit_code":
			code = r.Int()
		}
	}
	if kind == "timeout" {
		return "timed out"
	}
	return ir.Text("exit code: " + strconv.FormatInt(code, 10))
}

// appendAction writes the members of a typed item that hold what to do, from
// a function's arguments. What the model left out or misshaped is made up so
// that clients which check the item's shape can read it.
func appendAction(dst []byte, tool ir.ToolType, args []byte) []byte {
	if !jsonx.IsObject(args) {
		args = []byte("{}")
	}
	switch tool {
	case ir.TypeLocalShell:
		dst = append(dst, `"action":{"type":"exec","command":`...)
		dst = appendStrings(dst, member(args, "command"))
		dst = append(dst, `,"env":{},"timeout_ms":`...)
		dst = appendNumber(dst, member(args, "timeout_ms"))
		dst = append(dst, `,"working_directory":`...)
		dst = appendText(dst, member(args, "workdir"), "null")
		return append(dst, '}')
	case ir.TypeShell:
		dst = append(dst, `"action":{"commands":`...)
		dst = appendStrings(dst, member(args, "commands"))
		dst = append(dst, `,"timeout_ms":`...)
		dst = appendNumber(dst, member(args, "timeout_ms"))
		dst = append(dst, `,"max_output_length":`...)
		dst = appendNumber(dst, member(args, "max_output_length"))
		return append(dst, `},"environment":null`...)
	case ir.TypeToolSearch:
		return jsonCompact(append(dst, `"execution":"client","arguments":`...), args)
	default:
		dst = append(dst, `"operation":{"type":`...)
		dst = appendText(dst, member(args, "type"), `"update_file"`)
		dst = append(dst, `,"path":`...)
		dst = appendText(dst, member(args, "path"), `""`)
		if diff := member(args, "diff"); len(diff) > 0 && diff[0] == '"' {
			dst = append(append(dst, `,"diff":`...), diff...)
		}
		return append(dst, '}')
	}
}

// appendStrings writes a list of strings; a single string becomes a list of
// one.
func appendStrings(dst, raw []byte) []byte {
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return append(dst, "[]"...)
	case raw[0] == '[':
		return jsonCompact(dst, raw)
	default:
		return append(append(append(dst, '['), raw...), ']')
	}
}

func appendNumber(dst, raw []byte) []byte {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

func appendText(dst, raw []byte, otherwise string) []byte {
	if len(raw) == 0 || raw[0] != '"' {
		return append(dst, otherwise...)
	}
	return append(dst, raw...)
}

package ir

// inputSchema is the schema of a free-text tool that is offered as a function.
const inputSchema = `{"type":"object","properties":{"input":{"type":"string","description":"Raw tool input"}},"required":["input"]}`

// typedTools are the functions by which tools that a vendor defines, and the
// client runs, are offered to other vendors' models. The schemas are those of
// the vendors' documentation.
var typedTools = map[string]struct {
	description Text
	schema      string
}{
	"local_shell": {
		"Run a command on the local machine and return its output.",
		`{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}},"workdir":{"type":"string"},"timeout_ms":{"type":"integer"}},"required":["command"]}`,
	},
	"shell": {
		"Run shell commands on the local machine and return their output.",
		`{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"}},"timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]}`,
	},
	"apply_patch": {
		"Create, update or delete a file. For create_file and update_file give a diff.",
		`{"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"diff":{"type":"string"}},"required":["type","path"]}`,
	},
	"bash": {
		"Run a command in a persistent bash session and return its output.",
		`{"type":"object","properties":{"command":{"type":"string","description":"The bash command to run"},"restart":{"type":"boolean","description":"Set to true to restart the session"}}}`,
	},
	"text_editor": {
		"View, create and edit files.",
		`{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"]},"path":{"type":"string","description":"Absolute path to a file or directory"},"file_text":{"type":"string","description":"create: the file's content"},"old_str":{"type":"string","description":"str_replace: the text to replace, unique in the file"},"new_str":{"type":"string","description":"str_replace, insert: the new text"},"insert_line":{"type":"integer","description":"insert: the line after which to insert"},"view_range":{"type":"array","items":{"type":"integer"},"description":"view: first and last line"}},"required":["command","path"]}`,
	},
	"computer": {
		"Look at a screen and control its mouse and keyboard. Take a screenshot to see what an action has done.",
		`{"type":"object","properties":{"action":{"type":"string","enum":["key","type","mouse_move","left_click","left_click_drag","right_click","middle_click","double_click","triple_click","left_mouse_down","left_mouse_up","scroll","hold_key","wait","screenshot","cursor_position","zoom"]},"coordinate":{"type":"array","items":{"type":"integer"},"description":"x and y in pixels, for the actions of the mouse"},"start_coordinate":{"type":"array","items":{"type":"integer"},"description":"left_click_drag: where it starts"},"text":{"type":"string","description":"type: the text; key, hold_key: the keys, such as ctrl+s; clicks and scroll: a key that is held meanwhile"},"duration":{"type":"number","description":"hold_key, wait: seconds"},"scroll_direction":{"type":"string","enum":["up","down","left","right"]},"scroll_amount":{"type":"integer","description":"scroll: clicks of the wheel"},"region":{"type":"array","items":{"type":"integer"},"description":"zoom: x and y of two corners"}},"required":["action"]}`,
	},
	"tool_search": { // its schema is the client's
		description: "Find further tools, which can be called afterwards.",
	},
	"memory": {
		"View and edit the files of a memory directory.",
		`{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},"path":{"type":"string"},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"},"old_path":{"type":"string"},"new_path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}}},"required":["command"]}`,
	},
}

// Declared returns the function by which the tool is offered to a target that
// knows functions only. ok is false for tools that have no such form.
func (t *Tool) Declared() (description Text, schema []byte, ok bool) {
	switch t.Kind {
	case ToolFunction:
		return t.Description, t.Schema, true
	case ToolCustom:
		d := t.Description
		if g := t.Grammar; g != nil {
			if d != "" {
				d += `\n\n`
			}
			d += Text("The input must follow this "+g.Syntax+` grammar:\n`) + g.Definition
		}
		return d, []byte(inputSchema), true
	case ToolTyped:
		f, ok := typedTools[t.Type]
		if t.Description != "" {
			f.description += " " + t.Description
		}
		if f.schema == "" {
			return f.description, t.Schema, ok
		}
		return f.description, []byte(f.schema), ok
	default:
		return "", nil, false
	}
}

// AppendObject appends the call's arguments as the JSON object that targets
// with functions only take: free text becomes its only member, input.
func (c *ToolCall) AppendObject(dst []byte) []byte {
	if c.Type == TypeCustom {
		dst = append(append(dst, `{"input":"`...), c.Args.Text...)
		return append(dst, `"}`...)
	}
	return c.Args.AppendObject(dst)
}

// AppendString appends the call's arguments as the inside of a JSON string, in
// the form of AppendObject.
func (c *ToolCall) AppendString(dst []byte) []byte {
	if c.Type == TypeCustom {
		return AppendEscaped(dst, c.AppendObject(nil))
	}
	return c.Args.AppendString(dst)
}

package gemini

import (
	"errors"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// chooseTools decides which tools are sent. Models before Gemini 3 refuse
// server tools beside functions; functions matter more.
func (e *encoder) chooseTools() {
	choice := &e.req.ToolChoice
	filter := choice.Mode == ir.ChoiceAllowed && !choice.Required && !e.native
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		if t.Kind == ir.ToolServer {
			e.chooseServer(t, i)
			continue
		}
		if filter && !slices.Contains(choice.Names, t.Name) {
			continue
		}
		if _, _, ok := t.Declared(); !ok {
			e.lose(t.Class(choice), ir.CodeDrop, e.req.PathOfTool(t), "")
			continue
		}
		if e.functions == nil {
			e.functions = make([]int, 0, len(e.req.Tools))
		}
		e.functions = append(e.functions, i)
	}
	if len(e.functions) == 0 || e.t.Caps.ServerToolMix || e.native {
		return
	}
	for _, i := range e.servers {
		t := &e.req.Tools[i]
		e.lose(t.Class(choice), ir.CodeDrop, e.req.PathOfTool(t), "the model takes no server tools beside functions")
	}
	e.servers = nil
}

// chooseServer keeps a server tool that Gemini has too. A client that names a
// server of its own relies on it.
func (e *encoder) chooseServer(t *ir.Tool, i int) {
	switch {
	case isClaude(e.t):
		e.lose(t.Class(&e.req.ToolChoice), ir.CodeDrop, e.req.PathOfTool(t), "")
	case e.native || serverKeys[t.Type] != "":
		e.servers = append(e.servers, i)
	case t.Type == "image_generation" && strings.Contains(e.t.Model, "-image"): // the model itself draws
		e.draws = true
	case t.Merged():
	case t.MCP != nil && !t.MCP.Toolset && !e.vertex():
		ok, err := e.req.SendMCP(e.t, t, false, true)
		if err != nil {
			e.fail(err)
		} else if ok {
			e.servers = append(e.servers, i)
		}
	default:
		e.lose(t.Class(&e.req.ToolChoice), ir.CodeDrop, e.req.PathOfTool(t), "")
	}
}

// tools writes all functions into one tool object, and each server tool into
// one of its own.
func (e *encoder) tools() {
	start := len(e.dst)
	e.dst = append(appendKey(e.dst, "tools"), '[')
	empty := len(e.dst)
	if len(e.functions) > 0 {
		e.dst = append(e.dst, `{"functionDeclarations":[`...)
		for n, i := range e.functions {
			if n > 0 {
				e.dst = append(e.dst, ',')
			}
			e.function(&e.req.Tools[i])
		}
		e.dst = append(e.dst, "]}"...)
	}
	for _, i := range e.servers {
		e.serverTool(&e.req.Tools[i])
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.dst = append(e.dst, ']')
}

func (e *encoder) function(t *ir.Tool) {
	description, parameters, _ := t.Declared()
	name := e.names.Wire(t.Namespace, t.Name)
	e.dst = appendString(append(e.dst, '{'), "name", name)
	if description == "" && !e.native {
		description = ir.Plain(name) // some models refuse a function without one
	}
	if description != "" {
		e.dst = appendText(e.dst, "description", description)
	}
	switch {
	case e.antigravity():
		e.antigravityParameters(t, parameters)
	case len(parameters) == 0:
	case t.OpenAPI:
		e.dst = appendRaw(e.dst, "parameters", parameters)
	default:
		e.schema("parameters", parameters, t, schema.GeminiOptions{
			JSON: e.t.Caps.JSONSchema, Parameters: true, NonemptyObjects: e.t.Caps.NonemptyObjects,
		})
	}
	if e.native {
		if len(t.OutputSchema) > 0 {
			e.dst = appendRaw(e.dst, "responseJsonSchema", t.OutputSchema)
		}
		e.dst = appendFields(e.dst, t.Ext)
	}
	e.dst = append(e.dst, '}')
}

// noParameters is the schema of a function without parameters where one must be
// there.
var noParameters = []byte(`{"type":"object"}`)

// antigravityParameters writes the schema of a function, which must be there
// and be no JSON Schema.
func (e *encoder) antigravityParameters(t *ir.Tool, parameters []byte) {
	if t.OpenAPI {
		if plain, err := schema.FromOpenAPI(parameters); err == nil {
			parameters = plain
		}
	}
	if len(parameters) == 0 || string(parameters) == "null" {
		parameters = noParameters
	}
	e.schema("parameters", parameters, t, schema.GeminiOptions{
		Parameters: true, NonemptyObjects: !isClaude(e.t), Claude: isClaude(e.t),
	})
}

// jsonKey is the member that holds a JSON Schema instead of Google's form.
func jsonKey(key string) string {
	if key == "parameters" {
		return "parametersJsonSchema"
	}
	return "responseJsonSchema"
}

// schema writes the JSON Schema of a tool, or without one of the answer, in the
// form that the model takes, under the key of that form.
func (e *encoder) schema(key string, raw []byte, tool *ir.Tool, o schema.GeminiOptions) {
	out, ok, err := schema.Gemini(raw, o)
	if err != nil {
		var refused *ir.Error
		if !errors.As(err, &refused) {
			path := e.req.PathOfSchema(tool)
			refused = ir.Invalid(path, "%s: %v", path, err)
		}
		e.fail(refused)
		return
	}
	if !ok {
		return
	}
	if o.JSON {
		key = jsonKey(key)
	}
	e.dst = appendRaw(e.dst, key, out)
}

func (e *encoder) serverTool(t *ir.Tool) {
	if t.MCP != nil && !e.native {
		e.mcpServer(t.MCP)
		return
	}
	key, config := serverKeys[t.Type], []byte("{}")
	if e.native {
		key, config = t.Version, t.Config
	}
	e.dst = append(appendComma(e.dst), '{')
	e.dst = append(appendKey(e.dst, key), config...)
	if !e.native && t.Search != nil {
		e.search(t)
	}
	e.dst = append(e.dst, '}')
}

// search carries over what Google's search knows of the client's limits.
func (e *encoder) search(t *ir.Tool) {
	s := t.Search
	path := e.req.PathOfTool(t)
	if len(s.AllowedDomains) > 0 {
		e.lose(ir.Semantic, ir.CodeApprox, path, "allowed domains")
	}
	if s.MaxUses.Set || s.ContextSize != "" || s.Location != nil {
		e.lose(ir.Hint, ir.CodeApprox, path, "limits and location")
	}
	if len(s.BlockedDomains) == 0 {
		return
	}
	if !e.vertex() {
		e.lose(ir.Semantic, ir.CodeApprox, path, "blocked domains")
		return
	}
	e.dst = append(e.dst[:len(e.dst)-1], `"excludeDomains":[`...)
	for _, domain := range s.BlockedDomains {
		e.dst = ir.AppendQuoted(appendComma(e.dst), domain)
	}
	e.dst = append(e.dst, "]}"...)
}

// toolConfig writes which functions the model may or must call.
func (e *encoder) toolConfig() {
	start := len(e.dst)
	e.dst = append(appendKey(e.dst, "toolConfig"), '{')
	empty := len(e.dst)
	if len(e.functions) > 0 {
		e.callingConfig()
	} else if e.req.ToolChoice.Forced() && len(e.req.Tools) > 0 {
		e.lose(ir.FieldToolChoice.Class(), ir.CodeDrop, e.req.Path(ir.FieldToolChoice), "server tools cannot be forced")
	}
	if e.native {
		e.nested("toolConfig.")
	} else if len(e.functions) > 0 && len(e.servers) > 0 && !e.vertex() {
		e.dst = appendBool(e.dst, "includeServerSideToolInvocations", true)
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.dst = append(e.dst, '}')
}

func (e *encoder) callingConfig() {
	choice := &e.req.ToolChoice
	if isClaude(e.t) && (choice.Mode == ir.ChoiceUnset || choice.Mode == ir.ChoiceAuto || choice.Mode == ir.ChoiceAllowed && !choice.Required) {
		// Calls that do not fit their schema are mended by the service itself.
		e.dst = append(e.dst, `"functionCallingConfig":{"mode":"VALIDATED"}`...)
		return
	}
	if e.native && len(choice.Raw) > 0 {
		e.dst = appendRaw(e.dst, "functionCallingConfig", choice.Raw)
		return
	}
	mode, names := "AUTO", []string(nil)
	switch choice.Mode {
	case ir.ChoiceUnset:
		return
	case ir.ChoiceNone:
		mode = "NONE"
	case ir.ChoiceRequired:
		mode = "ANY"
	case ir.ChoiceSpecific, ir.ChoiceAllowed:
		if choice.Mode == ir.ChoiceAllowed && !choice.Required {
			break
		}
		mode, names = "ANY", e.declared(choice.Names)
		if len(names) == 0 {
			e.lose(ir.FieldToolChoice.Class(), ir.CodeDrop, e.req.Path(ir.FieldToolChoice), "server tools cannot be forced")
			return
		}
	}
	e.dst = append(appendKey(e.dst, "functionCallingConfig"), '{')
	e.dst = appendString(e.dst, "mode", mode)
	if len(names) > 0 {
		e.dst = append(appendKey(e.dst, "allowedFunctionNames"), '[')
		for _, name := range names {
			e.dst = ir.AppendQuoted(appendComma(e.dst), name)
		}
		e.dst = append(e.dst, ']')
	}
	e.dst = append(e.dst, '}')
}

// declared returns the wire names of the functions among names.
func (e *encoder) declared(names []string) []string {
	var wire []string
	for _, i := range e.functions {
		if t := &e.req.Tools[i]; slices.Contains(names, t.Name) {
			wire = append(wire, e.names.Wire(t.Namespace, t.Name))
		}
	}
	return wire
}

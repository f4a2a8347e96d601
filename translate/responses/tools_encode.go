package responses

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// tools writes the list of tools and what is said about choosing among them.
func (w *writer) tools() {
	from := len(w.dst)
	w.raw(`,"tools":[`)
	start := len(w.dst)
	for i := range w.req.Tools {
		mark := len(w.dst)
		if mark > start {
			w.raw(`,`)
		}
		comma := len(w.dst)
		w.tool(i)
		if len(w.dst) == comma {
			w.dst = w.dst[:mark]
		}
	}
	if len(w.dst) == start {
		w.dst = w.dst[:from]
		return
	}
	w.raw(`]`)
	w.choice()
}

func (w *writer) tool(i int) {
	t := &w.req.Tools[i]
	if w.own && t.Found {
		return // the item that brought it is written as it was
	}
	if w.own && len(t.Config) > 0 {
		if i > 0 && t.Namespace != "" && w.req.Tools[i-1].At == t.At && w.req.Tools[i-1].In == t.In {
			return // the whole namespace was written with its first tool
		}
		w.dst = append(w.dst, t.Config...)
		return
	}
	if t.Cache != nil {
		w.lose(ir.Hint, ir.CodeDrop, w.req.PathOfTool(t)+hintName(w.req.Dialect), "")
	}
	switch {
	case t.Kind == ir.ToolServer:
		w.serverTool(t)
	case t.Kind == ir.ToolCustom && w.customTools():
		w.customTool(t)
	default:
		w.function(t)
	}
}

func (w *writer) function(t *ir.Tool) {
	description, raw, ok := t.Declared()
	if !ok {
		w.lose(t.Class(&w.req.ToolChoice), ir.CodeDrop, w.req.PathOfTool(t), "the tool "+t.Type+" has no form as a function")
		return
	}
	raw, fits, err := convert(raw, t.OpenAPI)
	if err != nil {
		w.refuse(w.req.PathOfTool(t), err)
		return
	}
	w.raw(`{"type":"function","name":`)
	w.dst = ir.AppendQuoted(w.dst, w.t.Names.Wire(t.Namespace, t.Name))
	if description != "" {
		w.raw(`,"description":`)
		w.dst = description.AppendJSON(w.dst)
	}
	w.raw(`,"parameters":`)
	if len(raw) == 0 {
		w.raw(`{"type":"object","properties":{}}`)
	} else {
		w.dst = append(w.dst, raw...)
	}
	strict := t.Strict.Or(false)
	if fits = fits && w.t.Caps.StrictTools; strict && !fits {
		w.loose(w.req.PathOfTool(t))
	}
	w.boolean("strict", strict && fits)
	w.raw(`}`)
}

func (w *writer) customTool(t *ir.Tool) {
	w.raw(`{"type":"custom","name":`)
	w.dst = ir.AppendQuoted(w.dst, w.t.Names.Wire(t.Namespace, t.Name))
	if t.Description != "" {
		w.raw(`,"description":`)
		w.dst = t.Description.AppendJSON(w.dst)
	}
	if g := t.Grammar; g != nil {
		w.raw(`,"format":{"type":"grammar","syntax":`)
		w.dst = ir.AppendQuoted(w.dst, g.Syntax)
		w.raw(`,"definition":`)
		w.dst = g.Definition.AppendJSON(w.dst)
		w.raw(`}`)
	}
	w.raw(`}`)
}

// serverTool writes a tool that the upstream runs itself.
func (w *writer) serverTool(t *ir.Tool) {
	switch t.Type {
	case "web_search":
		w.webSearch(t)
	case "code_execution":
		w.raw(`{"type":"code_interpreter","container":{"type":"auto"}}`)
	case "image_generation":
		w.raw(`{"type":"image_generation"}`)
	case "mcp":
		w.mcp(t)
	case ir.ToolsetType:
		if !t.Merged() {
			w.lose(t.Class(&w.req.ToolChoice), ir.CodeDrop, w.req.PathOfTool(t), "")
		}
	default:
		w.lose(t.Class(&w.req.ToolChoice), ir.CodeDrop, w.req.PathOfTool(t), "")
	}
}

func (w *writer) webSearch(t *ir.Tool) {
	w.raw(`{"type":"web_search"`)
	if s := t.Search; s != nil {
		if len(s.AllowedDomains) > 0 {
			w.raw(`,"filters":{"allowed_domains":[`)
			for i, domain := range s.AllowedDomains {
				if i > 0 {
					w.raw(`,`)
				}
				w.dst = ir.AppendQuoted(w.dst, domain)
			}
			w.raw(`]}`)
		}
		if l := s.Location; l != nil {
			w.raw(`,"user_location":{"type":"approximate"`)
			for _, m := range [...]struct{ name, value string }{
				{"city", l.City}, {"region", l.Region}, {"country", l.Country}, {"timezone", l.Timezone},
			} {
				if m.value != "" {
					w.quoted(m.name, m.value)
				}
			}
			w.raw(`}`)
		}
		if s.ContextSize != "" {
			w.quoted("search_context_size", s.ContextSize)
		}
		if len(s.BlockedDomains) > 0 {
			w.lose(ir.Semantic, ir.CodeDrop, w.req.PathOfTool(t)+".blocked_domains", "")
		}
		if s.MaxUses.Set {
			w.lose(ir.Hint, ir.CodeDrop, w.req.PathOfTool(t)+".max_uses", "")
		}
	}
	w.raw(`}`)
}

// choice writes tool_choice.
func (w *writer) choice() {
	c := &w.req.ToolChoice
	if w.own && len(c.Raw) > 0 {
		w.dst = appendMember(w.dst, "tool_choice", c.Raw)
		return
	}
	if (c.Mode == ir.ChoiceSpecific || c.Mode == ir.ChoiceAllowed) && !w.choosable(c) {
		w.lose(ir.FieldToolChoice.Class(), ir.CodeDrop, w.req.Path(ir.FieldToolChoice), "")
		return
	}
	switch c.Mode {
	case ir.ChoiceAuto:
		w.raw(`,"tool_choice":"auto"`)
	case ir.ChoiceNone:
		w.raw(`,"tool_choice":"none"`)
	case ir.ChoiceRequired:
		w.raw(`,"tool_choice":"required"`)
	case ir.ChoiceSpecific:
		w.raw(`,"tool_choice":`)
		w.chosen(c)
	case ir.ChoiceAllowed:
		mode := "auto"
		if c.Required {
			mode = "required"
		}
		w.raw(`,"tool_choice":{"type":"allowed_tools","mode":"` + mode + `","tools":[`)
		for i, name := range c.Names {
			if i > 0 {
				w.raw(`,`)
			}
			w.named(name)
		}
		w.raw(`]}`)
	}
}

// hostedChoices are the names by which a tool that OpenAI runs is forced.
var hostedChoices = map[string]string{
	"web_search": "web_search_preview", "code_execution": "code_interpreter", "image_generation": "image_generation",
}

func (w *writer) chosen(c *ir.ToolChoice) {
	if len(c.Names) > 0 {
		w.named(c.Names[0])
		return
	}
	if typ := hostedChoices[c.Server]; typ != "" {
		w.raw(`{"type":"` + typ + `"}`)
		return
	}
	w.raw(`{"type":"mcp","server_label":`)
	w.dst = ir.AppendQuoted(w.dst, c.Server)
	w.raw(`}`)
}

// choosable reports whether a forced tool is among those that are written.
func (w *writer) choosable(c *ir.ToolChoice) bool {
	return len(c.Names) > 0 || hostedChoices[c.Server] != "" ||
		slices.ContainsFunc(w.req.Tools, func(t ir.Tool) bool { return t.Type == "mcp" && c.Server != "" })
}

// named writes a choice of one tool by the client's name.
func (w *writer) named(name string) {
	typ := "function"
	if t := w.req.Tool("", name); t != nil && t.Kind == ir.ToolCustom && w.customTools() {
		typ = "custom"
	}
	w.raw(`{"type":"` + typ + `","name":`)
	w.dst = ir.AppendQuoted(w.dst, w.t.Names.Wire("", name))
	w.raw(`}`)
}

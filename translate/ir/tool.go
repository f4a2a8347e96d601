package ir

// ToolKind tells who runs a tool and how it is called.
type ToolKind uint8

// The kinds of tools.
const (
	ToolFunction ToolKind = iota + 1 // run by the client, JSON arguments
	ToolCustom                       // run by the client, free text
	ToolServer                       // run by the upstream
	ToolTyped                        // run by the client, defined by the vendor (local_shell, bash_20250124, …)
)

// Tool is something that the model may call.
type Tool struct {
	Kind         ToolKind
	Name         string
	Namespace    string // Responses: the namespace that holds it
	Description  Text
	Schema       []byte // JSON Schema of the arguments, raw; nil when none was given
	OpenAPI      bool   // Schema is in Gemini's OpenAPI form (upper-case types, nullable)
	OutputSchema []byte
	Strict       Opt[bool]
	Grammar      *Grammar // ToolCustom only
	Type         string   // ToolServer: web_search, web_fetch, code_execution, …; ToolTyped: the vendor's type
	Version      string   // the vendor's full type string, such as web_search_20250305
	Config       []byte   // the whole tool as the client wrote it, for the same family
	Search       *Search  // ToolServer web_search
	MCP          *MCP     // ToolServer mcp, and what limits one
	Cache        *CacheHint
	At           int    // index in the client's tools list
	In           string // path of the list of At, when it is not the request's own
	Found        bool   // by an earlier search, whose result tells it to upstreams of the client's own dialect
	Ext          []Field
}

// Grammar restricts what a custom tool may be called with.
type Grammar struct {
	Syntax     string // lark, regex
	Definition Text
}

// Search is what dialects agree on about web search.
type Search struct {
	AllowedDomains []string
	BlockedDomains []string
	MaxUses        Opt[int]
	ContextSize    string // low, medium, high
	Location       *Location
}

// Location is where the person who searches is, approximately.
type Location struct{ City, Region, Country, Timezone string }

// ChoiceMode says whether the model may, must or must not call a tool.
type ChoiceMode uint8

// The modes of a tool choice.
const (
	ChoiceUnset    ChoiceMode = iota
	ChoiceAuto                // it may
	ChoiceNone                // it must not
	ChoiceRequired            // it must call some tool
	ChoiceSpecific            // it must call Names[0]
	ChoiceAllowed             // only Names; Required says whether it must
)

// ToolChoice restricts which tools the model calls. Names are the client's.
type ToolChoice struct {
	Mode     ChoiceMode
	Names    []string
	Required bool   // ChoiceAllowed: the model must call one of them
	Server   string // a server tool or MCP label that is forced
	Raw      []byte // as the client wrote it
}

// Forced reports whether the model must call a tool.
func (c ToolChoice) Forced() bool {
	return c.Mode == ChoiceRequired || c.Mode == ChoiceSpecific || c.Mode == ChoiceAllowed && c.Required
}

// Tool returns the tool that the client calls by this name, or nil.
func (r *Request) Tool(namespace, name string) *Tool {
	for i := range r.Tools {
		if t := &r.Tools[i]; t.Name == name && t.Namespace == namespace {
			return t
		}
	}
	return nil
}

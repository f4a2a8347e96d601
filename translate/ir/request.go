package ir

// Request is what a client asks for, in no dialect. It aliases the body it was
// decoded from and belongs to one goroutine.
type Request struct {
	Op      Op
	Dialect Dialect // the client's
	Model   string  // as the client asked for it

	System     []Part // text parts only; Part.Role tells system from developer
	Turns      []Turn
	Tools      []Tool
	ToolChoice ToolChoice
	Parallel   Opt[bool] // parallel tool calls; unset means the vendor's default

	Sampling  Sampling
	Format    Format
	Reasoning Reasoning
	Verbosity string // low, medium, high; empty means unset
	Output    Output
	Cache     Cache
	State     State
	Meta      Meta
	Tier      string // auto, default, standard_only, flex, scale, priority, ultrafast, batch
	Speed     string // standard, fast
	Safety    []byte // Gemini's safetySettings, raw

	Stream     bool
	StreamOpts StreamOpts

	Functions bool // the client declared tools by the deprecated `functions` and expects `function_call`

	Ext []Field // top-level members that the decoder does not know, in order
	Raw []byte  // the body as the client sent it

	arena *Arena // that it lies in; nil for none
}

// Copy returns a copy of the request, which shares all that it points to. It
// lives as long as the request.
func (r *Request) Copy() *Request {
	var own *Request
	if r.arena != nil {
		own = r.arena.Request()
	} else {
		own = new(Request)
	}
	*own = *r
	return own
}

// StreamOpts are what a client asks of its stream.
type StreamOpts struct {
	Usage       Opt[bool] // a usage chunk at the end (Chat)
	Obfuscation Opt[bool]
	ArgDeltas   Opt[bool] // partial tool arguments (Gemini on Vertex)
}

// Field is one JSON member kept as it stood.
type Field struct {
	Name string
	Raw  []byte
}

// Role tells who speaks.
type Role string

// The roles. Tool results are parts of user turns. RoleDeveloper occurs only
// in Request.System and in system turns decoded from it.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleSystem    Role = "system"
	RoleDeveloper Role = "developer"
)

// Turn is what one speaker says until the next one speaks.
type Turn struct {
	Role   Role
	Parts  []Part
	Name   string // the speaker's name, where the dialect has one
	Phase  string // Responses: commentary or final_answer
	ItemID string // Responses: id of the message item
	At     int    // index of its first message, content or item in the client's list; -1 when the gateway made it
	Ext    []Field
}

// Opt is a value that may be absent; absent is not zero.
type Opt[T any] struct {
	V   T
	Set bool
}

// Some returns a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{V: v, Set: true} }

// Or returns the value, or def when it is absent.
func (o Opt[T]) Or(def T) T {
	if o.Set {
		return o.V
	}
	return def
}

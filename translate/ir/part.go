package ir

// PartKind tells which of a Part's fields hold its content.
type PartKind uint8

// The kinds of parts.
const (
	PartText         PartKind = iota + 1 // Text
	PartImage                            // Media
	PartAudio                            // Media
	PartVideo                            // Media
	PartFile                             // Media
	PartToolCall                         // Call
	PartToolResult                       // Result
	PartThinking                         // Text and Think
	PartRefusal                          // Text
	PartServerCall                       // Server
	PartServerResult                     // Server
	PartCompaction                       // Opaque
	PartOpaque                           // Opaque
)

var partKindNames = [...]string{
	PartText: "text", PartImage: "image", PartAudio: "audio", PartVideo: "video", PartFile: "file",
	PartToolCall: "tool_call", PartToolResult: "tool_result", PartThinking: "thinking", PartRefusal: "refusal",
	PartServerCall: "server_call", PartServerResult: "server_result", PartCompaction: "compaction", PartOpaque: "opaque",
}

// String returns the kind's name as notes and test outputs write it.
func (k PartKind) String() string {
	if int(k) < len(partKindNames) && partKindNames[k] != "" {
		return partKindNames[k]
	}
	return "unknown"
}

// IsMedia reports whether the kind's content is Media.
func (k PartKind) IsMedia() bool { return k >= PartImage && k <= PartFile }

// Part is one piece of a turn or of an answer.
type Part struct {
	Kind   PartKind
	Role   Role // in Request.System only: RoleSystem or RoleDeveloper
	Text   Text // PartText, PartThinking, PartRefusal
	Media  *Media
	Call   *ToolCall
	Result *ToolResult
	Think  *Thinking
	Server *ServerItem
	Opaque *Opaque

	Citations []Citation
	Logprobs  []TokenLogprob
	Cache     *CacheHint
	Sig       *Sig   // a signature on a part that is not thinking (Gemini)
	ItemID    string // Responses: id of the item
	At        Loc    // where it stood in the client's request, for notes and errors
	Ext       []Field
}

// Loc is a place in the client's request: the message and the position in its
// content list. A negative Part means the whole message.
type Loc struct{ Msg, Part int }

// SourceKind tells where a media part's bytes are.
type SourceKind uint8

// The sources of media.
const (
	SourceBase64  SourceKind = iota + 1 // Data
	SourceURL                           // URL
	SourceFileID                        // FileID, at the vendor that the client speaks to
	SourceGCS                           // URL with gs://
	SourceYouTube                       // URL
	SourceText                          // Data is plain text (a text document)
)

// Media is an image, a sound, a video or a file.
type Media struct {
	MIME       string
	Source     SourceKind
	URL        string
	Data       Text // base64, or the text itself for SourceText
	FileID     string
	FileFamily Dialect // whose file id it is
	Name       string  // file name
	Title      string
	Context    string
	Detail     string // auto, low, medium, high, original
	StartS     string // video: offsets as the vendor writes them ("1.5s")
	EndS       string
	FPS        string
	Transcript Text // audio in an answer
	ID         string
	Citations  Opt[bool] // the document may be cited
	Ext        []Field
}

// ToolCall is the model's wish that a tool be run.
type ToolCall struct {
	ID        string
	Name      string // the client's name of the tool
	Namespace string // Responses: the namespace that holds the tool
	Args      Args
	Type      ToolType
	Native    bool   // the id was given by the upstream's own vendor (Gemini 3), not made up
	Raw       []byte // a typed item as it stood (Responses)
}

// ToolType tells how a call is written in dialects that have several forms.
type ToolType string

// The tool types. The typed ones are run by the client like functions.
const (
	TypeFunction   ToolType = "function"
	TypeCustom     ToolType = "custom" // free text instead of JSON arguments
	TypeLocalShell ToolType = "local_shell"
	TypeShell      ToolType = "shell"
	TypeApplyPatch ToolType = "apply_patch"
	TypeComputer   ToolType = "computer"
	TypeToolSearch ToolType = "tool_search"
)

// ToolResult is what a tool answered. It stands in a user turn.
type ToolResult struct {
	CallID  string
	Name    string // the tool's name where the dialect gives it; filled from the call by Normalize
	Parts   []Part // text, media, search results
	IsError bool
	Type    ToolType
	JSON    []byte // the result as the JSON object it was (Gemini); Parts then hold its text
}

// Thinking is the model's reasoning. Part.Text is its visible text.
type Thinking struct {
	Summary  bool   // the text is a summary, not the thoughts themselves
	Redacted bool   // the text was withheld; Sig.Value holds the vendor's opaque data
	Sig      *Sig   // the vendor's proof of authorship, or encrypted reasoning (Responses)
	ItemID   string // Responses: id of the reasoning item
}

// ServerItem is a call that the upstream ran itself, or its result.
type ServerItem struct {
	ID      string
	CallID  string
	Tool    string // web_search, web_fetch, code_execution, file_search, image_generation, mcp, …
	Label   string // MCP server
	Args    Args
	Parts   []Part // of a result
	Status  string
	Dialect Dialect
	Raw     []byte
}

// Opaque is something that only its own dialect understands.
type Opaque struct {
	Dialect Dialect
	Type    string // the vendor's type name, for notes
	Raw     []byte
}

// Citation points from a text to its source.
type Citation struct {
	Kind       string // url, file, char, page, block, search_result, place
	Start, End int    // rune offsets in the part's text; -1 means unknown
	CitedText  Text
	Title      Text
	URL        Text
	FileID     string
	DocIndex   int
	Raw        []byte // as the vendor wrote it
	Dialect    Dialect
}

// Placeless reports whether the citation does not tell where in the part it is
// made: then it is about all of it.
func (c *Citation) Placeless() bool { return c.Start < 0 && c.End < 0 }

// TokenLogprob is one token's probability with its alternatives.
type TokenLogprob struct {
	Token   Text
	Logprob float64
	Bytes   []byte // raw JSON array, nil when absent
	Top     []TokenLogprob
}

// CacheHint asks that the prompt be cached up to the part that carries it.
type CacheHint struct {
	TTL string // 5m, 30m, 1h, 12h; empty means the vendor's default
}

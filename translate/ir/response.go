package ir

// Response is a whole answer, in no dialect.
type Response struct {
	ID         string // the upstream's; encoders add their dialect's prefix
	Model      string // the upstream's name; encoders write the one that the client asked for
	Created    int64  // unix seconds; 0 means unknown
	Candidates []Candidate
	Usage      Usage
	Tier       string
	Estimated  bool // the usage is an estimate
	Ext        []Field
}

// Candidate is one of the alternative answers, in index order.
type Candidate struct {
	Index     int
	Parts     []Part
	Stop      Stop
	Grounding []byte
	Safety    []byte
}

// StopReason tells why an answer ended.
type StopReason string

// The stop reasons; dialects map them by the tables of their own.
const (
	StopEnd               StopReason = "end"
	StopSequence          StopReason = "stop_sequence"
	StopLength            StopReason = "length"
	StopToolUse           StopReason = "tool_use"
	StopContentFilter     StopReason = "content_filter"
	StopRefusal           StopReason = "refusal"
	StopRecitation        StopReason = "recitation"
	StopPause             StopReason = "pause"
	StopContextWindow     StopReason = "context_window"
	StopMalformedToolCall StopReason = "malformed_tool_call"
	StopCompaction        StopReason = "compaction"
	StopCancelled         StopReason = "cancelled"
	StopError             StopReason = "error"
	StopOther             StopReason = "other"
)

// Stop is why an answer ended, with what the vendor says besides.
type Stop struct {
	Reason   StopReason
	Sequence Text   // the stop sequence that was met, when known
	Detail   Text   // a sentence for people
	Category string // a refusal's category
	Raw      string // the vendor's own word
}

// Usage counts tokens. Totals are inclusive: InputTotal holds the cached
// tokens, OutputTotal the reasoning. A count of -1 is unknown.
type Usage struct {
	InputTotal   int64
	CacheRead    int64 // part of InputTotal
	CacheWrite   int64 // part of InputTotal
	CacheWrite5m int64 // part of CacheWrite
	CacheWrite1h int64 // part of CacheWrite
	InputAudio   int64
	InputImage   int64
	ToolPrompt   int64 // part of InputTotal: what server tools put into the prompt
	OutputTotal  int64
	Reasoning    int64 // part of OutputTotal
	OutputAudio  int64
	OutputImage  int64
	PredAccepted int64
	PredRejected int64
	WebSearches  int64 // requests of server tools
	WebFetches   int64
}

// NoUsage is the usage of which nothing is known.
func NoUsage() Usage {
	return Usage{
		InputTotal: -1, CacheRead: -1, CacheWrite: -1, CacheWrite5m: -1, CacheWrite1h: -1, InputAudio: -1, InputImage: -1,
		ToolPrompt: -1, OutputTotal: -1, Reasoning: -1, OutputAudio: -1, OutputImage: -1, PredAccepted: -1, PredRejected: -1,
		WebSearches: -1, WebFetches: -1,
	}
}

// Known reports whether the upstream has said anything about usage.
func (u *Usage) Known() bool { return u.InputTotal >= 0 || u.OutputTotal >= 0 }

// Total is input plus output, unknown counts as zero.
func (u *Usage) Total() int64 { return Count(u.InputTotal) + Count(u.OutputTotal) }

// Count returns n, or 0 when it is unknown.
func Count(n int64) int64 { return max(n, 0) }

// Merge takes over every count of v that is known. Counts are cumulative: the
// later one wins, nothing is added.
func (u *Usage) Merge(v *Usage) {
	mergeCount(&u.InputTotal, v.InputTotal)
	mergeCount(&u.CacheRead, v.CacheRead)
	mergeCount(&u.CacheWrite, v.CacheWrite)
	mergeCount(&u.CacheWrite5m, v.CacheWrite5m)
	mergeCount(&u.CacheWrite1h, v.CacheWrite1h)
	mergeCount(&u.InputAudio, v.InputAudio)
	mergeCount(&u.InputImage, v.InputImage)
	mergeCount(&u.ToolPrompt, v.ToolPrompt)
	mergeCount(&u.OutputTotal, v.OutputTotal)
	mergeCount(&u.Reasoning, v.Reasoning)
	mergeCount(&u.OutputAudio, v.OutputAudio)
	mergeCount(&u.OutputImage, v.OutputImage)
	mergeCount(&u.PredAccepted, v.PredAccepted)
	mergeCount(&u.PredRejected, v.PredRejected)
	mergeCount(&u.WebSearches, v.WebSearches)
	mergeCount(&u.WebFetches, v.WebFetches)
}

func mergeCount(dst *int64, n int64) {
	if n >= 0 {
		*dst = n
	}
}

package simulator

// chatStream writes the chunks of Chat Completions.
type chatStream struct {
	speaker chatSpeaker
	out     events
	plan    *plan
}

type chatChunk struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Created           int64             `json:"created"`
	Model             string            `json:"model"`
	ServiceTier       string            `json:"service_tier"`
	SystemFingerprint string            `json:"system_fingerprint"`
	Choices           []chatChunkChoice `json:"choices"`
	// Usage is left out, or null, or the usage of the last chunk.
	Usage any `json:"usage,omitempty"`
}

type chatChunkChoice struct {
	Index        int             `json:"index"`
	Delta        chatDelta       `json:"delta"`
	Logprobs     *chatLogprobs   `json:"logprobs"`
	FinishReason *chatFinishName `json:"finish_reason"`
}

type chatDelta struct {
	Role             string         `json:"role,omitempty"`
	Content          *string        `json:"content,omitempty"`
	Refusal          *string        `json:"refusal,omitempty"`
	ReasoningContent string         `json:"reasoning_content,omitempty"`
	ToolCalls        []chatToolCall `json:"tool_calls,omitempty"`
	FunctionCall     *chatNamedCall `json:"function_call,omitempty"`
}

// jsonNull is a member that is there and null.
type jsonNull struct{}

func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func (s *chatStream) chunk(choices []chatChunkChoice) chatChunk {
	c := chatChunk{
		ID: "chatcmpl-" + s.plan.id, Object: "chat.completion.chunk", Created: s.plan.created.Unix(), Model: s.plan.model,
		ServiceTier: "default", SystemFingerprint: fingerprint, Choices: choices,
	}
	if s.speaker.usageAsked {
		c.Usage = jsonNull{}
	}
	return c
}

func (s *chatStream) delta(i int, d chatDelta, finish *chatFinishName) {
	s.out.send("", s.chunk([]chatChunkChoice{{Index: i, Delta: d, FinishReason: finish}}))
}

func (s *chatStream) begin() {
	for i := range s.plan.candidates {
		empty := ""
		s.delta(i, chatDelta{Role: "assistant", Content: &empty}, nil)
	}
}

func (s *chatStream) thought(i int, delta string) {
	if s.plan.wishes.aloud {
		s.delta(i, chatDelta{ReasoningContent: delta}, nil)
	}
}

func (s *chatStream) endThought(int) {}

func (s *chatStream) text(i int, delta string) { s.delta(i, chatDelta{Content: &delta}, nil) }

func (s *chatStream) refusal(i int, delta string) { s.delta(i, chatDelta{Refusal: &delta}, nil) }

func (s *chatStream) call(i, n int) {
	k := s.plan.candidates[i].calls[n]
	if s.speaker.functions {
		s.delta(i, chatDelta{FunctionCall: &chatNamedCall{Name: k.tool.name}}, nil)
		return
	}
	first := chatCallOf(k, "")
	first.Index = &n
	s.delta(i, chatDelta{ToolCalls: []chatToolCall{first}}, nil)
}

func (s *chatStream) arguments(i, n int, delta string) {
	next := chatToolCall{Index: &n, Function: &chatNamedCall{Arguments: delta}}
	switch {
	case s.speaker.functions:
		s.delta(i, chatDelta{FunctionCall: &chatNamedCall{Arguments: delta}}, nil)
		return
	case s.plan.candidates[i].calls[n].tool.custom:
		next = chatToolCall{Index: &n, Custom: &chatCustom{Input: delta}}
	}
	s.delta(i, chatDelta{ToolCalls: []chatToolCall{next}}, nil)
}

func (s *chatStream) endCall(int, int) {}

func (s *chatStream) stop(i int) {
	finish := s.speaker.finish(s.plan.candidates[i].stop)
	s.delta(i, chatDelta{}, &finish)
}

func (s *chatStream) end() {
	if s.speaker.usageAsked {
		last := s.chunk([]chatChunkChoice{})
		last.Usage = chatUsageOf(s.plan.usage)
		s.out.send("", last)
	}
	s.out.raw("data: [DONE]\n\n")
}

func (s *chatStream) fail(err *apiError) {
	s.out.send("", map[string]openAIError{"error": err.openAI()})
}

func (s *chatStream) garbage() { s.out.raw("data: {\"id\":\"chatcmpl-\n\n") }

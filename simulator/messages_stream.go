package simulator

// messageStream writes the events of Anthropic's Messages API. Blocks come one after another.
type messageStream struct {
	speaker messageSpeaker
	out     events
	plan    *plan

	index  int // of the block that is open, or of the next one
	opened bool
	pinged bool
}

// send writes one event; more are the names and values of its members beside the type.
func (s *messageStream) send(kind string, more ...any) {
	s.out.send(kind, append(members{"type", kind}, more...))
}

func (s *messageStream) begin() {
	a := s.speaker.empty(s.plan)
	a.Usage.OutputTokens, a.Usage.OutputDetails = 1, nil
	s.send("message_start", "message", a)
}

// open starts a block unless one is open. The first one is followed by a ping, as Anthropic does it.
func (s *messageStream) open(content any) {
	if s.opened {
		return
	}
	s.opened = true
	s.send("content_block_start", "index", s.index, "content_block", content)
	if !s.pinged {
		s.pinged = true
		s.send("ping")
	}
}

func (s *messageStream) delta(kind, member, value string) {
	s.send("content_block_delta", "index", s.index, "delta", members{"type", kind, member, value})
}

func (s *messageStream) closeBlock() {
	if !s.opened {
		return
	}
	s.send("content_block_stop", "index", s.index)
	s.index++
	s.opened = false
}

func (s *messageStream) thought(_ int, delta string) {
	if s.plan.wishes.redacted || s.plan.shownThought() == "" {
		return
	}
	s.open(thinkingContent{Type: "thinking"})
	s.delta("thinking_delta", "thinking", delta)
}

func (s *messageStream) endThought(int) {
	switch content := s.speaker.thinking(s.plan).(type) {
	case thinkingContent:
		s.open(thinkingContent{Type: "thinking"})
		s.delta("signature_delta", "signature", content.Signature)
	default:
		s.open(content)
	}
	s.closeBlock()
}

func (s *messageStream) text(_ int, delta string) {
	s.open(textContent{Type: "text"})
	s.delta("text_delta", "text", delta)
}

func (s *messageStream) refusal(i int, delta string) { s.text(i, delta) }

func (s *messageStream) call(_, n int) {
	s.closeBlock()
	s.open(s.speaker.toolUse(s.plan, n, "{}"))
	s.delta("input_json_delta", "partial_json", "")
}

func (s *messageStream) arguments(_, _ int, delta string) {
	s.delta("input_json_delta", "partial_json", delta)
}

func (s *messageStream) endCall(int, int) { s.closeBlock() }

func (s *messageStream) stop(int) { s.closeBlock() }

type messageDelta struct {
	StopReason   string         `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	StopDetails  *refusalDetail `json:"stop_details,omitempty"`
}

func (s *messageStream) end() {
	x := s.plan.candidates[0]
	s.send("message_delta", "delta", messageDelta{anthropicStops[x.stop], orNil(x.stoppedAt), detailOf(x.stop)},
		"usage", anthropicUsageOf(s.plan.usage))
	s.send("message_stop")
}

func (s *messageStream) fail(*apiError) {
	overloaded := &apiError{status: 529, message: demandedMessages[529]}
	s.out.send("error", overloaded.anthropic("req_"+s.plan.id[:24]))
}

func (s *messageStream) garbage() {
	s.out.raw("event: content_block_delta\ndata: {\"type\":\"content_block_\n\n")
}

package simulator

// responseStream writes the events of the Responses API. Items come one after another.
type responseStream struct {
	speaker *responseSpeaker
	out     events
	plan    *plan

	sequence int
	index    int  // of the item that is open, or of the next one
	opened   bool // an item is open
}

// send writes one event; more are the names and values of its members beside type and number.
func (s *responseStream) send(kind string, more ...any) {
	s.out.send(kind, append(members{"type", kind, "sequence_number", s.sequence}, more...))
	s.sequence++
}

// part is an event about the part of the open message.
func (s *responseStream) part(kind string, more ...any) {
	s.send(kind, append([]any{"item_id", "msg_" + s.plan.id, "output_index", s.index, "content_index", 0}, more...)...)
}

// summary is an event about the summary of the open thought.
func (s *responseStream) summary(kind string, more ...any) {
	s.send(kind, append([]any{"item_id", "rs_" + s.plan.id, "output_index", s.index, "summary_index", 0}, more...)...)
}

func (s *responseStream) begin() {
	s.send("response.created", "response", s.speaker.object(s.plan))
	s.send("response.in_progress", "response", s.speaker.object(s.plan))
}

func (s *responseStream) add(item any) {
	s.send("response.output_item.added", "output_index", s.index, "item", item)
	s.opened = true
}

func (s *responseStream) done(item any) {
	s.send("response.output_item.done", "output_index", s.index, "item", item)
	s.index++
	s.opened = false
}

// shown tells whether the summary of the thought is part of the answer.
func (s *responseStream) shown() bool { return s.speaker.summary || s.plan.wishes.aloud }

func (s *responseStream) openThought() {
	if s.opened {
		return
	}
	empty := ""
	s.add(reasoningItem{ID: "rs_" + s.plan.id, Type: "reasoning", Summary: []contentPart{}})
	if s.shown() {
		s.summary("response.reasoning_summary_part.added", "part", contentPart{Type: "summary_text", Text: &empty})
	}
}

func (s *responseStream) thought(_ int, delta string) {
	s.openThought()
	if s.shown() {
		s.summary("response.reasoning_summary_text.delta", "delta", delta)
	}
}

func (s *responseStream) endThought(int) {
	x := s.plan.candidates[0]
	if s.shown() {
		s.summary("response.reasoning_summary_text.done", "text", x.thought)
		s.summary("response.reasoning_summary_part.done", "part", contentPart{Type: "summary_text", Text: &x.thought})
	}
	s.done(s.speaker.reasoning(s.plan, x))
}

// openMessage starts the message with its first part.
func (s *responseStream) openMessage(first contentPart) {
	if s.opened {
		return
	}
	s.add(messageItem{ID: "msg_" + s.plan.id, Type: "message", Status: "in_progress", Role: "assistant", Content: []contentPart{}})
	s.part("response.content_part.added", "part", first)
}

func (s *responseStream) text(_ int, delta string) {
	s.openMessage(outputText(""))
	s.part("response.output_text.delta", "delta", delta, "logprobs", []struct{}{})
}

func (s *responseStream) refusal(_ int, delta string) {
	s.openMessage(outputRefusal(""))
	s.part("response.refusal.delta", "delta", delta)
}

func (s *responseStream) endMessage() {
	x := s.plan.candidates[0]
	if x.refusal != "" {
		s.part("response.refusal.done", "refusal", x.refusal)
		s.part("response.content_part.done", "part", outputRefusal(x.refusal))
	} else {
		s.part("response.output_text.done", "text", x.text, "logprobs", []struct{}{})
		s.part("response.content_part.done", "part", outputText(x.text))
	}
	s.done(s.speaker.message(s.plan, x))
}

func (s *responseStream) call(_, n int) {
	s.add(s.speaker.callItem(s.plan, n, "", "in_progress"))
}

// argumentEvents are the names of the events of the arguments of a call.
func (s *responseStream) argumentEvents(n int) (name, member string) {
	if s.plan.candidates[0].calls[n].tool.custom {
		return "response.custom_tool_call_input", "input"
	}
	return "response.function_call_arguments", "arguments"
}

func (s *responseStream) arguments(_, n int, delta string) {
	name, _ := s.argumentEvents(n)
	id := s.speaker.callItem(s.plan, n, "", "").ID
	s.send(name+".delta", "item_id", id, "output_index", s.index, "delta", delta)
}

func (s *responseStream) endCall(_, n int) {
	name, member := s.argumentEvents(n)
	k := s.plan.candidates[0].calls[n]
	item := s.speaker.callItem(s.plan, n, k.arguments, "completed")
	done := []any{"item_id", item.ID, "output_index", s.index, member, k.arguments}
	if !k.tool.custom {
		done = append(done, "name", k.tool.name)
	}
	s.send(name+".done", done...)
	s.done(item)
}

func (s *responseStream) stop(int) {
	if s.opened {
		s.endMessage()
	}
}

func (s *responseStream) end() {
	o := s.speaker.finished(s.plan)
	s.send("response."+o.Status, "response", o)
}

func (s *responseStream) fail(err *apiError) {
	o := s.speaker.object(s.plan)
	o.Status, o.Error = "failed", &responseError{"server_error", err.message}
	s.send("response.failed", "response", o)
}

func (s *responseStream) garbage() {
	s.out.raw("event: response.output_text.delta\ndata: {\"type\":\"response.output_\n\n")
}

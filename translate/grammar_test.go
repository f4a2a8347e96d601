package translate

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// event is what the small grammars look at in a frame.
type event struct {
	Type     string
	Index    *int
	Sequence *int `json:"sequence_number"`
	Error    json.RawMessage
	Choices  []struct {
		Index  int
		Finish *string `json:"finish_reason"`
	}
	Candidates []struct {
		FinishReason string
	}
	Block struct{ Type string } `json:"content_block"`
}

// clientGrammar reads a client's stream by rules of its own and returns what is
// wrong with it. A stream that failed ends with an error and nothing else.
func clientGrammar(d ir.Dialect, stream []byte, failed bool) string {
	var list []event
	var names []string
	src := sse.NewReader(bytes.NewReader(stream))
	for src.Next() {
		ev := src.Event()
		if string(ev.Data) == "[DONE]" && d == ir.Chat {
			names, list = append(names, "[DONE]"), append(list, event{})
			continue
		}
		if n := len(list); d == ir.Gemini && len(ev.Data) == 0 && n > 0 && list[n-1].Error != nil && bytes.HasPrefix(ev.Raw, []byte(`{"error":`)) {
			continue // the error once more, bare, for clients that see only that
		}
		var e event
		if err := json.Unmarshal(ev.Data, &e); err != nil {
			return fmt.Sprintf("%s is no frame: %v", ev.Data, err)
		}
		if (d == ir.Chat || d == ir.Gemini) != (ev.Name == "") {
			return fmt.Sprintf("the event is named %q", ev.Name)
		}
		if ev.Name != "" && ev.Name != e.Type {
			return fmt.Sprintf("%q is named %q", e.Type, ev.Name)
		}
		names, list = append(names, ev.Name), append(list, e)
	}
	if len(list) == 0 {
		return "there is nothing"
	}
	switch d {
	case ir.Chat:
		return chatGrammar(names, list, failed)
	case ir.Responses:
		return responsesGrammar(list, failed)
	case ir.Anthropic:
		return anthropicGrammar(list, failed)
	default:
		return geminiGrammar(list, failed)
	}
}

func chatGrammar(names []string, list []event, failed bool) string {
	finished := map[int]bool{}
	for i, e := range list {
		switch {
		case names[i] == "[DONE]" && i < len(list)-1:
			return "something follows [DONE]"
		case e.Error != nil && !failed:
			return "there is an error"
		}
		for _, c := range e.Choices {
			if finished[c.Index] {
				return "something follows finish_reason"
			}
			finished[c.Index] = c.Finish != nil
		}
	}
	if !failed && names[len(list)-1] != "[DONE]" {
		return "it does not end with [DONE]"
	}
	return ""
}

func responsesGrammar(list []event, failed bool) string {
	ends := map[string]bool{"response.completed": true, "response.incomplete": true, "response.failed": true, "error": true}
	for i, e := range list {
		switch {
		case e.Sequence == nil || *e.Sequence != i:
			return "the sequence numbers do not count"
		case ends[e.Type] != (i == len(list)-1):
			return e.Type + " is at the wrong place"
		}
	}
	if last := list[len(list)-1].Type; failed != (last == "response.failed" || last == "error") {
		return "it ends with " + last
	}
	return ""
}

func anthropicGrammar(list []event, failed bool) string {
	open, next := -1, 0
	for i, e := range list {
		last := i == len(list)-1
		switch e.Type {
		case "message_start":
			if i > 0 {
				return "message_start is not the first"
			}
		case "content_block_start":
			if open >= 0 || e.Index == nil || *e.Index != next || e.Block.Type == "" {
				return "a block starts at the wrong place"
			}
			open, next = next, next+1
		case "content_block_delta", "content_block_stop":
			if open < 0 || e.Index == nil || *e.Index != open {
				return e.Type + " without its block"
			}
			if e.Type == "content_block_stop" {
				open = -1
			}
		case "message_delta":
			if open >= 0 {
				return "a block is open at the end"
			}
		case "message_stop", "error":
			if !last || (e.Type == "error") != failed {
				return e.Type + " is at the wrong place"
			}
		case "ping":
		default:
			return e.Type + " is unknown"
		}
		if last && e.Type != "message_stop" && e.Type != "error" {
			return "it ends with " + e.Type
		}
	}
	return ""
}

func geminiGrammar(list []event, failed bool) string {
	done := false
	for i, e := range list {
		if e.Error != nil && (!failed || i < len(list)-1) {
			return "an error is at the wrong place"
		}
		for _, c := range e.Candidates {
			done = done || c.FinishReason != ""
		}
	}
	if last := list[len(list)-1]; failed && last.Error == nil {
		return "it does not end with the error"
	}
	if !failed && !done {
		return "there is no finishReason"
	}
	return ""
}

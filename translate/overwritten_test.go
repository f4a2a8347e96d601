package translate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// heard is what a client reads of an answer, and what is remembered of it.
type heard struct {
	out    []byte
	seen   string // by the gateway, while it has the answer
	memory plainMemory
}

// hearTold has a client hear an answer. With over, what the upstream has sent is
// written over as soon as it has been taken, as in the buffer of a reader.
func (s *told) hearTold(tb testing.TB, client, upstream ir.Dialect, streaming, relayed, over bool) (h heard) {
	tb.Helper()
	h.memory = plainMemory{}
	env := &ir.Envelope{Op: ir.Generate, Dialect: client, Header: http.Header{}, Model: "m", Stream: streaming, Usage: ir.Some(true)}
	req := &ir.Request{Op: ir.Generate, Dialect: client, Model: "m", Stream: streaming}
	req.StreamOpts.Usage = ir.Some(true)
	target := ableTarget(upstream, able[upstream][0])
	target.Names = ir.NewNames(nil, codecs[upstream].NameRule())
	target.Scope = "01234567"
	call := &Call{env: env, client: codecs[client], req: req, memory: h.memory, owner: "alice"}
	trip := &ir.Trip{Request: req, Target: target, Model: "m", Created: 1770000000, NewID: steadyIDs()}
	trip.Keeping = &ir.Keeping{ID: "resp_gw1", Store: true}
	rec := newRecorder(call, target)
	rec.thinks = true
	a := newAnswer(call.client, codecs[upstream], trip, env, s.streamed, rec)
	if relayed {
		a = &relay{call: call, target: target, model: "m", pipe: call.client.NewRelay(env, "m", true)}
	}
	var taken [][]byte
	for _, f := range s.frames {
		data, err := json.Marshal(f)
		if err != nil {
			tb.Fatal(err)
		}
		if !s.streamed {
			h.out = a.Body(h.out, data)
			taken = append(taken, data)
			continue
		}
		name := ""
		if m, ok := f.(map[string]any); ok && (upstream == ir.Anthropic || upstream == ir.Responses) {
			name, _ = m["type"].(string)
		}
		raw := append(append([]byte("data: "), data...), "\n\n"...)
		h.out = a.Frame(h.out, sse.Event{Name: name, Data: raw[len("data: ") : len(raw)-2], Raw: raw})
		taken = append(taken, raw)
		if over {
			for i := range raw {
				raw[i] = 0xDB
			}
		}
	}
	if s.streamed {
		h.out = a.Close(h.out)
	}
	seen := *a.Seen()
	if e := seen.Err; e != nil {
		h.seen = fmt.Sprintf("%+v ", *e)
	}
	seen.Err = nil
	h.seen += fmt.Sprintf("%+v", seen)
	h.out = withoutIDs(h.out)
	for _, b := range taken {
		for i := 0; over && i < len(b); i++ {
			b[i] = 0xDB
		}
	}
	return h
}

// ranCode are streams in which the upstream has run code.
var ranCode = map[ir.Dialect][]string{
	ir.Anthropic: {
		`{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"code_execution","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"code\":\"print(42)\"}"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"code_execution_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"code_execution_result","stdout":"forty-two","stderr":"","return_code":0,"content":[]}}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}`,
		`{"type":"message_stop"}`,
	},
	ir.Gemini: {
		`{"candidates":[{"content":{"parts":[{"executableCode":{"id":"e1","language":"PYTHON","code":"print(42)"}}]}}],"responseId":"r","modelVersion":"m"}`,
		`{"candidates":[{"content":{"parts":[{"codeExecutionResult":{"id":"e1","outcome":"OUTCOME_OK","output":"forty-two"}}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"done"}]},"finishReason":"STOP"}]}`,
	},
}

// heardTales are the answers of a dialect, those with code among them.
func heardTales(tb testing.TB, d ir.Dialect) []told {
	list := tales(tb, d)
	if len(ranCode[d]) == 0 {
		return list
	}
	s := told{streamed: true}
	for _, frame := range ranCode[d] {
		v, err := parse([]byte(frame))
		if err != nil {
			tb.Fatal(err)
		}
		s.frames = append(s.frames, v)
	}
	return append(list, s)
}

// TestAnswersAreOverwritten hears all answers twice: from memory that stays as it
// is, and from memory that is written over when it has been taken.
func TestAnswersAreOverwritten(t *testing.T) {
	remembered := 0
	for _, upstream := range benchDialects {
		for _, s := range heardTales(t, upstream) {
			for _, client := range benchDialects {
				for _, streaming := range []bool{false, true} {
					for _, relayed := range []bool{false, true} {
						if relayed && (client != upstream || streaming != s.streamed) {
							continue
						}
						want := s.hearTold(t, client, upstream, streaming, relayed, false)
						got := s.hearTold(t, client, upstream, streaming, relayed, true)
						remembered += len(got.memory)
						if !reflect.DeepEqual(got, want) {
							t.Errorf("%s from %s, streaming=%t, relayed=%t:\n%s\n%s\nnot\n%s\n%s", client, upstream, streaming, relayed, got.out, got.seen, want.out, want.seen)
						}
					}
				}
			}
		}
	}
	if remembered == 0 {
		t.Error("nothing was remembered")
	}
}

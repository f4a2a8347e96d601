package translate

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// beginnings are the first events of streams with a text, thinking and calls
// open, as far as the dialect lets them.
var beginnings = map[ir.Dialect][]string{
	ir.Chat: {
		`{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`,
		`{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"x","function":{"name":"f","arguments":""}},{"index":2,"id":"y","custom":{"name":"g","input":""}}]}}]}`,
	},
	ir.Responses: {
		`{"type":"response.created","response":{"id":"r","model":"m","status":"in_progress"}}`,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"rs","type":"reasoning","summary":[]}}`,
		`{"type":"response.output_item.added","output_index":1,"item":{"id":"msg","type":"message","content":[]}}`,
		`{"type":"response.output_item.added","output_index":2,"item":{"id":"fc","type":"function_call","name":"f","call_id":"x","arguments":""}}`,
	},
	ir.Anthropic: {
		`{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"x","name":"f","input":{}}}`,
	},
	ir.Gemini: {`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1},"responseId":"r","modelVersion":"m"}`},
}

// endings are the last events of such streams.
var endings = map[ir.Dialect][]string{
	ir.Chat:      {`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`},
	ir.Responses: {`{"type":"response.completed","response":{"id":"r","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}}`},
	ir.Anthropic: {`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}`, `{"type":"message_stop"}`},
	ir.Gemini:    {`{"candidates":[{"finishReason":"STOP"}]}`},
}

// usualFrames are events that streams have by the thousand, with % for a text
// and # for something that differs, too.
var usualFrames = map[ir.Dialect][]string{
	ir.Chat: {
		`{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"%"},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`{"id":"c","created":1#,"model":"m","service_tier":"default","choices":[{"index":0,"delta":{"reasoning_content":"%","content":null}}],"obfuscation":"#"}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"%"}}]}}],"created":1,"model":"m","p":"#"}`,
		`{"id":"#","choices":[{"delta":{"tool_calls":[{"index":2,"custom":{"input":"%"}}]}}],"model":"m"}`,
		`{"choices":[{"index":1,"delta":{"content":[{"type":"text","text":"%"}]}}]}`,
		`{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"text":"%"}]}]}}],"x":1.5,"y":"#"}`,
		`{"choices":[{"delta":{"content":"%","reasoning":"%"}}]}`, `{"choices":[{"delta":{"content":"%","content":"a"}}]}`,
		`{"choices":[{"delta":{"content":"%"}},{"index":1,"delta":{"content":"b"}}]}`, `{"choices":[{"delta":{"refusal":"%"}}]}`,
		`{"choices":[{"delta":{"content":"%"}}],"usage":{"prompt_tokens":7}}`, `{"choices":[{"delta":{"content":"%"}}],"usage":{"prompt_tokens":8},"service_tier":"flex"}`,
		`{"choices":[{"delta":{"content":"%"},"finish_reason":"length"}]}`, `{"choices":[{"delta":{"content":"%"},"usage":{"prompt_tokens":9}}]}`,
		`{"choices":[{"delta":{},"finish_reason":"stop"}]}`, `{"choices":[],"usage":{"prompt_tokens":5}}`,
		`{"choices":[{"delta":{"content":"%"}}],"usage":{"prompt_tokens":1#}}`, `{"choices":[{"delta":{"content":"%"}}],"service_tier":"#x"}`,
		`{"choices":[{"delta":{"content":"%"},"finish_reason":"stop"}]}`, `{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"#","function":{"arguments":"%"}}]}}]}`,
		`{"choices":[{"delta":{"function_call":{"arguments":"%"}}}],"error":null}`, `{"choices":[{"delta":{"content":"%"}}],"error":{"message":"#"}}`,
		`{"content":"%","choices":[{"delta":{"content":"%"}}]}`, `{"choices":[{"delta":{"content":"a#"}}],"created":1#,"input":"%","arguments":"#"}`,
	},
	ir.Responses: {
		`{"type":"response.output_text.delta","sequence_number":1#,"item_id":"m#","output_index":1,"content_index":0,"delta":"%","logprobs":[],"obfuscation":"#"}`,
		`{"type":"response.reasoning_summary_text.delta","item_id":"rs","output_index":0,"summary_index":0,"delta":"%","sequence_number":1#}`,
		`{"delta":"%","type":"response.reasoning_text.delta","output_index":0,"content_index":1,"sequence_number":3}`,
		`{"type":"response.function_call_arguments.delta","output_index":2,"delta":"%","sequence_number":1#}`,
		`{"type":"response.refusal.delta","output_index":1,"content_index":1,"delta":"%"}`, `{"type":"response.output_text.delta","output_index":7,"delta":"%"}`,
		`{"type":"response.output_text.delta","output_index":1,"delta":"%","delta":"a"}`, `{"type":"response.output_text.delta","output_index":1,"delta":"%","text":"#"}`,
		`{"type":"response.output_text.delta","output_index":1,"delta":"%","logprobs":[{"token":"a","logprob":-1}]}`,
		`{"type":"response.output_text.done","output_index":1,"text":"%"}`, `{"output_index":1,"delta":"%"}`, `{"type":"#","delta":"%"}`,
	},
	ir.Anthropic: {
		`{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"%"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"%"},"n":1#,"s":"#"}`,
		`{"index":2,"delta":{"partial_json":"%","type":"input_json_delta"},"type":"content_block_delta"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"%"}}`, `{"type":"content_block_delta","index":9,"delta":{"text":"%"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"thinking":"%","signature":"s"}}`, `{"type":"content_block_delta","index":1,"delta":{"text":"%","citation":{"type":"x","url":"#"}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"text":"%","text":"a"}}`, `{"type":"content_block_delta","index":1,"delta":{"text":"%","signature":"#"}}`,
		`{"type":"content_block_delta","index":1,"delta":{"text":"%"},"delta":{"text":"a"}}`, `{"type":"content_block_stop","index":1,"delta":{"text":"%"}}`,
	},
	ir.Gemini: {
		`{"candidates":[{"content":{"parts":[{"text":"%"}]}}],"usageMetadata":{"promptTokenCount":1#,"candidatesTokenCount":2},"modelVersion":"m"}`,
		`{"candidates":[{"content":{"parts":[{"text":"%","thought":true}]},"index":0}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"%"}]}}],"usageMetadata":{"promptTokenCount":-1#}}`,
		`{"candidates":[{"content":{"parts":[{"text":"%"}]}}],"usageMetadata":{"promptTokenCount":5}}`,
	},
}

// usualTexts are the texts of events that follow each other.
var usualTexts = [][]string{
	{"a", "b", "c", "dd"}, {"a", "", "b", ""}, {`\"`, `\\`, `\n\u00e9`, "é🙂"}, {"a", "b", `\ud83d`, "c\u2028"}, {"a", "b", "\xff", `x\`},
	{"a", "b", "\n", `\x`}, {"a", "b", `"}],"usage":{"prompt_tokens":9},"z":[{"q":"`, "c"}, {"<think>", "a", "</think>", "b"},
}

// framesOf fills a form with texts.
func framesOf(form string, said []string) (list []string) {
	for i, text := range said {
		list = append(list, strings.ReplaceAll(strings.ReplaceAll(form, "%", text), "#", strings.Repeat("7", i)))
	}
	return list
}

// TestLikenessOfFrames has streams of which most events are like those before
// them: they must mean what they mean when each is read in full.
func TestLikenessOfFrames(t *testing.T) {
	for d, forms := range usualFrames {
		for i, form := range forms {
			for _, said := range usualTexts {
				checkLikeness(t, d, framesOf(form, said))
			}
			for j, other := range forms {
				for _, said := range [][]string{usualTexts[0], usualTexts[(i+j)%len(usualTexts)]} {
					checkLikeness(t, d, slices.Concat(framesOf(form, said), framesOf(other, said), framesOf(form, said[1:])))
				}
			}
		}
	}
}

// FuzzLikenessOfFrames does so with events that are anything.
func FuzzLikenessOfFrames(f *testing.F) {
	for i, d := range benchDialects {
		for _, form := range usualFrames[d] {
			frames := framesOf(form, usualTexts[0])
			f.Add(uint8(i), frames[0], frames[1], frames[3])
			f.Add(uint8(i), frames[0], frames[1], framesOf(usualFrames[d][0], usualTexts[2])[1])
		}
	}
	f.Fuzz(func(t *testing.T, dialect uint8, a, b, c string) {
		checkLikeness(t, benchDialects[dialect&3], []string{a, b, a, c, b, c, a, a, b, b})
	})
}

// checkLikeness compares a decoder and a relay with others to which no event is
// like another, since each has more white space in front of it.
func checkLikeness(t *testing.T, d ir.Dialect, frames []string) {
	t.Helper()
	for _, tags := range []bool{false, true} {
		if tags && d != ir.Chat {
			continue
		}
		dec, plain := newDecoder(d, tags), newDecoder(d, tags)
		pipe := CodecOf(d).NewRelay(&ir.Envelope{Op: ir.Generate, Dialect: d}, "mine", true)
		bare := CodecOf(d).NewRelay(&ir.Envelope{Op: ir.Generate, Dialect: d}, "mine", true)
		var events, want []ir.Event
		for i, frame := range slices.Concat(beginnings[d], frames, endings[d]) {
			rest, object := strings.CutPrefix(strings.NewReplacer("\r", " ", "\n", " ").Replace(frame), "{")
			if !object {
				continue
			}
			indent := "{" + strings.Repeat(" ", i+1)
			raw, spaced := []byte("data: {"+rest+"\n\n"), []byte("data: "+indent+rest+"\n\n")
			data, spacedData := raw[len("data: "):len(raw)-2], spaced[len("data: "):len(spaced)-2]
			events, want = dec.Decode(events[:0], "", data), plain.Decode(want[:0], "", spacedData)
			if got, want := toldBy(t, events), toldBy(t, want); got != want {
				t.Fatalf("%s: after others, event %d\n%s\nsays\n%s\nalone\n%s\nall are %q", d, i, frame, got, want, frames)
			}
			out := pipe.Frame(nil, "", data, raw)
			alone := bytes.Replace(bare.Frame(nil, "", spacedData, spaced), []byte(indent), []byte("{"), 1)
			if likenessRelays[d] && (!bytes.Equal(out, alone) || !sameSeen(pipe.Seen(), bare.Seen())) {
				t.Fatalf("%s: after others, event %d\n%s\nis relayed as\n%s, %+v\nalone as\n%s, %+v", d, i, frame, out, pipe.Seen(), alone, bare.Seen())
			}
			for i := range raw {
				raw[i] = 'x' // as the reader's buffer is
			}
		}
		if got, want := toldBy(t, dec.Close(nil)), toldBy(t, plain.Close(nil)); got != want {
			t.Fatalf("%s: the end is\n%s, want\n%s", d, got, want)
		}
	}
}

// likenessRelays are the relays that compare events; the others know them by
// their names.
var likenessRelays = map[ir.Dialect]bool{ir.Chat: true, ir.Gemini: true}

func newDecoder(d ir.Dialect, tags bool) ir.Decoder {
	target := ableTarget(d, able[d][0])
	target.Names, target.Caps.ThinkTags = ir.NewNames(nil, codecs[d].NameRule()), tags
	req := &ir.Request{Op: ir.Generate, Dialect: d, Model: "m", Stream: true}
	return codecs[d].NewDecoder(&ir.Trip{Request: req, Target: target, Model: "m", NewID: steadyIDs()})
}

// toldBy is all that events say, but for the words and the bytes of errors, which
// know about white space. A delta may say nothing but its text.
func toldBy(t *testing.T, events []ir.Event) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		if text := (ir.Event{Kind: ir.EventDelta, Cand: e.Cand, Index: e.Index, Text: e.Text, JSON: e.JSON}); e.Kind == ir.EventDelta && !reflect.DeepEqual(e, text) {
			t.Errorf("a delta says %+v", e)
		}
		if e.Err != nil {
			e.Err = &ir.Error{Kind: e.Err.Kind, Status: e.Err.Status, Code: e.Err.Code}
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func sameSeen(a, b *ir.Seen) bool {
	x, y := *a, *b
	x.Err, y.Err = nil, nil
	return reflect.DeepEqual(x, y) && (a.Err == nil) == (b.Err == nil)
}

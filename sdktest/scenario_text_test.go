package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"strings"
)

func textScenario(c *cell) {
	r := c.ask(ask{Turns: user("Hello there, how do you do?")})
	c.want("text", r.Text, "You said: Hello there, how do you do?")
	if len(r.Calls) > 0 || r.Refusal != "" {
		c.Errorf("calls %v, refusal %q", r.Calls, r.Refusal)
	}
}

// sameTextScenario cuts the answer in three ways.
func sameTextScenario(c *cell) {
	for _, prompt := range []string{"Many small chunks, please: long 30", "One chunk, and long 30", "unicode. Many small chunks."} {
		ctx, cancel := context.WithTimeout(c.Context(), patience)
		whole, err := c.client.Send(ctx, ask{Model: c.up.model, Turns: user(prompt)})
		cancel()
		if err != nil {
			c.Fatal(err)
		}
		c.want(prompt, c.ask(ask{Turns: user(prompt)}).Text, whole.Text)
		if whole.Text == "" {
			c.Error("the text is empty")
		}
	}
}

func turnsScenario(c *cell) {
	turns := user("My favourite colour is blue.")
	input := int64(0)
	for i := range 4 {
		r := c.ask(ask{Turns: turns})
		if r.Usage.Input <= input {
			c.Errorf("turn %d has %d tokens of input, the one before %d", i, r.Usage.Input, input)
		}
		input = r.Usage.Input
		text := fmt.Sprintf("Question %d, which one was it?", i)
		if i > 0 {
			c.want("text", r.Text, "You said: "+turns[len(turns)-1].User)
		}
		turns = append(turns, turn{Reply: r}, turn{User: text})
	}
}

// systemScenario sees the system prompt in the tokens: the simulator counts words.
func systemScenario(c *cell) {
	const words = 60
	bare := c.ask(ask{Turns: user("Good morning.")})
	with := c.ask(ask{System: strings.TrimSpace(strings.Repeat("word ", words)), Turns: user("Good morning.")})
	c.want("text", with.Text, bare.Text)
	if more := with.Usage.Input - bare.Usage.Input; more < words || more > words+10 {
		c.Errorf("a system prompt of %d words makes %d tokens", words, more)
	}
}

// picture is a small PNG.
func picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func imageScenario(c *cell) {
	img := picture()
	r := c.ask(ask{Turns: []turn{{User: "What is this?", Image: img}}})
	c.want("text", r.Text, fmt.Sprintf("You said: What is this?\nI received 1 attachment: image/png (%d bytes).", len(img)))
}

// answerSchema is what schemaScenario wants.
var answerSchema = map[string]any{
	"type": "object", "additionalProperties": false, "required": []any{"name", "count", "tags", "kind"},
	"properties": map[string]any{
		"name":  map[string]any{"type": "string"},
		"count": map[string]any{"type": "integer"},
		"tags":  map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
		"kind":  map[string]any{"type": "string", "enum": []any{"small", "large"}},
	},
}

func schemaScenario(c *cell) {
	r := c.ask(ask{Turns: user("Describe a thing."), Schema: answerSchema})
	var v struct {
		Name  *string   `json:"name"`
		Count *int      `json:"count"`
		Tags  *[]string `json:"tags"`
		Kind  string    `json:"kind"`
	}
	dec := json.NewDecoder(strings.NewReader(r.Text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		c.Fatalf("%v: %q\nsent: %s", err, r.Text, c.rec.sent())
	}
	if v.Name == nil || v.Count == nil || v.Tags == nil || v.Kind != "small" && v.Kind != "large" {
		c.Errorf("the answer does not fit the schema: %s", r.Text)
	}
}

// difficult is what the simulator says to "unicode".
const difficult = "Grüße 你好，世界 🌍 👩‍👩‍👧‍👦 e\u0301 🇺🇳 नमस्ते line\u2028separator paragraph\u2029separator " +
	"\"quotes\" back\\slash tab\there </script> &amp; ﷽ end."

func unicodeScenario(c *cell) {
	c.want("text", c.ask(ask{Turns: user("unicode")}).Text, difficult)
	echo := "Gib zurück: ñ 漢字 \U0001F600 \u2028 <&> \\ \"."
	c.want("echo", c.ask(ask{Turns: user(echo)}).Text, "You said: "+echo)
}

func longScenario(c *cell) {
	c.want("text", c.ask(ask{Turns: user("one chunk, long 5000")}).Text, longText(5000))
	c.want("text", c.ask(ask{Turns: user("long 500")}).Text, longText(500))
}

func emptyScenario(c *cell) {
	r := c.ask(ask{Turns: user("empty")})
	c.want("text", r.Text, "")
	c.stops(r, "stop", "completed", "end_turn", "STOP")
}

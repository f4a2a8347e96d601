package sdktest

import (
	"encoding/json"
	"reflect"
	"strings"
)

// weather and clock are the tools of the scenarios.
var (
	weather = tool{"get_weather", "The weather of a city.", object("city", "unit")}
	clock   = tool{"get_time", "The time of a zone.", object("zone")}
)

// object is the schema of an object of texts, of which the first one is required.
func object(names ...string) map[string]any {
	properties := map[string]any{}
	for _, name := range names {
		properties[name] = map[string]any{"type": "string", "description": "The " + name + "."}
	}
	return map[string]any{"type": "object", "properties": properties, "required": []any{names[0]}}
}

// called checks that a reply makes exactly these calls: names and arguments, alternately.
func (c *cell) called(r *reply, want ...string) {
	c.Helper()
	if len(r.Calls) != len(want)/2 {
		c.Fatalf("got the calls %v, want %v; text %q\nsent: %.3000s", r.Calls, want, r.Text, c.rec.sent())
	}
	seen := map[string]bool{}
	for i, k := range r.Calls {
		c.want("name", k.Name, want[2*i])
		if !sameJSON(k.Arguments, want[2*i+1]) {
			c.Errorf("arguments: got %s, want %s", k.Arguments, want[2*i+1])
		}
		if c.namesOnly() {
			continue // Gemini before 3 tells calls apart by their names
		}
		if k.ID == "" || seen[k.ID] {
			c.Errorf("the id %q of call %d is empty or taken", k.ID, i)
		}
		seen[k.ID] = true
	}
	c.stops(r, "tool_calls", "completed", "tool_use", "STOP")
}

// namesOnly tells whether the calls have no ids.
func (c *cell) namesOnly() bool {
	return c.client.Dialect() == "gemini" && c.up.dialect == "gemini" && !strings.Contains(c.up.model, "gemini-3")
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// contains checks that a text has all the parts.
func (c *cell) contains(text string, parts ...string) {
	c.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			c.Errorf("%q is missing in %q", p, text)
		}
	}
}

func toolScenario(c *cell) {
	tools := []tool{weather, clock}
	turns := user(`call get_weather {"city":"Paris","unit":"°C"}`)
	first := c.ask(ask{Turns: turns, Tools: tools})
	c.called(first, "get_weather", `{"city":"Paris","unit":"°C"}`)

	turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], "22 degrees, \"sunny\""}}})
	second := c.ask(ask{Turns: turns, Tools: tools})
	c.want("text", second.Text, "The tool get_weather answered: 22 degrees, \"sunny\"")
	c.stops(second, "stop", "completed", "end_turn", "STOP")

	turns = append(turns, turn{Reply: second}, turn{User: "Thank you."})
	c.want("text", c.ask(ask{Turns: turns, Tools: tools}).Text, "You said: Thank you.")
}

// parallelScenario sends the results back in another order than the calls came in.
func parallelScenario(c *cell) {
	tools := []tool{weather, clock}
	turns := user(`call get_weather {"city":"Paris"} and get_time {"zone":"CET"} and get_weather {"city":"Rome"}`)
	first := c.ask(ask{Turns: turns, Tools: tools})
	c.called(first, "get_weather", `{"city":"Paris"}`, "get_time", `{"zone":"CET"}`, "get_weather", `{"city":"Rome"}`)

	turns = append(turns, turn{Reply: first}, turn{Results: []result{
		{first.Calls[2], "hot"}, {first.Calls[1], "noon"}, {first.Calls[0], "mild"},
	}})
	second := c.ask(ask{Turns: turns, Tools: tools})
	c.contains(second.Text, "get_weather answered: mild", "get_time answered: noon", "get_weather answered: hot")
}

// twiceScenario makes calls of several rounds.
func twiceScenario(c *cell) {
	tools := []tool{weather}
	turns := user(`call get_weather {"city":"Paris"} then call get_weather {"city":"Paris"} then say exactly: done`)
	first := c.ask(ask{Turns: turns, Tools: tools})
	c.called(first, "get_weather", `{"city":"Paris"}`)
	turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], "mild"}}})
	second := c.ask(ask{Turns: turns, Tools: tools})
	c.called(second, "get_weather", `{"city":"Paris"}`)
	if !c.namesOnly() && first.Calls[0].ID == second.Calls[0].ID {
		c.Errorf("both calls have the id %q", first.Calls[0].ID)
	}
	turns = append(turns, turn{Reply: second}, turn{Results: []result{{second.Calls[0], "mild"}}})
	c.want("text", c.ask(ask{Turns: turns, Tools: tools}).Text, "done")
}

func forcedScenario(c *cell) {
	r := c.ask(ask{Turns: user("Good morning."), Tools: []tool{clock}, Force: true})
	if len(r.Calls) != 1 || r.Calls[0].Name != "get_time" {
		c.Errorf("calls: %v, text %q", r.Calls, r.Text)
	}
}

// piecesScenario cuts arguments at every rune, and not at all.
func piecesScenario(c *cell) {
	const arguments = `{"city":"Zürich \"北京\" \\ 🌍","unit":"\u2028<&>\n","more":{"list":[1,2.50,1e3,null,true],"big":12345678901234567890}}`
	for _, how := range []string{"many small chunks.", "one chunk."} {
		r := c.ask(ask{Turns: user(how + " call get_weather " + arguments), Tools: []tool{weather}})
		c.called(r, "get_weather", arguments)
		if c.client.Dialect() != "gemini" && !strings.Contains(r.Calls[0].Arguments, "12345678901234567890") {
			c.Errorf("a large number has lost digits: %s", r.Calls[0].Arguments) // Gemini's SDK itself reads float64
		}
	}
}

// hiddenThinkingScenario has thoughts that nobody may read, but that must come back.
func hiddenThinkingScenario(c *cell) {
	tools := []tool{weather}
	turns := user(`think secretly. call get_weather {"city":"Paris"}`)
	first := c.ask(ask{Turns: turns, Tools: tools, Think: true})
	c.called(first, "get_weather", `{"city":"Paris"}`)
	turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], "mild"}}})
	c.want("text", c.ask(ask{Turns: turns, Tools: tools, Think: true}).Text, "The tool get_weather answered: mild")
}

func thinkingScenario(c *cell) {
	turns := user("think aloud. Why is the sky blue?")
	first := c.ask(ask{Turns: turns, Think: true})
	c.want("text", first.Text, "You said: think aloud. Why is the sky blue?")
	if !strings.HasPrefix(first.Thinking, "The user wrote ") {
		c.Errorf("thinking: %q\nsent: %.2000s\nanswer: %.3000s", first.Thinking, c.rec.sent(), c.rec.last().body)
	}
	turns = append(turns, turn{Reply: first}, turn{User: "And the sea?"})
	c.want("text", c.ask(ask{Turns: turns, Think: true}).Text, "You said: And the sea?")
}

// thinkingToolScenario brings the signatures back inside of a tool loop, where the vendors insist on them.
func thinkingToolScenario(c *cell) {
	tools := []tool{weather, clock}
	turns := user(`call get_weather {"city":"Paris"} and get_time {"zone":"CET"} then call get_time {"zone":"UTC"}`)
	first := c.ask(ask{Turns: turns, Tools: tools, Think: true})
	c.called(first, "get_weather", `{"city":"Paris"}`, "get_time", `{"zone":"CET"}`)
	signs := c.up.dialect != "chat" && c.client.Dialect() != "chat"
	if signs && !first.Signed {
		c.Errorf("the answer carries no signature: %.3000s", c.rec.last().body)
	}
	turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], "mild"}, {first.Calls[1], "noon"}}})
	second := c.ask(ask{Turns: turns, Tools: tools, Think: true})
	c.called(second, "get_time", `{"zone":"UTC"}`)
	turns = append(turns, turn{Reply: second}, turn{Results: []result{{second.Calls[0], "eleven"}}})
	third := c.ask(ask{Turns: turns, Tools: tools, Think: true})
	c.want("text", third.Text, "The tool get_time answered: eleven")
}

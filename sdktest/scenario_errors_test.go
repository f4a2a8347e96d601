package sdktest

import "strings"

// fails checks that the SDK types an error as its vendor does: kinds are those of chat and responses, anthropic, gemini.
func (c *cell) fails(err error, status int, openai, anthropic, gemini string) failure {
	c.Helper()
	if err == nil {
		c.Fatal("there is no error")
	}
	f, ok := c.client.Failure(err)
	if !ok {
		c.Fatalf("the SDK does not type the error: %T %v", err, err)
	}
	kind := map[string]string{"chat": openai, "responses": openai, "anthropic": anthropic, "gemini": gemini}[c.client.Dialect()]
	if f.Kind != kind {
		c.Errorf("kind: got %q (%s), want %q", f.Kind, f.Message, kind)
	}
	if status != 0 && f.Status != status {
		c.Errorf("status: got %d (%s), want %d", f.Status, f.Message, status)
	}
	if f.Message == "" {
		c.Error("the error has no message")
	}
	return f
}

// refusedScenario is the client's own fault, which it is told in the upstream's words.
func refusedScenario(c *cell) {
	_, err := c.try(ask{Turns: user("fail with 400")})
	f := c.fails(err, 400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT")
	c.contains(f.Message, "The simulator was asked to refuse this request.")
}

// errorInsideScenario breaks the answer after some words.
func errorInsideScenario(c *cell) {
	r, err := c.try(ask{Turns: user("error after 3 words. Tell me more of it, please.")})
	c.brokenOff(r, err)
}

// cutScenario tears the upstream's connection after some words.
func cutScenario(c *cell) {
	r, err := c.try(ask{Turns: user("cut after 3 words. Tell me more of it, please.")})
	c.brokenOff(r, err)
}

// brokenOff: a stream ends with an error behind the words that had come; a whole answer is an error.
func (c *cell) brokenOff(r *reply, err error) {
	c.Helper()
	if !c.streamed {
		c.fails(err, 502, "upstream_error", "api_error", "UNAVAILABLE")
		return
	}
	if err == nil {
		c.Fatalf("there is no error: %+v", r)
	}
	if _, ok := c.client.Failure(err); !ok {
		c.Errorf("the SDK does not type the error: %T %v", err, err)
	}
	if r == nil || !strings.HasPrefix(r.Text, "You said:") || strings.Contains(r.Text, "please") {
		c.Errorf("the words before the error: %+v", r)
	}
	a := c.rec.last()
	if a.status != 200 || a.report.Ending != "failed" {
		c.Errorf("status %d, ending %q: %s", a.status, a.report.Ending, a.body)
	}
}

// garbageScenario has the upstream write what does not parse, before it has said anything.
func garbageScenario(c *cell) {
	_, err := c.try(ask{Turns: user("garbage")})
	c.fails(err, 502, "upstream_error", "api_error", "UNAVAILABLE")
}

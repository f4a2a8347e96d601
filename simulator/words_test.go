package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"
)

func TestWordsForText(t *testing.T) {
	s := New(Options{})
	for prompt, want := range map[string]string{
		"say exactly: call f, then fail with 503": "call f, then fail with 503",
		"long 4":                                 "word1 word2 word3 word4",
		"Please long 2":                          "word1 word2",
		"unicode":                                difficult,
		"the directory is empty":                 "You said: the directory is empty",
		"\"quoted by a client\"":                 "You said: quoted by a client",
		"<env>\nx\n</env>":                       "You said nothing.",
		"call unknown_tool":                      "You said: call unknown_tool",
		"a <system-reminder>b</system-reminder>": "You said: a",
	} {
		for _, d := range dialects {
			if got := say(t, s, d, prompt); got != want {
				t.Errorf("%s: %q is answered with %q", d, prompt, got)
			}
		}
	}
}

func TestWordsThatEndAnswers(t *testing.T) {
	for _, c := range []struct{ dialect, prompt, path, want string }{
		{"chat", "refuse", "choices.0.message.refusal", "I cannot help with that."},
		{"chat", "refuse", "choices.0.message.content", ""},
		{"chat", "content filter", "choices.0.finish_reason", "content_filter"},
		{"chat", "empty", "choices.0.message.content", ""},
		{"chat", "empty", "choices.0.finish_reason", "stop"},
		{"chat", "think aloud", "choices.0.message.reasoning_content", "The user wrote 2 words and I should answer."},
		{"responses", "refuse", "output.0.content.0.refusal", "I cannot help with that."},
		{"responses", "refuse", "status", "completed"},
		{"responses", "content filter", "incomplete_details.reason", "content_filter"},
		{"responses", "empty", "output.#", "0"},
		{"anthropic", "refuse", "stop_reason", "refusal"},
		{"anthropic", "refuse", "stop_details.type", "refusal"},
		{"anthropic", "empty", "content.#", "0"},
		{"anthropic", "think secretly, think aloud", "content.0.type", "redacted_thinking"},
		{"gemini", "refuse", "candidates.0.finishReason", "SAFETY"},
		{"gemini", "content filter", "promptFeedback.blockReason", "PROHIBITED_CONTENT"},
		{"gemini", "content filter", "candidates.#", ""},
		{"gemini", "empty", "candidates.0.finishReason", "STOP"},
		{"gemini", "cached", "usageMetadata.cachedContentTokenCount", "2"},
		{"chat", "cached", "usage.prompt_tokens_details.cached_tokens", "2"},
		{"anthropic", "cached", "usage.cache_read_input_tokens", "2"},
		{"responses", "cached", "usage.input_tokens_details.cached_tokens", "2"},
	} {
		target, body := turnOf(c.dialect, c.prompt, "")
		if got := post(t, New(Options{}), target, body).Get(c.path).String(); got != c.want {
			t.Errorf("%s: %q gives %s = %q, want %q", c.dialect, c.prompt, c.path, got, c.want)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, d := range dialects {
		target, body := turnOf(d, "fail with 429 retry after 7s", "")
		status, header, answer := ask(t, New(Options{}), "POST", target, body)
		retry := header.Get("Retry-After")
		if d == "gemini" {
			retry = strings.TrimSuffix(gjson.Get(answer, `error.details.#(@type%"*RetryInfo").retryDelay`).String(), "s")
		}
		if status != 429 || retry != "7" {
			t.Errorf("%s answers %d, Retry-After %q: %s", d, status, retry, answer)
		}
	}
	for status, want := range map[int][4]string{
		400: {"invalid_request_error", "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
		401: {"authentication_error", "authentication_error", "authentication_error", "UNAUTHENTICATED"},
		429: {"rate_limit_error", "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"},
		500: {"server_error", "server_error", "api_error", "INTERNAL"},
		503: {"overloaded_error", "overloaded_error", "overloaded_error", "UNAVAILABLE"},
		529: {"server_error", "server_error", "overloaded_error", "UNAVAILABLE"},
	} {
		for i, d := range dialects {
			target, body := turnOf(d, fmt.Sprintf("please fail with %d", status), "")
			code, _, answer := ask(t, New(Options{}), "POST", target, body)
			kind := map[bool]string{true: "error.status", false: "error.type"}[d == "gemini"]
			if got := gjson.Get(answer, kind).String(); code != status || got != want[i] {
				t.Errorf("%s is to fail with %d and answers %d %q", d, status, code, got)
			}
		}
	}
}

// TestSteps splits a text only at a "then" that follows a call.
func TestSteps(t *testing.T) {
	tools := []tool{{name: "f"}}
	for text, want := range map[string]int{
		"wait 1ms then fail with 503": 1, "call f then refuse": 2, "call f then call f then say exactly: a then b": 3, "now and then": 1,
	} {
		if got := parse(text, tools); len(got) != want {
			t.Errorf("%q has %d steps", text, len(got))
		}
	}
	if w := parse("wait 1ms then fail with 503 and slow 2ms", nil).at(0); w.fail != 503 || w.wait != time.Millisecond || w.delay != 2*time.Millisecond {
		t.Errorf("the wishes are %+v", w)
	}
}

// TestWordsAreDocumented looks for every word in the documentation that users read.
func TestWordsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.NewReplacer("<n>", "3", "<status>", "503", "//\t", "", " *", "").Replace(string(doc))
	for _, w := range words {
		if !w.pattern.MatchString(examples) {
			t.Errorf("the documentation does not know %s", w.pattern)
		}
	}
}

func TestErrorsWithoutStream(t *testing.T) {
	for _, d := range dialects {
		target, body := turnOf(d, "error after 2 words", "")
		if status, _, answer := ask(t, New(Options{}), "POST", target, body); status != 500 {
			t.Errorf("%s answers %d %s", d, status, answer)
		}
	}
	warm := post(t, New(Options{}), "/v1/messages", `{"model":"demo","max_tokens":0,"messages":[{"role":"user","content":"x"}]}`)
	if warm.Get("content.#").Int() != 0 || warm.Get("stop_reason").String() != "max_tokens" {
		t.Errorf("the cache is warmed with %s", warm.Raw)
	}
}

func TestFailTimes(t *testing.T) {
	s := New(Options{})
	for _, d := range dialects {
		var statuses []int
		for range 4 {
			target, body := turnOf(d, "fail 2 times with 503", "")
			status, _, _ := ask(t, s, "POST", target, body)
			statuses = append(statuses, status)
		}
		if want := []int{503, 503, 200, 503}; !slices.Equal(statuses, want) {
			t.Errorf("%s answers %v", d, statuses)
		}
		target, body := turnOf(d, "fail 2 times with 503", "")
		ask(t, s, "POST", target, body)
		ask(t, s, "POST", target, body) // so that the next dialect starts anew
	}
}

func TestAlwaysWins(t *testing.T) {
	s := New(Options{Always: "fail with 529"})
	for _, d := range dialects {
		target, body := turnOf(d, "fail with 400", "")
		if status, _, _ := ask(t, s, "POST", target, body); status != 529 {
			t.Errorf("%s answers %d", d, status)
		}
	}
	if status, _, _ := ask(t, s, "GET", "/v1/models", ""); status != 200 {
		t.Errorf("the list of models is answered with %d", status)
	}
	if status, _, _ := ask(t, s, "POST", "/v1/embeddings", `{"model":"demo","input":"x"}`); status != 529 {
		t.Errorf("embeddings are answered with %d", status)
	}
}

// streamOf is a streamed request of one user turn.
func streamOf(dialect, prompt string) *http.Request {
	target, body := turnOf(dialect, prompt, map[bool]string{true: "", false: `"stream":true`}[dialect == "gemini"])
	target = strings.Replace(target, ":generateContent", ":streamGenerateContent?alt=sse", 1)
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Anthropic-Version", "2023-06-01")
	return r
}

func TestBrokenStreams(t *testing.T) {
	for _, c := range []struct {
		prompt string
		words  int
		torn   bool
		marker map[string]string // what the vendor's error event holds
	}{
		{"cut after 3 words", 3, true, nil},
		{"cut before content", 0, true, nil},
		{"error after 2 words", 2, false, map[string]string{
			"chat": `"error":{`, "responses": "response.failed", "anthropic": "event: error", "gemini": `"error":{"code":503`,
		}},
	} {
		for _, d := range dialects {
			response, err := New(Options{}).RoundTrip(streamOf(d, c.prompt))
			if err != nil {
				if c.words == 0 && d == "gemini" {
					continue // Google writes nothing before the content
				}
				t.Fatal(err)
			}
			raw, err := io.ReadAll(response.Body)
			if torn := err == io.ErrUnexpectedEOF; torn != c.torn {
				t.Errorf("%s: %q ends with %v", d, c.prompt, err)
			}
			want := strings.Join([]string{"You", " said:", " cut"}[:min(c.words, 3)], "")
			if got := streamedText(string(raw)); got != want {
				t.Errorf("%s: %q streams %q, want %q", d, c.prompt, got, want)
			}
			if !strings.Contains(string(raw), c.marker[d]) {
				t.Errorf("%s: %q streams %s", d, c.prompt, raw)
			}
			for _, end := range []string{"[DONE]", "response.completed", "message_stop", "finishReason"} {
				if strings.Contains(string(raw), end) {
					t.Errorf("%s: %q ends with %s", d, c.prompt, end)
				}
			}
		}
	}
}

// streamedText joins the text of a stream of any dialect.
func streamedText(raw string) string {
	var b strings.Builder
	for _, line := range strings.Split(raw, "\n") {
		data := gjson.Parse(strings.TrimPrefix(strings.TrimSpace(line), "data: "))
		b.WriteString(data.Get("choices.0.delta.content").String() + data.Get("delta.text").String())
		if data.Get("type").String() == "response.output_text.delta" {
			b.WriteString(data.Get("delta").String())
		}
		b.WriteString(data.Get("candidates.0.content.parts.0.text").String())
	}
	return b.String()
}

func TestChunks(t *testing.T) {
	for _, d := range dialects {
		for prompt, want := range map[string]int{"one chunk": 1, "slow 1ms": 4, "many small chunks": len("You said: many small chunks")} {
			response, err := New(Options{}).RoundTrip(streamOf(d, prompt))
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := io.ReadAll(response.Body)
			n := 0
			for _, line := range strings.Split(string(raw), "\n") {
				if streamedText(line) != "" {
					n++
				}
			}
			if n != want || streamedText(string(raw)) != "You said: "+prompt {
				t.Errorf("%s: %q streams %d chunks: %q", d, prompt, n, streamedText(string(raw)))
			}
		}
	}
}

func TestGarbage(t *testing.T) {
	for _, d := range dialects {
		target, body := turnOf(d, "garbage", "")
		if _, _, answer := ask(t, New(Options{}), "POST", target, body); gjson.Valid(answer) {
			t.Errorf("%s answers %s", d, answer)
		}
		response, err := New(Options{}).RoundTrip(streamOf(d, "garbage"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(response.Body)
		lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
		if last := strings.TrimPrefix(lines[len(lines)-1], "data: "); err != nil || gjson.Valid(last) {
			t.Errorf("%s streams %v %s", d, err, raw)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, d := range dialects {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			response, err := New(Options{FirstByte: time.Second}).RoundTrip(streamOf(d, "wait 2s slow 50ms"))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadAll(response.Body)
			if took := time.Since(start); took != 2*time.Second+6*50*time.Millisecond {
				t.Errorf("%s takes %v", d, took)
			}
			start = time.Now()
			target, body := turnOf(d, "x", "")
			ask(t, New(Options{FirstByte: time.Second, Delay: 100 * time.Millisecond}), "POST", target, body)
			if took := time.Since(start); took != time.Second+300*time.Millisecond {
				t.Errorf("%s takes %v without a stream", d, took)
			}
		})
	}
}

func TestStall(t *testing.T) {
	for _, d := range dialects {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			response, err := New(Options{}).RoundTrip(streamOf(d, "stall after 2 words").WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(time.Hour, cancel)
			start := time.Now()
			raw, err := io.ReadAll(response.Body)
			if err == nil || time.Since(start) != time.Hour || streamedText(string(raw)) != "You said:" {
				t.Errorf("%s ends after %v with %v: %q", d, time.Since(start), err, raw)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	stops := map[string]string{"chat": `"stop":["said"]`, "anthropic": `"stop_sequences":["zzz","said"]`, "gemini": `"generationConfig":{"stopSequences":["said"]}`}
	for d, more := range stops {
		target, body := turnOf(d, "x", more)
		a := post(t, New(Options{}), target, body)
		if got := a.Get(textPath[d]).String(); got != "You " {
			t.Errorf("%s answers %q", d, got)
		}
		if d == "anthropic" && (a.Get("stop_reason").String() != "stop_sequence" || a.Get("stop_sequence").String() != "said") {
			t.Errorf("the message is %s", a.Raw)
		}
	}
	for d, c := range map[string][3]string{
		"chat":      {`"max_completion_tokens":2`, "choices.0.finish_reason", "length"},
		"responses": {`"max_output_tokens":16`, "incomplete_details.reason", "max_output_tokens"},
		"gemini":    {`"generationConfig":{"maxOutputTokens":2}`, "candidates.0.finishReason", "MAX_TOKENS"},
	} {
		target, body := turnOf(d, "long 20", c[0])
		a := post(t, New(Options{}), target, body)
		want := map[bool]int{true: 16, false: 2}[d == "responses"]
		if got := a.Get(c[1]).String(); got != c[2] || tokens(a.Get(textPath[d]).String()) != want {
			t.Errorf("%s answers %s", d, a.Raw)
		}
	}
	a := post(t, New(Options{}), "/v1/messages", `{"model":"demo","max_tokens":2,"messages":[{"role":"user","content":"long 9"}]}`)
	if a.Get("stop_reason").String() != "max_tokens" || a.Get("content.0.text").String() != "word1 word2" || a.Get("usage.output_tokens").Int() != 2 {
		t.Errorf("the message is %s", a.Raw)
	}
}

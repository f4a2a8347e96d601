package translate

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const docFile = "../docs/translation.md"

const docHead = `# Translation

What becomes of a request when the account that answers it speaks another dialect than the client, and of the answer on
its way back. This page is written by ` + "`go test ./translate -run TestTranslationDoc -update`" + ` from what the code
does: every row was translated to write it.

Between equal dialects nothing of this happens: the body is handed on byte for byte but for the model's name, foreign
signatures, max_tokens where OpenAI wants max_completion_tokens, and what the operator edits.

| Word | Means |
|---|---|
| carried | the upstream is told the same in its own words |
| approximated | the upstream is told something near it; a note says what |
| dropped | the upstream is not told, and nothing but convenience is lost; a note of level info |
| dropped, warned | the upstream is not told, and the answer may differ; a note of level warn, and a refusal in strict mode |
| refused | 400, with the member's path |
| … or …, by model | the upstream's models differ |

Notes are in the answer's header ` + "`X-Ai-Gateway-Notes`" + ` (warnings only, all with ` + "`notes all`" + `) and in the access log.
What an answer says that the client's dialect has no place for is noted as ` + "`answer.web_search`, `answer.image`" + ` and so on: of a whole
answer in both, of a stream, whose header is out by then, in the log.
` + "`caddy ai-gateway translate`" + ` shows them for a body of your own. Strict mode is ` + "`strict`" + ` in the configuration or the
request header ` + "`X-Ai-Gateway-Strict: 1`" + `.

What holds for every pair: tool names and call ids that the upstream would refuse are renamed and restored; JSON schemas
are rewritten to what the upstream takes, and what a schema cannot say moves into descriptions; results follow their calls
in order, missing ones are made up and marked as errors, repeated ones dropped, orphans turned into text, each with a
note; signatures and encrypted reasoning go back only to the family, and where it matters the account, that made them, and what
of them a client does not send back is remembered for an hour, for that client alone, and restored for the same model. What the
Responses API keeps between requests (` + "`store`, `previous_response_id`, `conversation`, `background`" + `, references to items) never
reaches an account of another dialect: it is the gateway's own affair.
`

// TestTranslationDoc checks that the page for users tells what the code does.
func TestTranslationDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString(docHead)
	for _, from := range benchDialects {
		writeRequests(t, &b, from)
	}
	writeStops(t, &b)
	writeAnswers(t, &b)
	if *update {
		if err := os.WriteFile(docFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Error("docs/translation.md is not what the code does any more: look at the change, then run the test with -update")
	}
}

var titles = map[ir.Dialect]string{
	ir.Chat: "Chat Completions", ir.Responses: "Responses", ir.Anthropic: "Messages", ir.Gemini: "Gemini",
}

// writeRequests writes the section of one client's dialect.
func writeRequests(t *testing.T, b *strings.Builder, from ir.Dialect) {
	fmt.Fprintf(b, "\n## A client of %s\n", titles[from])
	others := slices.DeleteFunc(slices.Clone(benchDialects), func(d ir.Dialect) bool { return d == from })
	all := probes(t, from)
	for _, part := range []string{"Options", "Tools", "Conversation"} {
		fmt.Fprintf(b, "\n| %s |", part)
		for _, to := range others {
			fmt.Fprintf(b, " to %s |", titles[to])
		}
		b.WriteString("\n|---|---|---|---|\n")
		for _, p := range all {
			if partOf(p.Path) != part || from == ir.Responses && slices.Contains(stateful, p.Path) {
				continue
			}
			fmt.Fprintf(b, "| `%s` |", p.Path)
			for _, to := range others {
				fmt.Fprintf(b, " %s |", cell(t, &p, from, to))
			}
			b.WriteByte('\n')
		}
	}
}

func partOf(path string) string {
	switch {
	case strings.HasPrefix(path, "tool"), strings.HasPrefix(path, "mcp_"), strings.HasPrefix(path, "function"), path == "parallel_tool_calls", path == "web_search_options":
		return "Tools"
	case strings.HasPrefix(path, "messages"), strings.HasPrefix(path, "input"), strings.HasPrefix(path, "contents"), strings.HasPrefix(path, "system"), path == "instructions":
		return "Conversation"
	default:
		return "Options"
	}
}

// cell is what becomes of a member at the models of a dialect.
func cell(t *testing.T, p *probe, from, to ir.Dialect) string {
	var words []string
	for _, model := range able[to] {
		v := p.observe(t, from, to, model)
		word := v.word(wholeTool(p.Path))
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words, " or ") + ", by model"
}

// stateful are members that the gateway answers for itself, so that they never
// reach an account of another dialect.
var stateful = []string{"store", "previous_response_id", "conversation", "background", "input<item_reference>"}

// places are what differs from request to request in a note's detail.
var places = regexp.MustCompile(`^\(?continue\)?$`)

func (v *verdict) word(inTool bool) string {
	var how []string
	dropped := 0
	for _, n := range v.notes {
		if n.Code == ir.CodeDrop {
			dropped++
		}
		if n.Detail != "" && !places.MatchString(n.Detail) && !slices.Contains(how, n.Detail) {
			how = append(how, n.Detail)
		}
	}
	detail := ""
	if len(how) > 0 {
		detail = " (" + strings.Join(how, "; ") + ")"
	}
	switch {
	case v.fate == FateRequired:
		return "refused"
	case v.fate == silent && inTool:
		return "dropped, warned"
	case v.fate == FateSemantic && dropped == len(v.notes):
		return "dropped, warned" + detail
	case v.fate == FateHint && dropped == len(v.notes):
		return "dropped" + detail
	case len(v.notes) > dropped:
		return "approximated" + detail
	default:
		return "carried"
	}
}

// writeStops writes how the reasons for which an answer ended are told.
func writeStops(t *testing.T, b *strings.Builder) {
	b.WriteString("\n## Why an answer ended\n\n| Reason |")
	for _, d := range benchDialects {
		fmt.Fprintf(b, " %s |", titles[d])
	}
	b.WriteString("\n|---|---|---|---|---|\n")
	for _, reason := range []ir.StopReason{
		ir.StopEnd, ir.StopSequence, ir.StopLength, ir.StopToolUse, ir.StopContentFilter, ir.StopRefusal, ir.StopRecitation,
		ir.StopPause, ir.StopContextWindow, ir.StopMalformedToolCall, ir.StopCompaction, ir.StopCancelled, ir.StopOther,
	} {
		fmt.Fprintf(b, "| %s |", strings.ReplaceAll(string(reason), "_", " "))
		for _, d := range benchDialects {
			fmt.Fprintf(b, " `%s` |", stopWord(t, d, reason))
		}
		b.WriteByte('\n')
	}
}

// stopWord is what a client reads for a reason.
func stopWord(t *testing.T, d ir.Dialect, reason ir.StopReason) string {
	part := ir.Part{Kind: ir.PartText, Text: "x"}
	if reason == ir.StopToolUse {
		part = ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c", Name: "f", Type: ir.TypeFunction, Args: ir.Args{Text: "{}"}}}
	}
	resp := &ir.Response{ID: "x", Model: "m", Usage: ir.NoUsage(), Candidates: []ir.Candidate{{Parts: []ir.Part{part}, Stop: ir.Stop{Reason: reason}}}}
	whole, _ := bothAnswers(t, d, resp)
	var got struct {
		Choices []struct {
			Finish string `json:"finish_reason"`
		}
		Status     string
		Incomplete struct{ Reason string } `json:"incomplete_details"`
		Stop       string                  `json:"stop_reason"`
		Candidates []struct{ FinishReason string }
	}
	if err := json.Unmarshal(whole, &got); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(got.Choices) > 0:
		return got.Choices[0].Finish
	case len(got.Candidates) > 0:
		return got.Candidates[0].FinishReason
	case got.Incomplete.Reason != "":
		return got.Status + " " + got.Incomplete.Reason
	case got.Status != "":
		return got.Status
	default:
		return got.Stop
	}
}

// writeAnswers lists what of an answer only clients of its own dialect read.
func writeAnswers(t *testing.T, b *strings.Builder) {
	b.WriteString("\n## Members of answers\n\nClients of other dialects read all of an answer but these members, for which they have no place (lost), or which tell them nothing that is not said elsewhere:\n\n")
	b.WriteString("| An upstream of | Lost | Not needed |\n|---|---|---|\n")
	for _, d := range benchDialects {
		fmt.Fprintf(b, "| %s | %s | %s |\n", titles[d], answerMembers(t, d, FateLost), answerMembers(t, d, FateKept))
	}
}

// answerMembers names the members of an answer of that fate, but for what
// stands below one of them.
func answerMembers(t *testing.T, d ir.Dialect, fate Fate) string {
	table, err := FieldsOf(d)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range table.List {
		parent := f.Path[:max(0, strings.LastIndexAny(f.Path, ".<"))]
		above, _ := table.Fate(f.Section, parent)
		if f.Section == SectionResponse && f.Fate == fate && above != FateKept && above != FateLost && !strings.HasSuffix(f.Path, "*") && !strings.HasSuffix(f.Path, "*>") {
			names = append(names, "`"+f.Path+"`")
		}
	}
	return strings.Join(names, ", ")
}

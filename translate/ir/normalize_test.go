package ir

import (
	"fmt"
	"strings"
	"testing"
)

// sketch writes turns in one line each: a role's first letter and its parts.
func sketch(turns []Turn) string {
	var lines []string
	for _, turn := range turns {
		var parts []string
		for _, p := range turn.Parts {
			switch p.Kind {
			case PartToolCall:
				parts = append(parts, "call "+p.Call.ID)
			case PartToolResult:
				text := ""
				for _, q := range p.Result.Parts {
					text += string(q.Text)
				}
				if p.Result.IsError {
					text = "error " + text
				}
				parts = append(parts, fmt.Sprintf("result %s of %s: %s", p.Result.CallID, p.Result.Name, text))
			default:
				parts = append(parts, p.Kind.String()+" "+string(p.Text))
			}
		}
		lines = append(lines, string(turn.Role[0])+"{"+strings.Join(parts, "; ")+"}")
	}
	return strings.Join(lines, " ")
}

func user(at int, parts ...Part) Turn      { return Turn{Role: RoleUser, Parts: parts, At: at} }
func assistant(at int, parts ...Part) Turn { return Turn{Role: RoleAssistant, Parts: parts, At: at} }
func text(s Text) Part                     { return Part{Kind: PartText, Text: s} }
func callPart(id string) Part {
	return Part{Kind: PartToolCall, Call: &ToolCall{ID: id, Name: "f" + id}}
}

func result(id string, s Text) Part {
	return Part{Kind: PartToolResult, Result: &ToolResult{CallID: id, Parts: []Part{text(s)}}}
}

func TestNormalize(t *testing.T) {
	for _, c := range []struct {
		name  string
		turns []Turn
		want  string
		notes string
	}{
		{"nothing to do", []Turn{user(0, text("a")), assistant(1, callPart("1")), user(2, result("1", "x"), text("b"))},
			"u{text a} a{call 1} u{result 1 of f1: x; text b}", ""},
		{"results come first, in call order", []Turn{assistant(0, callPart("1"), callPart("2")), user(1, text("b"), result("2", "y"), result("1", "x"))},
			"a{call 1; call 2} u{result 1 of f1: x; result 2 of f2: y; text b}", ""},
		{"a result behind another turn moves up", []Turn{assistant(0, callPart("1")), user(1, text("wait")), assistant(2, text("ok")), user(3, result("1", "x"))},
			"a{call 1} u{result 1 of f1: x; text wait} a{text ok}", ""},
		{"a result behind a system turn moves up", []Turn{assistant(0, callPart("1")), {Role: RoleSystem, Parts: []Part{text("s")}}, user(2, result("1", "x"))},
			"a{call 1} u{result 1 of f1: x} s{text s}", ""},
		{"a missing result is made up", []Turn{assistant(1, callPart("1")), user(2, text("b"))},
			"a{call 1} u{result 1 of f1: error " + MissingResult + "; text b}", "tool_result.synthesized:messages[1]"},
		{"also at the end", []Turn{user(0, text("a")), assistant(1, callPart("1"))},
			"u{text a} a{call 1} u{result 1 of f1: error " + MissingResult + "}", "tool_result.synthesized:messages[1]"},
		{"an orphan becomes text", []Turn{user(3, result("9", "x"))},
			"u{text [tool result 9]: x}", "tool_result.orphan:messages[3]"},
		{"of repeated results the last counts", []Turn{assistant(0, callPart("1")), user(1, result("1", "old")), assistant(2, text("ok")), user(3, result("1", "new"))},
			"a{call 1} u{result 1 of f1: new} a{text ok}", "tool_result.repeated:messages[0].content[0]"},
		{"repeated ids are told apart", []Turn{assistant(0, callPart("1")), user(1, result("1", "x")), assistant(2, callPart("1")), user(3, result("1", "y"))},
			"a{call 1} u{result 1 of f1: x} a{call 1_2} u{result 1_2 of f1: y}", ""},
		{"also within one turn", []Turn{assistant(0, callPart("1"), callPart("1")), user(1, result("1", "x"), result("1", "y"))},
			"a{call 1; call 1_2} u{result 1 of f1: x; result 1_2 of f1: y}", ""},
		{"empty text and turns go", []Turn{user(0, text("")), user(1, text("a"), text(""))}, "u{text a}", ""},
		{"thinking of a user goes", []Turn{user(0, Part{Kind: PartThinking, Text: "t"}, text("a"))}, "u{text a}", "drop:messages[0].content[0]"},
		{"a call of a user goes", []Turn{user(0, callPart("1"), text("a"))}, "u{text a}", "drop:messages[0].content[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Request{Dialect: Anthropic, Turns: c.turns}
			target := &Target{Notes: &Notes{}}
			Normalize(r, target)
			if got := sketch(r.Turns); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			var notes []string
			for _, n := range target.Notes.List() {
				notes = append(notes, n.Code+":"+n.Path)
			}
			if got := strings.Join(notes, " "); got != c.notes {
				t.Errorf("notes are %q, want %q", got, c.notes)
			}
			before := sketch(r.Turns)
			Normalize(r, &Target{Notes: &Notes{}})
			if again := sketch(r.Turns); again != before {
				t.Errorf("a second time gives %s", again)
			}
		})
	}
}

// TestNormalizeKeepsTheClients checks that another account finds the request as
// the client sent it.
func TestNormalizeKeepsTheClients(t *testing.T) {
	turns := []Turn{assistant(0, text(""), callPart("1"), callPart("1"), text("z")), user(1, text("b"), text(""), result("1", "x"))}
	before := sketch(turns)
	r := Request{Dialect: Chat, Turns: turns}
	Normalize(&r, &Target{Notes: &Notes{}})
	if after := sketch(turns); after != before {
		t.Errorf("the request became %s", after)
	}
}

func TestNormalizeDoesNotAllocate(t *testing.T) {
	r := &Request{Turns: []Turn{user(0, text("a")), assistant(1, callPart("1"), callPart("2")), user(2, result("1", "x"), result("2", "y"))}}
	target := &Target{Notes: &Notes{}}
	if n := testing.AllocsPerRun(100, func() { Normalize(r, target) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

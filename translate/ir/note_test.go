package ir

import (
	"strconv"
	"strings"
	"testing"
)

func TestNotesHeader(t *testing.T) {
	var n Notes
	if got := n.Header(true); got != "" {
		t.Errorf("no notes give %q", got)
	}
	n.Add(Note{Code: CodeDrop, Path: "logit_bias", Level: Warn})
	n.Add(Note{Code: CodeClamp, Path: "temperature", Level: Warn, Detail: `1 "x" \ é` + "\n"})
	n.Add(Note{Code: CodeDrop, Path: "seed", Level: Info})
	n.Add(Note{Code: CodeDrop, Path: "logit_bias", Level: Warn})
	want := `drop;p="logit_bias", clamp;p="temperature";d="1 \"x\" \\ ??"`
	if got := n.Header(false); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := n.Header(true); got != want+`, drop;p="seed"` {
		t.Errorf("with info notes %s", got)
	}
	n.Reset()
	if len(n.List()) != 0 {
		t.Error("Reset left notes")
	}
}

func TestNotesHeaderIsBounded(t *testing.T) {
	var n Notes
	for i := range 50 {
		n.Add(Note{Code: CodeDrop, Path: "field" + strconv.Itoa(i), Level: Warn})
	}
	got := n.Header(false)
	if entries := strings.Split(got, ", "); len(entries) != 21 || entries[20] != "more;n=30" {
		t.Errorf("%d entries: %s", len(entries), got)
	}
	n.Reset()
	for i := range 10 {
		n.Add(Note{Code: CodeDrop, Path: strings.Repeat("x", 300) + strconv.Itoa(i), Level: Warn})
	}
	if got := n.Header(false); len(got) > maxHeaderBytes+20 || !strings.HasSuffix(got, "more;n=7") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestLose(t *testing.T) {
	for _, c := range []struct {
		class  Class
		strict bool
		fails  bool
		level  Level
	}{
		{Hint, false, false, Info}, {Hint, true, false, Info}, {Semantic, false, false, Warn},
		{Semantic, true, true, 0}, {Required, false, true, 0}, {Required, true, true, 0},
	} {
		target := Target{Strict: c.strict, Notes: &Notes{}}
		err := target.Lose(c.class, CodeDrop, "n", "")
		if (err != nil) != c.fails {
			t.Errorf("class %d, strict %t: %v", c.class, c.strict, err)
		}
		if err == nil && (len(target.Notes.List()) != 1 || target.Notes.List()[0].Level != c.level) {
			t.Errorf("class %d: notes are %v", c.class, target.Notes.List())
		}
		if err != nil && (err.(*Error).Param != "n" || err.(*Error).Status != 400) {
			t.Errorf("class %d: error is %+v", c.class, err)
		}
	}
}

// TestNotesAreBounded adds more notes than are kept: hints leave room for
// warnings, and what is not kept is counted.
func TestNotesAreBounded(t *testing.T) {
	var n Notes
	for i := range 1000 {
		n.Add(Note{Code: CodeDrop, Path: "a" + strconv.Itoa(i)})
	}
	for i := range 1000 {
		n.Add(Note{Code: CodeDrop, Path: "b" + strconv.Itoa(i), Level: Warn})
	}
	if got := len(n.List()); got != maxNotes || n.More() != 2000-maxNotes {
		t.Errorf("%d are kept and %d counted", got, n.More())
	}
	if first := n.List()[maxInfos]; first.Path != "b0" {
		t.Errorf("the first warning is %+v", first)
	}
	if header := n.Header(false); !strings.HasSuffix(header, "more;n="+strconv.Itoa(n.More()+maxNotes-maxInfos-20)) {
		t.Errorf("the header is %s", header)
	}
	n.Reset()
	if n.Add(Note{Code: CodeDrop, Path: "x"}); len(n.List()) != 1 || n.More() != 0 {
		t.Errorf("after a reset there are %+v", n)
	}
}

// TestNotesLevel tells of a loss twice: what matters more counts.
func TestNotesLevel(t *testing.T) {
	for _, levels := range [][]Level{{Info, Warn}, {Warn, Info}} {
		var n Notes
		for _, l := range levels {
			n.Add(Note{Code: CodeDrop, Path: "a", Level: l})
		}
		if list := n.List(); len(list) != 1 || list[0].Level != Warn || n.infos != 0 {
			t.Errorf("%v: got %v, %d infos", levels, list, n.infos)
		}
	}
}

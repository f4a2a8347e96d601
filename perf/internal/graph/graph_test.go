package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestSVG(t *testing.T) {
	g := Graph{Title: "Cost & size", X: "accounts", Y: "ms", Series: []Series{
		{Name: "plain", Points: []Point{{10, 2}, {100, 20}}},
		{Name: "gate<way>", Points: []Point{{10, 3}, {1000, 0.5}}},
	}}
	svg := string(g.SVG())
	reader := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := reader.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
	}
	for _, want := range []string{
		"Cost &amp; size", ">accounts<", ">ms<", "gate&lt;way&gt;", ">1k<", ">0.1<", "prefers-color-scheme: dark",
		"M64.0 247.9L", // 10 is at the left edge, 2 is 1.3 of 3 decades up
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in\n%s", want, svg)
		}
	}
}

func TestLegendWraps(t *testing.T) {
	g := Graph{Series: []Series{{Name: strings.Repeat("a", 50)}, {Name: strings.Repeat("b", 50)}, {Name: "c"}}}
	var b bytes.Buffer
	if bottom := g.legend(&b); bottom != head+line/2+line {
		t.Errorf("the last line is at %d:\n%s", bottom, b.String())
	}
}

func TestAxisIsLogarithmic(t *testing.T) {
	a := newAxis([]float64{1, 900}, 100, 400)
	for v, want := range map[float64]float64{1: 100, 10: 200, 100: 300, 1000: 400} {
		if got := a.at(v); got < want-0.01 || got > want+0.01 {
			t.Errorf("%g is at %g, want %g", v, got, want)
		}
	}
}

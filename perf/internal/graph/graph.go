// Package graph draws lines of cost against size as SVG, on two logarithmic
// axes, where what grows linearly rises by one decade in one decade.
package graph

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// Point is one measurement. Both values are positive.
type Point struct{ X, Y float64 }

// Series is a line through points that are ordered by X.
type Series struct {
	Name   string
	Points []Point
}

// Graph is lines with what they mean.
type Graph struct {
	Title, X, Y string // Y is a unit
	Series      []Series
}

const (
	width                     = 720
	left, right, head, bottom = 64, 24, 28, 48
	plot                      = 300 // height of the lines' ground
	line                      = 20  // height of a line of the legend
)

// style is readable on light and on dark ground.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.c0 { stroke: #6e7781 } .c1 { stroke: #0969da } .c2 { stroke: #bc4c00 } .c3 { stroke: #1a7f37 } .c4 { stroke: #8250df } .c5 { stroke: #bf3989 }
.d { stroke-width: 6; stroke-linecap: round }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #30363d }
.c0 { stroke: #9ea7b3 } .c1 { stroke: #58a6ff } .c2 { stroke: #f0883e } .c3 { stroke: #3fb950 } .c4 { stroke: #bc8cff } .c5 { stroke: #f778ba }
}
</style>
`

const colours = 6

// axis maps values to pixels over whole decades.
type axis struct {
	low, high float64 // exponents of ten
	from, to  float64 // pixels
}

func newAxis(values []float64, from, to float64) axis {
	a := axis{math.Inf(1), math.Inf(-1), from, to}
	for _, v := range values {
		a.low, a.high = min(a.low, math.Floor(math.Log10(v))), max(a.high, math.Ceil(math.Log10(v)))
	}
	a.high = max(a.high, a.low+1)
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (math.Log10(v)-a.low)/(a.high-a.low)*(a.to-a.from)
}

// SVG is the graph as a file.
func (g *Graph) SVG() []byte {
	var xs, ys []float64
	for _, s := range g.Series {
		for _, p := range s.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	var legend, b bytes.Buffer
	top := g.legend(&legend) + 2*line
	height := top + plot + bottom
	x, y := newAxis(xs, left, width-right), newAxis(ys, float64(top+plot), float64(top))
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", width, height, html.EscapeString(g.Title))
	b.WriteString(style)
	fmt.Fprintf(&b, "<text class=\"title\" x=\"%d\" y=\"20\">%s</text>\n", left, html.EscapeString(g.Title))
	b.Write(legend.Bytes())
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (left+width-right)/2, height-8, html.EscapeString(g.X))
	fmt.Fprintf(&b, "<text x=\"8\" y=\"%d\">%s</text>\n", top-10, html.EscapeString(g.Y))
	for e := x.low; e <= x.high; e++ {
		at := x.at(math.Pow(10, e))
		fmt.Fprintf(&b, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", at, top, top+plot, at, top+plot+18, decade(e))
	}
	for e := y.low; e <= y.high; e++ {
		at := y.at(math.Pow(10, e))
		fmt.Fprintf(&b, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left, at, width-right, left-8, at+4, decade(e))
	}
	for i, s := range g.Series {
		s.draw(&b, colour(i), x, y)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// legend writes the names of the series, in as many lines as they need, and
// returns where the last one stands.
func (g *Graph) legend(b *bytes.Buffer) (bottom int) {
	x, y := left, head+line/2
	for i, s := range g.Series {
		wide := 44 + 7*len(s.Name)
		if x > left && x+wide > width {
			x, y = left, y+line
		}
		fmt.Fprintf(b, "<path class=\"line %s\" d=\"M%d %dh18\"/><text x=\"%d\" y=\"%d\">%s</text>\n", colour(i), x, y, x+24, y+4, html.EscapeString(s.Name))
		x += wide
	}
	return y
}

func colour(i int) string { return fmt.Sprintf("c%d", i%colours) }

// draw writes the line and a dot for each point.
func (s *Series) draw(b *bytes.Buffer, colour string, x, y axis) {
	fmt.Fprintf(b, "<path class=\"line %s\" d=\"", colour)
	for i, p := range s.Points {
		fmt.Fprintf(b, "%c%.1f %.1f", "ML"[min(i, 1)], x.at(p.X), y.at(p.Y))
	}
	b.WriteString("\"/>\n")
	for _, p := range s.Points {
		fmt.Fprintf(b, "<path class=\"line d %s\" d=\"M%.1f %.1fh0\"><title>%s: %g, %.4g</title></path>\n", colour, x.at(p.X), y.at(p.Y), html.EscapeString(s.Name), p.X, p.Y)
	}
}

// decade is a power of ten as people write it.
func decade(e float64) string {
	switch {
	case e >= 9:
		return fmt.Sprintf("%.0fG", math.Pow(10, e-9))
	case e >= 6:
		return fmt.Sprintf("%.0fM", math.Pow(10, e-6))
	case e >= 3:
		return fmt.Sprintf("%.0fk", math.Pow(10, e-3))
	}
	return fmt.Sprintf("%g", math.Pow(10, e))
}

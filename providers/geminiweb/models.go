package geminiweb

import (
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// Profile is a form of requests, by how the model is chosen.
type Profile string

// The profiles. The app of August 2026 chooses by a mode; that of April 2026 by the model's id in a header.
const (
	ByMode Profile = "mode"
	ByID   Profile = "id"
)

// Choice is how the app is told which model is to answer.
type Choice struct {
	ID       string `json:"id,omitempty"`       // 16 hex digits
	Capacity int    `json:"capacity,omitempty"` // of the account
	Late     bool   `json:"late,omitempty"`     // the capacity stands in the 13th field
	Mode     int    `json:"mode,omitempty"`     // 1 Flash, 3 Pro, 6 Flash-Lite
	Thinking bool   `json:"thinking,omitempty"` // think longer whatever the client says
}

// The modes.
const (
	modeFlash = 1
	modePro   = 3
	modeLite  = 6
)

// table are the models that are known. What stands behind a name moves with the app.
var table = map[string]Choice{
	"gemini-3.6-flash":      {Mode: modeFlash, ID: "fbb127bbb056c959", Capacity: 1},
	"gemini-3.1-pro":        {Mode: modePro, ID: "9d8ca3786ebdfbea", Capacity: 1},
	"gemini-3.5-flash-lite": {Mode: modeLite},

	"gemini-3-pro":                     {Mode: modePro, ID: "9d8ca3786ebdfbea", Capacity: 1},
	"gemini-3-flash":                   {Mode: modeFlash, ID: "fbb127bbb056c959", Capacity: 1},
	"gemini-3-flash-thinking":          {Mode: modeFlash, ID: "5bf011840784117a", Capacity: 1, Thinking: true},
	"gemini-3-pro-plus":                {Mode: modePro, ID: "e6fa609c3fa255c0", Capacity: 4},
	"gemini-3-pro-advanced":            {Mode: modePro, ID: "e6fa609c3fa255c0", Capacity: 2},
	"gemini-3-flash-plus":              {Mode: modeFlash, ID: "56fdd199312815e2", Capacity: 4},
	"gemini-3-flash-advanced":          {Mode: modeFlash, ID: "56fdd199312815e2", Capacity: 2},
	"gemini-3-flash-thinking-plus":     {Mode: modeFlash, ID: "e051ce1aa80aa576", Capacity: 4, Thinking: true},
	"gemini-3-flash-thinking-advanced": {Mode: modeFlash, ID: "e051ce1aa80aa576", Capacity: 2, Thinking: true},
}

// aliases are names of models that the app had before.
var aliases = map[string]string{
	"gemini-2.0-flash": "gemini-3.6-flash", "gemini-2.5-flash": "gemini-3.6-flash", "gemini-3.5-flash": "gemini-3.6-flash",
	"gemini-2.5-pro": "gemini-3.1-pro", "gemini-3.0-pro": "gemini-3.1-pro", "gemini-3-pro-preview": "gemini-3.1-pro",
	"gemini-3-flash-preview": "gemini-3.6-flash", "gemini-2.5-flash-lite": "gemini-3.5-flash-lite",
}

// Names are all names that are known without asking the app, sorted.
func Names() []string {
	names := slices.Collect(maps.Keys(table))
	names = slices.AppendSeq(names, maps.Keys(aliases))
	for _, name := range []string{"gemini-3.6-flash", "gemini-3.1-pro", "gemini-2.5-flash", "gemini-2.5-pro"} {
		names = append(names, name+thinkingEnd)
	}
	slices.Sort(names)
	return names
}

const thinkingEnd = "-thinking"

// offered is a model that the app offers the account.
type offered struct {
	id, name, about, label string
	choice                 Choice
}

// readModels reads the list of models and what the account's tier means for them.
func readModels(body gjson.Result) []offered {
	capacity, late := tierOf(numbers(geminiweb.At(body, 16)), numbers(geminiweb.At(body, 17)))
	var list []offered
	geminiweb.At(body, 15).ForEach(func(_, m gjson.Result) bool {
		o := offered{id: geminiweb.At(m, 0).String(), name: geminiweb.At(m, 1).String(), about: geminiweb.At(m, 2).String()}
		if items := m.Array(); len(items) > 0 && items[len(items)-1].Type == gjson.String {
			o.label = items[len(items)-1].Str
		}
		if !isID(o.id) {
			return true
		}
		o.choice = Choice{ID: o.id, Capacity: capacity, Late: late, Mode: int(geminiweb.At(m, 17).Int())}
		if o.choice.Mode == 0 {
			o.choice.Mode = family(o.name + " " + o.about)
		}
		list = append(list, o)
		return len(list) < 100
	})
	return list
}

func isID(s string) bool {
	return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

func numbers(v gjson.Result) (list []int64) {
	v.ForEach(func(_, n gjson.Result) bool {
		if n.IsArray() {
			list = append(list, numbers(n)...)
		} else {
			list = append(list, n.Int())
		}
		return len(list) < 1000
	})
	return list
}

// tierOf returns the capacity that an account's tier and abilities mean, and whether it stands in the 13th field.
func tierOf(tiers, abilities []int64) (capacity int, late bool) {
	has := func(list []int64, n int64) bool { return slices.Contains(list, n) }
	switch {
	case has(tiers, 21):
		return 1, true
	case has(tiers, 22):
		return 2, true
	case has(abilities, 115):
		return 4, false
	case has(tiers, 16), has(abilities, 106):
		return 3, false
	case has(tiers, 8), has(abilities, 19):
		return 2, false
	}
	return 1, false
}

// family tells a model's mode by how it is described.
func family(about string) int {
	about = strings.ToLower(about)
	switch {
	case strings.Contains(about, "thinking"):
		return modeFlash
	case strings.Contains(about, "pro"):
		return modePro
	case strings.Contains(about, "lite"):
		return modeLite
	}
	return modeFlash
}

// choose finds how the app is told of a model: what the operator says, what the app offers, what is known. A model that
// nobody knows is never replaced by another.
func (s *Session) choose(name string) (Choice, *problem) {
	if c, ok := s.Models[name]; ok {
		return s.offeredAs(c), nil
	}
	s.state.mu.Lock()
	models := s.state.models
	s.state.mu.Unlock()
	for _, o := range models {
		if name == o.id || strings.EqualFold(name, o.name) || o.label != "" && strings.EqualFold(name, o.label) || slug(name) == slug("gemini "+o.name) {
			return o.choice, nil
		}
	}
	base, thinks := name, false
	if _, ok := table[name]; !ok {
		base, thinks = strings.CutSuffix(name, thinkingEnd)
	}
	if to, ok := aliases[base]; ok {
		base = to
	}
	c, ok := table[base]
	if !ok || s.Profile == ByID && c.ID == "" {
		return c, &problem{
			status: 404, kind: kindNotFound, code: "model_not_found",
			message: "the web app has no such model; name it with the account's option web_models",
		}
	}
	c.Thinking = c.Thinking || thinks
	if strings.HasSuffix(base, "-plus") || strings.HasSuffix(base, "-advanced") {
		return c, nil
	}
	return s.offeredAs(c), nil
}

// offeredAs puts the id and the capacity in that the app itself names for the mode.
func (s *Session) offeredAs(c Choice) Choice {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, o := range s.state.models {
		if s.Profile == ByMode && c.Mode != 0 && o.choice.Mode == c.Mode && !strings.Contains(strings.ToLower(o.name), "thinking") {
			c.ID, c.Capacity, c.Late = o.choice.ID, o.choice.Capacity, o.choice.Late
			return c
		}
	}
	return c
}

func slug(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }), "-")
}

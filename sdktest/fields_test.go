package sdktest

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// vendorTypes are the Go types by which the vendors' SDKs know what stands on
// the wire.
var vendorTypes = []struct {
	dialect ir.Dialect
	section string
	roots   []any
	wire    func(string) string // path on the wire
}{
	{ir.Chat, translate.SectionRequest, []any{openai.ChatCompletionNewParams{}}, nil},
	{ir.Chat, translate.SectionResponse, []any{openai.ChatCompletion{}}, nil},
	{ir.Chat, translate.SectionStream, []any{openai.ChatCompletionChunk{}}, nil},
	{ir.Responses, translate.SectionRequest, []any{responses.ResponseNewParams{}}, nil},
	{ir.Responses, translate.SectionResponse, []any{responses.Response{}}, nil},
	{ir.Responses, translate.SectionStream, []any{responses.ResponseStreamEventUnion{}}, nil},
	{ir.Anthropic, translate.SectionRequest, []any{anthropic.MessageNewParams{}, anthropic.BetaMessageNewParams{}}, nil},
	{ir.Anthropic, translate.SectionResponse, []any{anthropic.Message{}, anthropic.BetaMessage{}}, nil},
	{ir.Anthropic, translate.SectionStream, []any{anthropic.MessageStreamEventUnion{}, anthropic.BetaRawMessageStreamEventUnion{}}, nil},
	{ir.Gemini, translate.SectionRequest, []any{genai.GenerateContentConfig{}, genai.Content{}}, geminiPath},
	{ir.Gemini, translate.SectionResponse, []any{genai.GenerateContentResponse{}}, nil},
}

// beyond are members that the tables name though no SDK's type does, each with
// where it comes from. A path stands for all below it as well.
var beyond = map[ir.Dialect]map[string]string{
	ir.Chat: {
		"stream": "the SDK sets it by the method that is called",
		"top_k":  "an extension of vLLM and OpenRouter",
	},
	ir.Responses: {
		"stream":                "the SDK sets it by the method that is called",
		"input<item_reference>": "its type may be left out, so the SDK has no constant for it",
		"input<computer_call>":  "the SDK has no constant for its type",
		"tools<web_search>":     "its type has several values, so the SDK has no constant for it",
	},
	ir.Anthropic: {
		"stream":           "the SDK sets it by the method that is called",
		"thread":           "of the beta message-threads-2026-08-12, which the SDK for TypeScript uses from 1.0 on",
		"tools<custom>":    "its type may be left out, so the SDK has no constant for it",
		"messages<system>": "roles are no types",
	},
	ir.Gemini: {
		"contents":         "an argument of the method, not of its configuration",
		"generationConfig": "the SDK's configuration is flat",
	},
}

// geminiPath puts a member of the SDK's flat configuration where it stands on
// the wire.
func geminiPath(path string) string {
	top, _, _ := strings.Cut(path, ".")
	switch top {
	case "parts", "role":
		return "contents." + path
	case "systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent", "labels", "serviceTier", "store", "modelArmorConfig", "httpOptions":
		return path
	}
	return "generationConfig." + path
}

// TestFields fails when a vendor's SDK knows a member, or a kind of an object,
// that the gateway's tables do not name: an update of an SDK shows what is new.
func TestFields(t *testing.T) {
	found := map[ir.Dialect]map[string]bool{}
	for _, v := range vendorTypes {
		table, err := translate.FieldsOf(v.dialect)
		if err != nil {
			t.Fatal(err)
		}
		w := walker{paths: map[string]bool{}}
		for _, root := range v.roots {
			w.walk("", reflect.TypeOf(root), nil)
		}
		if len(w.paths) < 50 {
			t.Errorf("%s %s: only %d members were found", v.dialect, v.section, len(w.paths))
		}
		if found[v.dialect] == nil {
			found[v.dialect] = map[string]bool{}
		}
		for path := range w.paths {
			if v.wire != nil {
				path = v.wire(path)
			}
			found[v.dialect][v.section+" "+path] = true
			if _, ok := table.Fate(v.section, path); !ok {
				t.Errorf("%s: the table's [%s] does not name %s", v.dialect, v.section, path)
			}
		}
	}
	checkStale(t, found)
}

// checkStale fails for members that a table names though no SDK does.
func checkStale(t *testing.T, found map[ir.Dialect]map[string]bool) {
	needed := map[string]bool{}
	for d, paths := range found {
		table, err := translate.FieldsOf(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range table.List {
			path := strings.TrimSuffix(strings.TrimSuffix(f.Path, ".*"), "<*>")
			if paths[f.Section+" "+path] {
				continue
			}
			if beyond[d][path] == "" && beyond[d][outer(path)] == "" {
				t.Errorf("%s: the table's [%s] names %s, which the SDK does not know", d, f.Section, f.Path)
			}
			needed[string(d)+path], needed[string(d)+outer(path)] = true, true
		}
		for path := range beyond[d] {
			if !needed[string(d)+path] {
				t.Errorf("%s: %s is excused without need", d, path)
			}
		}
	}
}

// outer returns the first name of a path.
func outer(path string) string {
	if i := strings.IndexAny(path, ".<"); i > 0 {
		return path[:i]
	}
	return path
}

// walker collects the paths of all members below a type. Variants of a union
// share their path and add their kind in angle brackets.
type walker struct{ paths map[string]bool }

// internal are the packages of types that hold no members of the wire.
var internal = regexp.MustCompile(`^time$|/packages/respjson$`)

func (w *walker) walk(path string, x reflect.Type, stack []reflect.Type) {
	for x.Kind() == reflect.Pointer || x.Kind() == reflect.Slice || x.Kind() == reflect.Map {
		x = x.Elem()
	}
	if x.Kind() != reflect.Struct || internal.MatchString(x.PkgPath()) || slices.Contains(stack, x) {
		return
	}
	if strings.HasSuffix(x.PkgPath(), "/packages/param") { // an optional value
		if f, ok := x.FieldByName("Value"); ok {
			w.walk(path, f.Type, stack)
		}
		return
	}
	stack = append(stack[:len(stack):len(stack)], x)
	if kind := kindOf(x); kind != "" && path != "" {
		w.paths[path+"<"+kind+">"] = true
	}
	for i := range x.NumMethod() { // a union in an answer gives its variants by methods
		m := x.Method(i).Type
		if strings.HasPrefix(x.Method(i).Name, "As") && m.NumIn() == 1 && m.NumOut() == 1 && m.Out(0).Kind() == reflect.Struct {
			w.walk(path, m.Out(0), stack)
		}
	}
	for i := range x.NumField() {
		w.member(path, x.Field(i), stack)
	}
}

func (w *walker) member(path string, f reflect.StructField, stack []reflect.Type) {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() && !f.Anonymous, f.Name == "JSON", name == "-":
	case name == "":
		if f.Anonymous || strings.HasPrefix(f.Name, "Of") { // a union in a request holds its variants
			w.walk(path, f.Type, stack)
		}
	default:
		if path != "" {
			name = path + "." + name
		}
		w.paths[name] = true
		w.walk(name, f.Type, stack)
	}
}

// kindOf returns the constant that the type, or the role, of an object has.
func kindOf(x reflect.Type) string {
	for _, name := range []string{"Type", "Role"} {
		f, ok := x.FieldByName(name)
		if !ok {
			continue
		}
		if m := reflect.Zero(f.Type).MethodByName("Default"); m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1 {
			return m.Call(nil)[0].String()
		}
	}
	return ""
}

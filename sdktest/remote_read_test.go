package sdktest

import (
	"sort"

	"github.com/tidwall/gjson"
)

// resultsSent reads which city each result in an upstream's request belongs to, in the order of the calls.
func resultsSent(dialect string, body []byte) []string {
	var calls, results []pairing
	add := func(list *[]pairing, id, text string) { *list = append(*list, pairing{id, text}) }
	doc := gjson.ParseBytes(body)
	switch dialect {
	case "chat":
		for _, m := range doc.Get("messages").Array() {
			for _, k := range m.Get("tool_calls").Array() {
				add(&calls, k.Get("id").String(), gjson.Get(k.Get("function.arguments").String(), "city").String())
			}
			if m.Get("role").String() == "tool" {
				add(&results, m.Get("tool_call_id").String(), textOf(m.Get("content")))
			}
		}
	case "responses":
		for _, item := range doc.Get("input").Array() {
			switch item.Get("type").String() {
			case "function_call":
				add(&calls, item.Get("call_id").String(), gjson.Get(item.Get("arguments").String(), "city").String())
			case "function_call_output":
				add(&results, item.Get("call_id").String(), textOf(item.Get("output")))
			}
		}
	case "anthropic":
		for _, b := range doc.Get("messages.#.content|@flatten").Array() {
			switch b.Get("type").String() {
			case "tool_use":
				add(&calls, b.Get("id").String(), b.Get("input.city").String())
			case "tool_result":
				add(&results, b.Get("tool_use_id").String(), textOf(b.Get("content")))
			}
		}
	case "gemini":
		for _, p := range doc.Get("contents.#.parts|@flatten").Array() {
			if k := p.Get("functionCall"); k.Exists() {
				add(&calls, k.Get("id").String(), k.Get("args.city").String())
			}
			if f := p.Get("functionResponse"); f.Exists() {
				add(&results, f.Get("id").String(), f.Get("response.output").String())
			}
		}
	}
	return matched(calls, results)
}

// pairing is a call or a result: its id and what tells it from others.
type pairing struct{ id, text string }

func matched(calls, results []pairing) []string {
	order := map[string]int{}
	for i, k := range calls {
		order[k.id] = i
	}
	if len(order) == len(calls) {
		sort.SliceStable(results, func(i, j int) bool { return order[results[i].id] < order[results[j].id] })
	}
	var all []string
	for i, r := range results {
		if i < len(calls) {
			all = append(all, calls[i].text+"="+r.text)
		}
	}
	return all
}

// textOf is a text that may be a list of parts.
func textOf(v gjson.Result) string {
	if v.IsArray() {
		return v.Get("0.text").String()
	}
	return v.String()
}

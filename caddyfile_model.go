package aigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// modelOptions are the options of the block `model`.
func modelOptions() options[Model] {
	return options[Model]{
		"as":       {form: "as <upstream model>", parse: parseAs},
		"accounts": {form: "accounts <pattern...>", parse: setList(func(m *Model) *[]string { return &m.Accounts })},
		"fallback": {form: "fallback <model...>", parse: setList(func(m *Model) *[]string { return &m.Fallback })},
		"default": {form: "default [<dialect>] <path> <json>", many: true,
			parse: edit(true, func(m *Model) *[]Edit { return &m.Default })},
		"override": {form: "override [<dialect>] <path> <json>", many: true,
			parse: edit(true, func(m *Model) *[]Edit { return &m.Override })},
		"remove": {form: "remove [<dialect>] <path>", many: true,
			parse: edit(false, func(m *Model) *[]Edit { return &m.Remove })},
		"strict": {form: "strict", parse: setFlag(func(m *Model) *bool { return &m.Strict })},

		"price":     {form: "price <in> <out> [<cache read> [<cache write>]]", parse: parsePrice},
		"intercept": {form: interceptForm, parse: setIntercept(func(m *Model) *[]string { return &m.Intercept })},

		"instructions_default": {form: "instructions_default <text>", parse: parseInstructions},
	}
}

func parseModel(d *caddyfile.Dispenser, h *Handler) error {
	model := new(Model)
	if !d.AllArgs(&model.Pattern) || model.Pattern == "" {
		return errForm
	}
	for _, other := range h.Models {
		if other.Pattern == model.Pattern {
			return fmt.Errorf("%q is defined twice", model.Pattern)
		}
	}
	h.Models = append(h.Models, model)
	return modelOptions().parseBlock(d, model, "model")
}

func parseAs(d *caddyfile.Dispenser, m *Model) error {
	if !d.AllArgs(&m.As) || m.As == "" {
		return errForm
	}
	if isGlob(m.As) {
		return fmt.Errorf("%q must be one model's name", m.As)
	}
	return nil
}

func parseInstructions(d *caddyfile.Dispenser, m *Model) error {
	if !d.AllArgs(&m.InstructionsDefault) || m.InstructionsDefault == "" {
		return errForm
	}
	return nil
}

// edit is the parse function of default, override and remove.
func edit(withValue bool, field func(*Model) *[]Edit) func(*caddyfile.Dispenser, *Model) error {
	return func(d *caddyfile.Dispenser, m *Model) error {
		args := d.RemainingArgs()
		var e Edit
		if withValue {
			if len(args) < 2 {
				return errForm
			}
			e.Value = json.RawMessage(args[len(args)-1])
			args = args[:len(args)-1]
		}
		switch len(args) {
		case 1:
			e.Path = args[0]
		case 2:
			e.Dialect, e.Path = ir.Dialect(args[0]), args[1]
		default:
			return errForm
		}
		if err := e.check(); err != nil {
			return err
		}
		if withValue && !json.Valid(e.Value) {
			return fmt.Errorf("%s is not valid JSON; write it in backticks", e.Value)
		}
		if err := checkNumbers(e.Value); err != nil {
			return err
		}
		*field(m) = append(*field(m), e)
		return nil
	}
}

// checkNumbers refuses whole numbers that Caddy would round: it turns a Caddyfile into JSON by way of floats.
func checkNumbers(value json.RawMessage) error {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil // the end: the JSON has been found valid
		}
		number, ok := token.(json.Number)
		if !ok || strings.ContainsAny(number.String(), ".eE") {
			continue
		}
		if n, err := number.Int64(); err != nil || n > 1<<53 || n < -(1<<53) {
			return fmt.Errorf("%s is too big a number to stand in a Caddyfile; write the configuration in JSON", number)
		}
	}
}

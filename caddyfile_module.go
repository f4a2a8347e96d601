package aigateway

import (
	"encoding/json"
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/tidwall/gjson"
)

// registerDirective does what httpcaddyfile.RegisterHandlerDirective does, but for writing the handler's JSON a second
// time, see moduleObject: a handler can have thousands of accounts.
func registerDirective(name string) {
	httpcaddyfile.RegisterDirective(name, func(in httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
		if !in.Next() {
			return nil, in.ArgErr()
		}
		matchers, err := in.ExtractMatcherSet()
		if err != nil {
			return nil, err
		}
		handler, err := parseDirective(in)
		if err != nil {
			return nil, err
		}
		raw, err := moduleObject(handler, "handler", name)
		if err != nil {
			return nil, in.WrapErr(err)
		}
		route := caddyhttp.Route{HandlersRaw: []json.RawMessage{raw}}
		if matchers != nil {
			route.MatcherSetsRaw = []caddy.ModuleMap{matchers}
		}
		return []httpcaddyfile.ConfigValue{{Class: "route", Value: route}}, nil
	})
}

// moduleObject writes a module as a JSON object whose first member says which one it is. caddyconfig.JSONModuleObject
// means the same, but reads what it has written to put the member in, and writes it again: a tenth of the time that
// 1,000 accounts take.
func moduleObject(module any, key, name string) (json.RawMessage, error) {
	raw, err := json.Marshal(module)
	if err != nil {
		return nil, fmt.Errorf("writing module %s as JSON: %w", name, err)
	}
	first, err := json.Marshal(map[string]string{key: name})
	if err != nil {
		return nil, fmt.Errorf("writing the name of module %s as JSON: %w", name, err)
	}
	if len(raw) > len("{}") {
		first[len(first)-1] = ','
		first = append(first, raw[1:]...)
	}
	return first, nil
}

// loadModule loads a guest module whose name is a member of its JSON, as caddy.Context.LoadModule does, which makes a
// map of the JSON to take the member out, and JSON of the map.
func loadModule(ctx caddy.Context, namespace, key string, raw json.RawMessage) (any, error) {
	name, rest := "", []byte{'{'}
	gjson.ParseBytes(raw).ForEach(func(k, v gjson.Result) bool {
		if k.Str == key {
			name = v.Str
			return true
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(rest, k.Raw...)
		rest = append(rest, ':')
		rest = append(rest, v.Raw...)
		return true
	})
	if name == "" {
		return nil, fmt.Errorf("its member %q must name a module", key)
	}
	return ctx.LoadModuleByID(namespace+"."+name, append(rest, '}'))
}

package aigateway

import (
	"errors"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

// adminSiteOptions are the options of the directive's block.
func adminSiteOptions() options[AdminSite] {
	return options[AdminSite]{
		"key": {form: "key <name> <secret | sha256:hex>", many: true, parse: parseAdminKey},
	}
}

// parseAdminSite reads the directive `ai_gateway_admin`. Its path is no matcher: it stands for all that is below it.
func parseAdminSite(in httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	s := new(AdminSite)
	if admin, ok := in.Option("admin").(*caddy.AdminConfig); ok {
		s.Endpoint = admin.Listen
	}
	if err := s.UnmarshalCaddyfile(in.Dispenser); err != nil {
		return nil, err
	}
	return in.NewRoute(nil, s), nil
}

// UnmarshalCaddyfile sets up the admin API of a site from Caddyfile tokens. Syntax:
//
//	ai_gateway_admin <path> {
//		key <name> <secret | sha256:hex>
//	}
func (s *AdminSite) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	if !d.AllArgs(&s.Path) {
		return locate(d, errors.New("wrong arguments; expected: ai_gateway_admin <path> { key <name> <secret> }"))
	}
	if err := checkAdminPath(s.Path); err != nil {
		return locate(d, err)
	}
	if err := adminSiteOptions().parseBlock(d, s, "ai_gateway_admin"); err != nil {
		return err
	}
	if len(s.Keys) == 0 {
		return locate(d, errors.New("ai_gateway_admin has no key, so that nobody could use it; write key <name> <secret>"))
	}
	return nil
}

func parseAdminKey(d *caddyfile.Dispenser, s *AdminSite) error {
	key := new(AdminKey)
	err := parseSecret(d, &key.Name, &key.Secret, func(name string) bool {
		return slices.ContainsFunc(s.Keys, func(other *AdminKey) bool { return other.Name == name })
	})
	if err != nil {
		return err
	}
	s.Keys = append(s.Keys, key)
	return nil
}

// Interface guard
var _ caddyfile.Unmarshaler = (*AdminSite)(nil)

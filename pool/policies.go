package pool

import "github.com/caddyserver/caddy/v2"

func init() {
	caddy.RegisterModule(LeastLoad{})
	caddy.RegisterModule(Thompson{})
	caddy.RegisterModule(RoundRobin{})
	caddy.RegisterModule(Random{})
	caddy.RegisterModule(First{})
}

// moduleInfo describes the policy of that name to Caddy.
func moduleInfo(name string, make func() caddy.Module) caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: caddy.ModuleID(Namespace + "." + name), New: make}
}

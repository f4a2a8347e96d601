package aigateway

import (
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/metrics"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// gateways are those that run in this process. The admin API and the metrics read them: Caddy makes both before it
// makes the apps, and keeps no way from one to the other.
var gateways directory

// directory knows the running gateways of all generations of the configuration, the newest last.
type directory struct {
	mu   sync.Mutex
	list []running
}

func (d *directory) add(r running) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, r)
}

// remove forgets a gateway. Its requests may still be running.
func (d *directory) remove(r running) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = slices.DeleteFunc(d.list, func(other running) bool { return other.Gateway == r.Gateway })
}

// all returns the running gateways, those of the newest generation first. While a reload is on its way both
// generations have theirs.
func (d *directory) all() []running {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := slices.Clone(d.list)
	slices.Reverse(list)
	return list
}

// named returns the running gateways of different names, of each name the newest.
func (d *directory) named() []running {
	var list []running
	for _, r := range d.all() {
		if !slices.ContainsFunc(list, func(other running) bool { return other.Name == r.Name }) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b running) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// runningAccount is an account of a running gateway: how it fares, and how it is configured.
type runningAccount struct {
	*pool.Account
	settings *resolvedAccount
	gateway  running
}

// accounts returns the gateway's accounts in the order of its configuration, which is also that of the pool.
func (r running) accounts() []runningAccount {
	list := make([]runningAccount, 0, len(r.handler.accounts))
	for i, a := range r.Pool.Accounts() {
		list = append(list, runningAccount{a, &r.handler.accounts[i], r})
	}
	return list
}

// account returns the account of a name. One that several gateways have is that of the first.
func (d *directory) account(name string) (found runningAccount, ok bool) {
	for _, r := range d.named() {
		for i, a := range r.Pool.Accounts() {
			if a.Name == name {
				return runningAccount{a, &r.handler.accounts[i], r}, true
			}
		}
	}
	return found, false
}

// sources are what the metrics read at the time of a scrape.
func (d *directory) sources() []metrics.Source {
	var list []metrics.Source
	for _, r := range d.all() {
		list = append(list, metrics.Source{Gateway: r.Name, Pool: r.Pool, Keys: r.Keys})
	}
	return list
}

// tellCut logs how many requests the end of the process cuts off, each once: those of every gateway, and those on
// accounts that a reload has taken out of the configuration. Caddy has waited for them for its grace period.
func (d *directory) tellCut(logger *zap.Logger) {
	const message = "requests cut off: they did not end within the grace period"
	counted := make(map[*pool.State]bool)
	for _, r := range d.named() {
		cut := 0
		for _, a := range r.Pool.Accounts() {
			if !counted[a.State] {
				counted[a.State] = true
				cut += a.State.Snapshot().InUse
			}
		}
		if cut > 0 {
			r.handler.logger.Warn(message, zap.String("gateway", r.Name), zap.Int("requests", cut))
		}
	}
	// At the end the modules let go in any order: what has just been counted may be abandoned by now.
	if cut := pool.Abandoned(counted); cut > 0 {
		logger.Warn(message, zap.String("accounts", "no longer configured"), zap.Int("requests", cut))
	}
}

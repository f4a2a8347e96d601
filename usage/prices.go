package usage

import "strings"

// Prices are what models cost. They do not change and are safe for concurrent use.
type Prices struct {
	file map[string]*Price // before the built-in ones; nil if there is none
}

// BuiltInPrices are those of the table that comes with the program.
func BuiltInPrices() *Prices { return new(Prices) }

// Find returns the price of a model: what the file says of exactly this name, else what the table does, where a
// snapshot's date and the word preview or latest at the end of the name are ignored. It returns nil for a model whose
// price is not known.
func (p *Prices) Find(model string) *Price {
	model = strings.TrimPrefix(model, "models/")
	if price, ok := p.file[model]; ok {
		return price
	}
	for _, provider := range fileProviders {
		if p.file == nil {
			break
		}
		if price, ok := p.file[provider+model]; ok {
			return price
		}
	}
	name := model
	for {
		if price, ok := builtIn[name]; ok {
			return price
		}
		shorter, ok := cutVersion(name)
		if !ok {
			return nil
		}
		name = shorter
		if price, ok := p.file[name]; ok {
			return price
		}
	}
}

// cutVersion takes one part off the end of a model's name that tells a snapshot from another: -2026-03-05, -20260305,
// @20260305, -03-05, -09-2025, -001, -preview, -latest.
func cutVersion(name string) (string, bool) {
	at := strings.LastIndexAny(name, "-@")
	if at <= 0 {
		return name, false
	}
	switch last := name[at+1:]; {
	case last == "preview" || last == "latest":
		return name[:at], true
	case !digits(last):
		return name, false
	case len(last) == 8 || len(last) == 3:
		return name[:at], true
	case len(last) == 2: // -2026-03-05, -06-05
		if rest, ok := cutNumber(name[:at], 2); ok {
			short, _ := cutNumber(rest, 4)
			return short, true
		}
	case len(last) == 4: // -09-2025
		return cutNumber(name[:at], 2)
	}
	return name, false
}

// cutNumber takes a number of n digits and the dash before it off the end.
func cutNumber(name string, n int) (string, bool) {
	at := len(name) - n - 1
	if at <= 0 || name[at] != '-' || !digits(name[at+1:]) {
		return name, false
	}
	return name[:at], true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

package bench

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// scenario is a load with a name, and how the upstream must answer in it.
type scenario struct {
	name   string
	set    string // query for the upstream's /set
	stream bool
	size   string
	conns  int
	n      int
	warmup int
}

var scenarios = []scenario{
	{"one", "delay=0s&batch=1", false, "small", 1, 2000, 200},
	{"small", "delay=0s&batch=1", false, "small", 8, 12000, 500},
	{"large", "delay=0s&batch=1", false, "large", 8, 3000, 100},
	{"burst", "delay=0s&batch=20", true, "small", 8, 3000, 100},
	{"lburst", "delay=0s&batch=20", true, "large", 8, 2000, 50},
	{"paced", "delay=5ms&batch=1", true, "small", 64, 448, 0},
	{"idle", "delay=1s&batch=1", true, "small", 0, 0, 0},
}

// Use makes the load that of the named scenario, except for what was set on
// the command line (fs may be nil), and brings the upstream into its state.
func (l *Load) Use(name, upstream string, fs *flag.FlagSet) error {
	for _, s := range scenarios {
		if s.name != name {
			continue
		}
		given := map[string]bool{}
		if fs != nil {
			fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
		}
		l.Stream, l.Size = s.stream, s.size
		for flag, v := range map[string]struct {
			field *int
			value int
		}{"c": {&l.Conns, s.conns}, "n": {&l.N, s.n}, "warmup": {&l.Warmup, s.warmup}} {
			if !given[flag] {
				*v.field = v.value
			}
		}
		resp, err := http.Get(strings.TrimSuffix(upstream, "/") + "/set?" + s.set)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b, _ := io.ReadAll(resp.Body)
			return fmt.Errorf("the upstream refused %s: %s", s.set, b)
		}
		return nil
	}
	return fmt.Errorf("unknown scenario %q", name)
}

package aigateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// accountsFile is a Caddyfile with so many accounts.
func accountsFile(count int) []byte {
	var b strings.Builder
	b.WriteString("{\n\tadmin off\n\tpersist_config off\n\tlog {\n\t\tlevel ERROR\n\t}\n\tauto_https off\n}\n:0 {\n\tai_gateway {\n\t\tkey perf sk-perf\n\t\tusage off\n")
	for i := range count {
		fmt.Fprintf(&b, "\t\taccount openai-%d openai_compatible sk-account-%d {\n\t\t\tbase_url http://127.0.0.1:1/v1\n\t\t\tmodels gpt-4.1\n\t\t\tapi chat\n\t\t}\n", i, i)
	}
	b.WriteString("\t}\n}\n")
	return caddyfile.Format([]byte(b.String()))
}

// BenchmarkAdapt shows how reading a Caddyfile grows with its accounts.
func BenchmarkAdapt(b *testing.B) {
	for _, count := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			file := accountsFile(count)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(file, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad shows how what a start and a reload do with a configuration grows with the accounts.
func BenchmarkLoad(b *testing.B) {
	for _, count := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			file, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(accountsFile(count), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var config caddy.Config
				if err := json.Unmarshal(file, &config); err != nil {
					b.Fatal(err)
				}
				if err := caddy.Validate(&config); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

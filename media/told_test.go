package media

import (
	"errors"
	"strings"
	"testing"
)

// TestWhatIsTold wants a host of the gateway's own network to look to clients like one that does not exist, and not so in
// the log.
func TestWhatIsTold(t *testing.T) {
	w := newWorld(t, patient(), func(name string) string {
		return map[string]string{"host.example.com": "10.1.2.3"}[name]
	}, serves("image/png", png))
	why := map[string]*Error{}
	for _, url := range []string{"https://host.example.com/", "https://none.example.com/", "https://10.1.2.3/"} {
		_, err := w.Fetcher.Basket().Get(t.Context(), []Item{{url, Image}})
		var failed *Error
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", url, err)
		}
		if want := hostOf(url) + ": " + unreachable; failed.Error() != want {
			t.Errorf("%s: %q, want %q", url, failed.Error(), want)
		}
		why[failed.Host] = failed
	}
	for host, want := range map[string]string{
		"host.example.com": "not on the public internet", "10.1.2.3": "not on the public internet", "none.example.com": "no such host",
	} {
		if !strings.Contains(why[host].Detail, want) {
			t.Errorf("the log says of %s: %q, want %q", host, why[host].Detail, want)
		}
	}
}

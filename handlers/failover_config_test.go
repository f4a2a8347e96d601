package handlers

import "testing"

func TestFailoverRetry(t *testing.T) {
	f := Failover{On: []int{400, 418}, Never: []int{429, 418}}
	for _, c := range []struct {
		status        int
		builtIn, want bool
	}{
		{400, false, true}, {422, false, false}, {500, true, true}, {429, true, false}, {418, false, false},
	} {
		if got := f.retry(c.status, c.builtIn); got != c.want {
			t.Errorf("status %d, built in %t: %t", c.status, c.builtIn, got)
		}
	}
	if !(Failover{}).retry(503, true) || (Failover{}).retry(400, false) {
		t.Error("without a word of the operator's, what is built in holds")
	}
}

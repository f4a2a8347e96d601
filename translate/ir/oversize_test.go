package ir

import "testing"

func TestReadOversize(t *testing.T) {
	for message, want := range map[string]Oversize{
		"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 37571. The input or output tokens must be reduced.":  {30000, 37571},
		"Request too large for model `llama` in organization `org_x` on tokens per minute (TPM): Limit 6,000, Requested 13,456, please reduce your message size": {6000, 13456},
		"Request too large for gpt-4o: Limit 1, Requested 2":                                                                        {1, 2},
		"Request too large for gpt-4o: Limit 0, Requested 2":                                                                        {0, 2},
		"Request too large for gpt-4o: Limit 99999999999999999999999, Requested 99999999999999999999999999999999":                   {},
		"Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 28345, Requested 2356. Please try again in 1.4s.": {},
		"Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 28345, Requested 37571.":                          {},
		"Request too large for gpt-4o: Limit 30000, Used 29000, Requested 2356":                                                     {},
		"Request too large":                       {},
		"Request too large: Limit x, Requested 3": {},
		"Request too large: Limit 3, Requested":   {},
		"":                                        {},
	} {
		if got := ReadOversize(message); got != want {
			t.Errorf("%s: %+v, want %+v", message, got, want)
		}
	}
	if (Oversize{}).Known() || !(Oversize{0, 1}).Known() {
		t.Error("what is known is not")
	}
}

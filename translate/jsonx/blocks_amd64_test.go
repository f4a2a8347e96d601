package jsonx

import "testing"

// TestNarrow repeats the tests of blocks with the registers that all processors have.
func TestNarrow(t *testing.T) {
	if !wide {
		t.Skip("the other tests have used them")
	}
	wide = false
	defer func() { wide = true }()
	t.Run("Scan", TestScan)
	t.Run("SkipAnything", TestSkipAnything)
}

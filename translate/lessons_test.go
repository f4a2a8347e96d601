package translate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestLessons runs vectors in the form of those of TestVectors, each about a
// fault that another gateway, or a client, has had; its notes name the source.
func TestLessons(t *testing.T) {
	files, err := filepath.Glob("testdata/lessons/*.json")
	if err != nil || len(files) < 100 {
		t.Fatalf("found %d lessons, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if filepath.Base(file) != v.Name+".json" {
			t.Errorf("%s holds %s", file, v.Name)
		}
		t.Run(v.Kind+"/"+v.Name, func(t *testing.T) {
			if problem := v.run(); problem != "" {
				t.Error(problem)
			}
		})
	}
}

package credentials

import "testing"

func TestStatic(t *testing.T) {
	s := Static("key")
	if c, err := s.Token(t.Context()); err != nil || c.Token != "key" {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := s.Refresh(t.Context(), "key"); err == nil {
		t.Error("a key was refreshed")
	}
	if st := s.Status(); st.Kind != KindStatic || st.State != Ready {
		t.Errorf("status %+v", st)
	}
}

func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		if c, ok := Preset(name); !ok || c.AuthURL == "" || c.TokenURL == "" || c.ID != "" || c.Secret != "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, ok := Preset("yahoo"); ok {
		t.Error("an unknown preset was found")
	}
}

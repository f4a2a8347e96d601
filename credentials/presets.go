package credentials

// presets are the authorisation servers that need no URLs in a configuration. A client must always be the operator's
// own: one that came with this program would be a secret that everybody knows.
var presets = map[string]Client{
	"google": {
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token",
		// Only for a few scopes, of which those of Google Cloud are none:
		// https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes
		DeviceURL: "https://oauth2.googleapis.com/device/code",
	},
}

// Preset returns the URLs of a known authorisation server.
func Preset(name string) (Client, bool) {
	c, ok := presets[name]
	return c, ok
}

// Presets are the names of the known authorisation servers.
func Presets() []string { return []string{"google"} }

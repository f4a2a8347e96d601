package media

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

// sniffed is how much of a body tells its type.
const sniffed = 512

// accepts are the types that servers are asked for.
var accepts = map[Kind]string{
	Image: "image/*", Document: "application/pdf", Audio: "audio/*", Video: "video/*",
}

// families are how the types of a kind begin.
var families = map[Kind]string{
	Image: "image/", Document: "application/pdf", Audio: "audio/", Video: "video/",
}

// untold are the types that servers give for files that they know nothing of.
var untold = map[string]bool{"": true, "application/octet-stream": true, "binary/octet-stream": true}

// aliases are the names that vendors know types by, or the usual ones of types
// that are told by their container.
var aliases = map[string]string{
	"audio/wave": "audio/wav", "image/jpg": "image/jpeg",
}

// magics tell types that the standard library does not know: the bytes, and
// where they stand.
var magics = [...]struct {
	at   int
	word string
	mime string
}{
	{4, "ftypheic", "image/heic"}, {4, "ftypheix", "image/heic"}, {4, "ftypmif1", "image/heif"}, {4, "ftypavif", "image/avif"},
	{4, "ftypM4A ", "audio/mp4"}, {4, "ftypqt  ", "video/quicktime"},
	{0, "fLaC", "audio/flac"}, {0, "\xff\xfb", "audio/mpeg"}, {0, "\xff\xf3", "audio/mpeg"}, {0, "\xff\xf2", "audio/mpeg"},
	{0, "\xff\xf1", "audio/aac"}, {0, "\xff\xf9", "audio/aac"},
}

// typeOf tells the type of a medium by its first bytes. It fails when that, or
// what the server declares, is not of the kind that was asked for.
func typeOf(kind Kind, declared string, start []byte) (string, error) {
	if len(start) == 0 {
		return "", refuse("it is empty")
	}
	name, _, err := mime.ParseMediaType(declared)
	if err != nil {
		name, _, _ = strings.Cut(declared, ";")
		name = strings.ToLower(strings.TrimSpace(name))
	}
	found := sniff(kind, start)
	switch {
	case !untold[name] && !fits(kind, name):
		return "", refuse("it is no %s but %s", kind, shown(name))
	case !fits(kind, found):
		return "", refuse("it is no %s but %s", kind, shown(found))
	}
	return found, nil
}

func fits(kind Kind, t string) bool {
	return strings.HasPrefix(t, families[kind]) || container(kind, t)
}

// container reports whether a type that is not of the kind by its name may hold
// it all the same.
func container(kind Kind, t string) bool {
	return t == "application/ogg" && (kind == Audio || kind == Video) || kind == Audio && (t == "video/mp4" || t == "video/webm")
}

func sniff(kind Kind, start []byte) string {
	found := http.DetectContentType(start)
	for _, m := range magics {
		if len(start) > m.at && bytes.HasPrefix(start[m.at:], []byte(m.word)) {
			found = m.mime
		}
	}
	found, _, _ = strings.Cut(found, ";")
	switch {
	case kind == Audio && found == "application/ogg":
		return "audio/ogg"
	case kind == Video && found == "application/ogg":
		return "video/ogg"
	case kind == Audio && (found == "video/mp4" || found == "video/webm"):
		return "audio" + found[len("video"):]
	}
	if alias := aliases[found]; alias != "" {
		return alias
	}
	return found
}

// shown is a type as an error may repeat it: servers may send anything.
func shown(t string) string {
	const longest = 60
	if t == "" || len(t) > longest || strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		return "something else"
	}
	return t
}

package credentials

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// cookieFile is what is stored of an account's cookies: an object with a member for each, or the array that a browser's
// extension exports. What else stands in it is kept.
type cookieFile struct {
	object document
	array  []document // of an export; nil for the object

	jar     jar
	updated time.Time // when the cookies changed last; zero if it does not say
	rotated time.Time // when an exchange was tried last; an export has it in the entry of the session
}

// The members of the object besides the cookies.
const (
	memberUpdated = "updated_at"
	memberRotated = "rotated_at"
)

// readCookies reads what is stored. Its errors hold nothing of it.
func readCookies(raw []byte, now time.Time) (cookieFile, error) {
	var f cookieFile
	var err error
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 0 && trimmed[0] == '[' {
		err = f.readExport(trimmed, now)
	} else {
		err = f.readObject(raw)
	}
	if err != nil {
		return f, err
	}
	for _, c := range f.jar {
		if !isCookieValue(c.value) {
			return f, fmt.Errorf("the value of %s is none that a cookie can have", c.name)
		}
	}
	if f.jar.get(cookieSession) == "" {
		return f, errors.New("it holds no " + cookieSession + " that is still good")
	}
	return f, nil
}

func (f *cookieFile) readObject(raw []byte) (err error) {
	if f.object, err = parseDocument(raw); err != nil {
		return err
	}
	for _, name := range sessionCookies {
		value, err := f.object.text(name)
		if err != nil {
			return err
		}
		if value != "" {
			f.jar = append(f.jar, cookie{name: name, value: value, domain: cookieHome, path: "/"})
		}
	}
	for _, at := range []struct {
		member string
		value  *time.Time
	}{{memberUpdated, &f.updated}, {memberRotated, &f.rotated}} {
		text, err := f.object.text(at.member)
		if err != nil {
			return err
		}
		*at.value, _ = time.Parse(time.RFC3339, text) // a time that cannot be read says nothing
	}
	return nil
}

func (f *cookieFile) readExport(raw []byte, now time.Time) error {
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil {
		return errBroken
	}
	f.array = []document{}
	for _, entry := range entries {
		d, err := parseDocument(entry)
		if err != nil {
			return err
		}
		f.array = append(f.array, d)
		c, ok, err := exported(&d)
		if err != nil {
			return err
		}
		if ok && c.name == cookieSession {
			text, _ := d.text(memberRotated)
			f.rotated, _ = time.Parse(time.RFC3339, text) // a time that cannot be read says nothing
		}
		if ok && !c.expired(now) && f.jar.get(c.name) == "" {
			f.jar = append(f.jar, c)
		}
	}
	return nil
}

// exported reads one entry of an export; false if it is none of the session's cookies.
func exported(d *document) (c cookie, ok bool, err error) {
	for _, m := range []textMember{{"name", &c.name}, {"value", &c.value}, {"domain", &c.domain}, {"path", &c.path}} {
		if *m.value, err = d.text(m.name); err != nil {
			return c, false, err
		}
	}
	c.domain = strings.ToLower(strings.TrimPrefix(c.domain, "."))
	if c.path == "" {
		c.path = "/"
	}
	if !slices.Contains(sessionCookies, c.name) || c.value == "" || !below(c.domain, cookieHome) {
		return c, false, nil
	}
	for _, member := range []string{"expires", "expirationDate"} {
		seconds, err := d.number(member)
		if err == nil && seconds > 0 && seconds < maxExpiry/1000 {
			c.expires = time.Unix(int64(seconds), 0)
		}
	}
	return c, true, nil
}

// bytes returns the file with the cookies of the jar, and everything else as it was.
func (f *cookieFile) bytes() []byte {
	if f.array == nil {
		for _, name := range []string{cookieSession, cookieStamp, "__Secure-1PSIDCC"} {
			if value := f.jar.get(name); value != "" {
				f.object.set(name, value)
			}
		}
		f.object.set(memberUpdated, f.updated.UTC().Format(time.RFC3339))
		if !f.rotated.IsZero() {
			f.object.set(memberRotated, f.rotated.UTC().Format(time.RFC3339))
		}
		return f.object.bytes()
	}
	for _, c := range f.jar {
		if slices.Contains(sessionCookies, c.name) {
			f.export(c)
		}
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range f.array {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(f.array[i].bytes())
	}
	b.WriteByte(']')
	var out bytes.Buffer
	if json.Indent(&out, b.Bytes(), "", "  ") != nil {
		return b.Bytes()
	}
	return append(out.Bytes(), '\n')
}

// setRotated writes when an exchange was tried last, so that other processes with the file wait long enough.
func (f *cookieFile) setRotated(d *document) {
	if f.rotated.IsZero() {
		d.members = slices.DeleteFunc(d.members, func(m member) bool { return m.name == memberRotated })
		return
	}
	d.set(memberRotated, f.rotated.UTC().Format(time.RFC3339))
}

// export writes a cookie into its entry, or into a new one.
func (f *cookieFile) export(c cookie) {
	for i := range f.array {
		d := &f.array[i]
		name, _ := d.text("name")
		domain, _ := d.text("domain")
		if name != c.name || !below(strings.TrimPrefix(domain, "."), cookieHome) {
			continue
		}
		if name == cookieSession {
			f.setRotated(d)
		}
		if value, _ := d.text("value"); value != c.value {
			d.set("value", c.value)
			d.members = slices.DeleteFunc(d.members, func(m member) bool { return m.name == "expires" || m.name == "expirationDate" })
			if !c.expires.IsZero() {
				d.set("expirationDate", c.expires.Unix())
			}
		}
		return
	}
	var d document
	d.set("name", c.name)
	d.set("value", c.value)
	d.set("domain", "."+c.domain)
	d.set("path", c.path)
	f.array = append(f.array, d)
}

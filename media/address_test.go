package media

import (
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	refused := []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "168.63.129.16",
		"192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:1.2.3.4",
		"64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1",
		"2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
	}
	for _, s := range refused {
		if public(netip.MustParseAddr(s)) {
			t.Errorf("%s is taken for public", s)
		}
	}
	for _, s := range []string{
		"8.8.8.8", "1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
		"198.17.255.255", "198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888",
	} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("%s is taken for private", s)
		}
	}
}

func TestPermit(t *testing.T) {
	for at, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1]:443": true, "8.8.8.8:80": false, "8.8.8.8:22": false, "127.0.0.1:443": false,
	} {
		if err := permit(netip.MustParseAddrPort(at)); (err == nil) != ok {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestControl reads what dialers say.
func TestControl(t *testing.T) {
	f := New("test", DefaultLimits())
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1]:443": true, "[::ffff:127.0.0.1]:443": false, "[fe80::1%1]:443": false, "": false, "host:443": false,
	} {
		if err := f.control("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// FuzzPublic looks at an IPv4 address in all forms in which IPv6 can hold it:
// none may be public that the address itself is not.
func FuzzPublic(f *testing.F) {
	f.Add(byte(127), byte(0), byte(0), byte(1))
	f.Add(byte(8), byte(8), byte(8), byte(8))
	f.Fuzz(func(t *testing.T, a, b, c, d byte) {
		v4 := netip.AddrFrom4([4]byte{a, b, c, d})
		if public(v4) != public(netip.AddrFrom16(v4.As16())) {
			t.Errorf("%s differs from its mapped form", v4)
		}
		for _, prefix := range [][]byte{{0, 0x64, 0xff, 0x9b}, {}, {0x20, 2, a, b, c, d}} {
			var v6 [16]byte
			copy(v6[:], prefix)
			copy(v6[12:], []byte{a, b, c, d})
			if addr := netip.AddrFrom16(v6); public(addr) {
				t.Errorf("%s is public", addr)
			}
		}
	})
}

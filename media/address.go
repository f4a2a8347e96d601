package media

import (
	"net/netip"
	"syscall"
)

// closed are the networks that look like public ones but are no part of the
// internet, by IANA's special-purpose registries for IPv4 and IPv6.
var closed = prefixes(
	"0.0.0.0/8",        // this network
	"100.64.0.0/10",    // carriers' address translation; some clouds' metadata
	"168.63.129.16/32", // Azure's metadata and management
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.31.196.0/24",  // AS112
	"192.52.193.0/24",  // automatic multicast tunnelling
	"192.88.99.0/24",   // 6to4 relays
	"192.175.48.0/24",  // AS112
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"240.0.0.0/4",      // reserved, broadcast

	"2001::/23",     // protocol assignments, Teredo, ORCHID
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4, which holds an IPv4 address
	"2620:4f:8000::/48",
	"3fff::/20", // documentation
)

// unicast6 is the part of IPv6 that has been given out for the internet. What
// translates to IPv4 (64:ff9b::/96 and its like) and what is local is outside.
var unicast6 = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether an address is one of the public internet: not this
// machine, not its network, not a cloud's metadata, nothing that is translated
// to such.
func public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !unicast6.Contains(a) {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// permit says why nothing may be fetched from an address, if so.
func permit(at netip.AddrPort) error {
	switch {
	case !public(at.Addr()):
		return refuseHost("it is not on the public internet")
	case at.Port() != httpsPort:
		return refuse("only port %d is fetched from", httpsPort)
	}
	return nil
}

const httpsPort = 443

// control is asked by the dialer before it connects, with the address that the
// name has been resolved to: whatever a name resolves to at another time does
// not count.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return refuse("its address cannot be read")
	}
	return f.permit(at)
}

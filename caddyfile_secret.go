package aigateway

import (
	"fmt"
	"regexp"
	"strings"
)

// shellVariable is how a shell would take a variable, which Caddy does not.
var shellVariable = regexp.MustCompile(`^(?:\$\{?|%)([A-Za-z_][A-Za-z0-9_]*)[}%]?$`)

// checkWritten refuses a secret that is a shell's way to name a variable: it
// would be the secret as it stands, which anybody can guess.
func checkWritten(secret string) error {
	m := shellVariable.FindStringSubmatch(secret)
	if m == nil || m[1] != strings.ToUpper(m[1]) {
		return nil
	}
	return fmt.Errorf("%s is taken as it stands, not from the environment; write {env.%s}", secret, m[1])
}

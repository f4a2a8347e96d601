package schema

type plainRules struct{}
var geminiPlain, anthropicPlain plainRules
func plain(raw []byte, r plainRules) bool { return false }

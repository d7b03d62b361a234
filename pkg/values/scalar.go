package values

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
)

// BoolTrap is the rule that values mean the same in YAML 1.1 and YAML 1.2.
var BoolTrap = finding.Rule{
	ID:       "yaml-bool-trap",
	Title:    "Values mean the same to Helm and to a current YAML reader",
	Severity: finding.Warning,
	Doc: "Helm reads YAML 1.1: a bare `y`, `no`, `on` or `off` is a truth value, `0777` an octal number, `1_000` a thousand. " +
		"Editors, linters and other tools read YAML 1.2, where these are text or another number. " +
		"A country code `no`, a key `on`, a file mode or an identifier with a leading 0 becomes something its author did not write. " +
		"Whole numbers too long for 53 bits are reported too: Helm rounds them.",
	Hint: "quote it when it is text; write true, false or a decimal number when it is not",
}

// typed matches plain text that Helm may read as more than text.
var typed = regexp.MustCompile(`^([-+]?\.?[0-9]([0-9A-Za-z_.+-]*[0-9A-Fa-f_.])?|[-+]?\.[A-Za-z]{3}|` +
	`y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE|null|Null|NULL|~|)$`)

// plainData matches the typed texts that every reader reads alike and writes back
// as they stand: asking Helm's reader costs more than reading the file.
var plainData = regexp.MustCompile(`^(-?[1-9][0-9]{0,14}|0|true|false)$`)

// isText says whether Helm reads a scalar as the text it is.
func isText(n *yaml.Node) bool {
	return n.Style != 0 && n.Style&yaml.TaggedStyle == 0 || n.Style == 0 && !typed.MatchString(n.Value)
}

// trap reports a plain scalar that Helm and YAML 1.2 read differently.
func (b *builder) trap(n *yaml.Node, start int, key bool) {
	if n.Style != 0 || isText(n) || plainData.MatchString(n.Value) {
		return
	}
	helm, core := helmReads(n), coreReads(n.Value)
	if same(helm, core) {
		return
	}
	at := finding.At(finding.Values, b.span(start, b.end(n, start)))
	if key {
		b.findings = append(b.findings, BoolTrap.
			Finding(at, "Helm reads the key %s as %q", n.Value, keyName(n)).
			WithHint("quote it: %q", n.Value))
		return
	}
	f := BoolTrap.Finding(at, "Helm reads %s as %s, not as %s", n.Value, plain(helm), plain(core)).
		WithHint("write %s, or quote it: %q", plain(helm), n.Value)
	if _, whole := core.(*big.Int); whole && !octal(n.Value) {
		f = f.WithHint("quote it: %q; Helm keeps whole numbers exact up to 9007199254740992 only", n.Value)
	}
	b.findings = append(b.findings, f)
}

// helmReads gives what Helm's reader makes of a scalar: nil, bool, float64 or
// string, as JSON has them.
func helmReads(n *yaml.Node) any {
	if isText(n) {
		return n.Value
	}
	var v any
	if err := sigsyaml.Unmarshal([]byte(scalarText(n)), &v); err != nil {
		return n.Value
	}
	return v
}

// keyName gives the name Helm gives to a key: it reads a scalar of any type
// and writes it as text, which differs from what a value of the same text is.
func keyName(n *yaml.Node) string {
	if isText(n) || n.Style == 0 && plainData.MatchString(n.Value) {
		return n.Value
	}
	var m map[string]any
	if err := sigsyaml.Unmarshal([]byte("? "+scalarText(n)+"\n: 0\n"), &m); err != nil || len(m) != 1 {
		return n.Value
	}
	for name := range m {
		return name
	}
	return n.Value
}

// scalarText writes a scalar so that it reads like n where it stands alone.
func scalarText(n *yaml.Node) string {
	text := n.Value
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
		text = strconv.Quote(text)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		text = tagText(n.Tag) + " " + text
	}
	return text
}

func tagText(tag string) string {
	if strings.HasPrefix(tag, "!") {
		return tag
	}
	return "!<" + tag + ">"
}

var (
	coreInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	coreFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// coreReads gives what the core schema of YAML 1.2 makes of a plain scalar:
// nil, bool, *big.Int, float64 or string.
func coreReads(text string) any {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	base, digits := 10, text
	switch {
	case strings.HasPrefix(text, "0o"):
		base, digits = 8, text[2:]
	case strings.HasPrefix(text, "0x"):
		base, digits = 16, text[2:]
	}
	if base != 10 || coreInt.MatchString(text) {
		signed := strings.HasPrefix(digits, "+") || strings.HasPrefix(digits, "-")
		if n, ok := new(big.Int).SetString(digits, base); ok && (base == 10 || !signed) && !strings.Contains(digits, "_") {
			return n
		}
	}
	if coreFloat.MatchString(text) {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return text
}

func same(helm, core any) bool {
	number, ok := helm.(float64)
	if !ok {
		return helm == core
	}
	switch core := core.(type) {
	case float64:
		return number == core
	case *big.Int:
		exact, accuracy := big.NewFloat(number).Int(nil)
		return accuracy == big.Exact && exact.Cmp(core) == 0
	}
	return false
}

func octal(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return len(digits) > 1 && digits[0] == '0'
}

// plain writes what Helm reads as YAML.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return fmt.Sprintf("the text %q", v)
	}
	return fmt.Sprint(v)
}

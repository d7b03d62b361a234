package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// kindOf names the type of a value in words.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && r.IsInt() {
			return "an integer"
		}
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", value)
}

// typeWords says the types of JSON Schema in words.
var typeWords = map[string]string{
	"string":  "a string",
	"integer": "an integer",
	"number":  "a number",
	"boolean": "true or false",
	"object":  "a map",
	"array":   "a list",
	"null":    "null",
}

// formatWords says a format of JSON Schema in words.
func formatWords(format string) string {
	switch format {
	case "date-time":
		return "a date and time such as 2006-01-02T15:04:05Z"
	case "date", "time":
		return "a " + format
	case "email", "idn-email":
		return "an email address"
	case "hostname", "idn-hostname":
		return "a host name"
	case "ipv4", "ipv6":
		return "an IP address, version " + format[3:]
	case "regex":
		return "a regular expression that Go knows (RE2: no lookaround)"
	}
	return "a valid " + format
}

// shown is a value in a message.
func shown(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case bool, json.Number:
		return fmt.Sprint(v)
	}
	return kindOf(value)
}

const longest = 60

func quote(s string) string {
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// brief writes a value of a schema, such as one of an enum.
func brief(value any) string {
	if s, ok := value.(string); ok {
		if plainWord.MatchString(s) {
			return s
		}
		return quote(s)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if utf8.RuneCount(text) > longest {
		return string([]rune(string(text))[:longest]) + "..."
	}
	return string(text)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@-]+$`)

// secretName matches keys whose values are never shown.
var secretName = regexp.MustCompile(`(?i)(passw|passphrase|token|secret|credential|(private|api|access|encryption|signing)[-_]?key|htpasswd|cookie)`)

func secret(path []string) bool {
	return slices.ContainsFunc(path, secretName.MatchString)
}

// alternatives joins words: "a", "a or b", "a, b or c".
func alternatives(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// bound writes a limit of a schema.
func bound(v any) string {
	switch v := v.(type) {
	case *big.Float:
		if v.IsInt() {
			return v.Text('f', 0)
		}
		return v.Text('g', 10)
	}
	return fmt.Sprint(v)
}

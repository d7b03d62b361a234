package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "secret-in-env",
	Title:    "Secrets are read from files, not from the environment",
	Severity: finding.Warning,
	Doc: `The environment of a process is inherited by everything it starts, stands in crash dumps and
` + "`/proc`" + `, is printed by debug pages and ` + "`env`" + `, and never changes while the pod runs: a rotated
password needs a restart of every pod. A literal value can be read by everyone who may see the
pod or the release. Nearly every server and image can read a file instead
(` + "`POSTGRES_PASSWORD_FILE`" + `, ` + "`MYSQL_ROOT_PASSWORD_FILE`" + `, an ACL or password file).

See [Using Secrets as files](https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod).`,
	Hint: "mount the Secret as a file and point the server at it",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		for _, c := range w.Containers() {
			for i, from := range c.EnvFrom {
				if from.SecretRef != nil {
					p.Reportf(c, fmt.Sprintf("envFrom[%d].secretRef", i), "every key of Secret %q becomes an environment variable", from.SecretRef.Name)
				}
			}
			for i, e := range c.Env {
				switch {
				case e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil:
					ref := e.ValueFrom.SecretKeyRef
					p.Reportf(c, fmt.Sprintf("env[%d].valueFrom", i), "variable %s holds key %q of Secret %q", e.Name, ref.Key, ref.Name)
				case literalSecret(e):
					p.Reportf(c, fmt.Sprintf("env[%d].name", i), "variable %s holds a secret in plain text", e.Name)
				}
			}
		}
	}
})

var (
	secretName = regexp.MustCompile(`(?i)(?:^|_)(?:[a-z]*(?:password|passwd|passphrase|secret)|pwd|pass|token|api_?key|access_?key|secret_?key|private_?key|encryption_?key|credentials?)$`)
	aVariable  = regexp.MustCompile(`^\$\([^)]*\)$`)
)

// literalSecret says whether a variable of a secret's name holds what can be
// one: no path, no switch, no number, no reference to another variable.
func literalSecret(e corev1.EnvVar) bool {
	v := strings.TrimSpace(e.Value)
	if e.ValueFrom != nil || v == "" || strings.HasPrefix(v, "/") || aVariable.MatchString(v) {
		return false
	}
	if _, err := strconv.ParseBool(v); err == nil || strings.EqualFold(v, "yes") || strings.EqualFold(v, "no") {
		return false
	}
	name := strings.ToUpper(e.Name)
	for _, prefix := range []string{"ALLOW_", "ENABLE_", "USE_", "RANDOM_", "REQUIRE_"} {
		if strings.Contains(name, prefix) {
			return false
		}
	}
	return secretName.MatchString(name)
}

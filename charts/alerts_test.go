package charts_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/charts"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/render"
)

// ruleFile is a file of alerts, as Prometheus reads it.
type ruleFile struct {
	Groups []struct {
		Name  string      `json:"name"`
		Rules []alertRule `json:"rules"`
	} `json:"groups"`
}

type alertRule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func (f ruleFile) rules() []alertRule {
	var all []alertRule
	for _, group := range f.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// promtool gives the program's path: from PATH, else from where tools/promtool.sh puts it.
func promtool(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	path := filepath.Join(cache, "stateward", "promtool")
	if _, err := os.Stat(path); err != nil {
		t.Fatal("there is no promtool, which tests the alerts; run: sh tools/promtool.sh")
	}
	return path
}

// alertFiles lists the names of the files of alerts; each has a dashboard and a runbook.
func alertFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("stateful/alerts/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".yaml")
	}
	return files
}

// replaced gives a file of alerts as the PrometheusRule of release shop in namespace prod has it.
func replaced(t *testing.T, name string, members int) string {
	t.Helper()
	text, err := os.ReadFile("stateful/alerts/" + name + ".yaml")
	require.NoError(t, err)
	return strings.NewReplacer(
		"SELECTOR", `namespace="prod", pod=~"shop-[0-9]+"`,
		"PODS", `namespace="prod", pod=~"(shop|shop-router)-[0-9]+"`,
		"CLAIMS", `namespace="prod", persistentvolumeclaim=~"(data|log)-(shop|shop-router)-[0-9]+"`,
		"NAMESPACE", "prod", "RELEASE", "shop",
		"MEMBERS", strconv.Itoa(members), "QUORUM", strconv.Itoa(members/2+1),
	).Replace(string(text))
}

func readRules(t *testing.T, text string) ruleFile {
	t.Helper()
	var file ruleFile
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &file))
	return file
}

func checkRules(t *testing.T, dir, text string) {
	t.Helper()
	file := filepath.Join(dir, "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	out, err := exec.Command(promtool(t), "check", "rules", "--lint=all", "--lint-fatal", file).CombinedOutput()
	require.NoError(t, err, string(out))
}

func testRules(t *testing.T, dir, tests string) {
	t.Helper()
	file := filepath.Join(dir, "test.yaml")
	require.NoError(t, os.WriteFile(file, []byte(tests), 0o644))
	out, err := exec.Command(promtool(t), "test", "rules", file).CombinedOutput()
	require.NoError(t, err, string(out))
}

// What fires when: testdata/alerts/NAME.yaml for three members, NAME.N.yaml for N.
func TestAlertsFire(t *testing.T) {
	files, err := filepath.Glob("testdata/alerts/*.yaml")
	require.NoError(t, err)
	fires := map[string]bool{} // alerts that a test expects
	cases := regexp.MustCompile(`alertname="([^"]+)"`)
	for _, file := range files {
		name, members, found := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".yaml"), ".")
		if !found {
			members = "3"
		}
		count, err := strconv.Atoi(members)
		require.NoError(t, err, file)
		tests, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range cases.FindAllStringSubmatch(string(tests), -1) {
			fires[match[1]] = true
		}
		// Each expectation lists all that fires, so one of nothing shows every alert silent.
		require.Contains(t, string(tests), "exp_samples: []", file)
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			checkRules(t, dir, replaced(t, name, count))
			testRules(t, dir, string(tests))
		})
	}
	for _, name := range alertFiles(t) {
		for _, rule := range readRules(t, replaced(t, name, 3)).rules() {
			require.True(t, fires[rule.Alert], "%s: no test in testdata/alerts expects %s", name, rule.Alert)
		}
	}
}

// A release that was scaled to 0 members has nothing to report.
func TestAlertsAreSilentWithoutMembers(t *testing.T) {
	const tests = `
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: []
    promql_expr_test:
      - {expr: 'ALERTS', eval_time: 2h, exp_samples: []}
`
	for _, name := range alertFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			checkRules(t, dir, replaced(t, name, 0))
			testRules(t, dir, tests)
		})
	}
}

// Who is woken up needs to know how bad it is, whose it is and what to do.
func TestAlertsAreComplete(t *testing.T) {
	where := map[string]string{}
	for _, name := range alertFiles(t) {
		file := readRules(t, replaced(t, name, 3))
		book, err := os.ReadFile("../docs/runbooks/" + name + ".md")
		require.NoError(t, err)
		sections := regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(book), -1)
		var titles, alerts []string
		for _, section := range sections {
			titles = append(titles, section[1])
		}
		for _, rule := range file.rules() {
			alerts = append(alerts, rule.Alert)
			require.Empty(t, where[rule.Alert], "%s: %s is in another file too", name, rule.Alert)
			where[rule.Alert] = name
			require.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], rule.Alert)
			require.Equal(t, "prod", rule.Labels["namespace"], rule.Alert)
			require.Equal(t, "shop", rule.Labels["release"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["description"], rule.Alert)
			require.Equal(t, "https://github.com/stateward/stateward/blob/main/docs/runbooks/"+name+".md#"+strings.ToLower(rule.Alert),
				rule.Annotations["runbook_url"])
		}
		require.Equal(t, alerts, titles, "docs/runbooks/%s.md: one section per alert, in the same order", name)
		for _, link := range regexp.MustCompile(`\]\(([a-z-]*)(?:\.md)?#([a-z]+)\)`).FindAllStringSubmatch(string(book), -1) {
			target, err := os.ReadFile("../docs/runbooks/" + cmp.Or(link[1], name) + ".md")
			require.NoError(t, err)
			require.Contains(t, strings.ToLower(string(target)), "\n## "+link[2]+"\n", "docs/runbooks/%s.md: link %s", name, link[0])
		}
	}
}

// A metric that nobody gives makes an alert that never fires and a panel without data.
// testdata/metrics.yaml says of each one where it was seen.
func TestMetricsAreKnown(t *testing.T) {
	var known map[string]struct {
		Source  string   `json:"source"`
		Metrics []string `json:"metrics"`
	}
	text, err := os.ReadFile("testdata/metrics.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(text, &known))
	names := map[string]bool{"ALERTS": true}
	for group, of := range known {
		require.NotEmpty(t, of.Source, group)
		require.True(t, slices.IsSorted(of.Metrics), "testdata/metrics.yaml: %s is not sorted", group)
		for _, name := range of.Metrics {
			require.False(t, names[name], "testdata/metrics.yaml: %s is listed twice", name)
			names[name] = false
		}
	}
	check := func(where, expr string) {
		for _, name := range metricNames(expr) {
			require.Contains(t, names, name, "%s: %s", where, expr)
			names[name] = true
		}
	}
	for _, name := range alertFiles(t) {
		for _, rule := range readRules(t, replaced(t, name, 3)).rules() {
			check(rule.Alert, rule.Expr)
		}
		for _, panel := range readDashboard(t, name).Panels {
			for _, target := range panel.Targets {
				check(name+".json: "+panel.Title, target.Expr)
			}
		}
	}
	for name, used := range names {
		require.True(t, used, "testdata/metrics.yaml: nothing uses %s", name)
	}
}

var (
	byName    = regexp.MustCompile(`__name__="([^"]*)"|__name__=~"([^"]*)"`)
	notNames  = regexp.MustCompile(`\{[^}]*\}|"[^"]*"|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)`)
	word      = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\()?`)
	operators = []string{"and", "or", "unless", "bool", "offset", "group_left", "group_right"}
)

// metricNames lists the words of an expression that are neither functions nor
// operators nor labels. A pattern of two names, "a?b", stands for both.
func metricNames(expr string) []string {
	var names []string
	for _, match := range byName.FindAllStringSubmatch(expr, -1) {
		pattern := match[1] + match[2]
		if before, after, found := strings.Cut(pattern, "?"); found {
			names = append(names, before+after, before[:len(before)-1]+after)
		} else {
			names = append(names, pattern)
		}
	}
	expr = regexp.MustCompile(`\b\d[\d.]*e\d+\b`).ReplaceAllString(notNames.ReplaceAllString(expr, " "), "0")
	for _, name := range word.FindAllString(expr, -1) {
		if !strings.HasSuffix(name, "(") && !slices.Contains(operators, name) {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

func TestMetricNames(t *testing.T) {
	for expr, want := range map[string][]string{
		`(count(pg_up{pod=~"a"} == 1) or vector(0)) == 0 and vector(3) > 0`: {"pg_up"},
		`sum by (pod) (rate(a_total{x="y"}[5m])) / 1e9 > 1.5e9`:             {"a_total"},
		`max by (a) ({__name__=~"slots?_status", b="c"}) unless on () d`:    {"slots_status", "slot_status", "d"},
		`count_values("broker", max by (topic) (leader{a="b"}))`:            {"leader"},
	} {
		require.Equal(t, want, metricNames(expr), expr)
	}
}

// dashboard is what the tests look at of a Grafana dashboard.
type dashboard struct {
	UID           string `json:"uid"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name string `json:"name"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID      int    `json:"id"`
		Type    string `json:"type"`
		Title   string `json:"title"`
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func readDashboard(t *testing.T, name string) dashboard {
	t.Helper()
	text, err := os.ReadFile("stateful/dashboards/" + name + ".json")
	require.NoError(t, err)
	require.Less(t, len(text), 60_000, "%s: a ConfigMap applied by kubectl must fit into an annotation", name)
	var board dashboard
	require.NoError(t, json.Unmarshal(text, &board))
	return board
}

func TestDashboards(t *testing.T) {
	variables := strings.NewReplacer("$namespace", "prod", "$release", "shop", "$__rate_interval", "5m")
	for _, name := range alertFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			board := readDashboard(t, name)
			require.Equal(t, "stateward-"+name, board.UID)
			var names []string
			for _, variable := range board.Templating.List {
				names = append(names, variable.Name)
			}
			require.Equal(t, []string{"datasource", "namespace", "release"}, names)
			rules := []map[string]string{}
			ids, taken := map[int]bool{}, map[string]string{}
			for _, panel := range board.Panels {
				require.False(t, ids[panel.ID], "panel %d is there twice", panel.ID)
				ids[panel.ID] = true
				for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
					for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
						at := fmt.Sprint(x, ",", y)
						require.Empty(t, taken[at], "%s lies on %s", panel.Title, taken[at])
						taken[at] = panel.Title
					}
				}
				require.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
				require.Equal(t, panel.Type == "row", len(panel.Targets) == 0, panel.Title)
				for _, target := range panel.Targets {
					// A rule of its own for each: promtool parses what it records.
					rules = append(rules, map[string]string{"record": fmt.Sprintf("panel:%d:%d", panel.ID, len(rules)), "expr": variables.Replace(target.Expr)})
				}
			}
			text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}})
			require.NoError(t, err)
			checkRules(t, t.TempDir(), string(text))
		})
	}
}

// The objects of every preset that has metrics, as the charts render them.
func TestRenderedAlerts(t *testing.T) {
	placeholder := regexp.MustCompile(`\b(SELECTOR|PODS|CLAIMS|NAMESPACE|RELEASE|MEMBERS|QUORUM)\b`)
	rendered := 0
	for _, pattern := range patterns {
		program := parse(t, pattern)
		examples, err := filepath.Glob("../examples/" + pattern + "/*/values.yaml")
		require.NoError(t, err)
		for _, example := range examples {
			values := readValues(t, example)
			alerts, board := presetMetrics(t, pattern, values)
			if alerts == nil {
				continue
			}
			rendered++
			t.Run(pattern+"/"+filepath.Base(filepath.Dir(example)), func(t *testing.T) {
				values["metrics"] = map[string]any{"enabled": true, "rules": map[string]any{"enabled": true}, "dashboard": map[string]any{"enabled": board != ""}}
				out, found := program.Render(context.Background(), values, render.Release{Name: "shop", Namespace: "prod"})
				require.Empty(t, found)
				objects, found := manifest.Parse("manifest.yaml", out.Manifest)
				require.Empty(t, found)
				var rules, boards int
				for _, o := range objects {
					if o.Kind == "PrometheusRule" {
						rules++
						spec, ok := field(t, o, "spec").(map[string]any)
						require.True(t, ok)
						text, err := yaml.Marshal(spec)
						require.NoError(t, err)
						require.NotRegexp(t, placeholder, string(text))
						checkRules(t, t.TempDir(), string(text))
						var have []string
						for _, rule := range readRules(t, string(text)).rules() {
							have = append(have, rule.Alert)
						}
						for _, name := range append([]string{"volume"}, alerts...) {
							for _, rule := range readRules(t, replaced(t, name, 3)).rules() {
								require.Contains(t, have, rule.Alert)
							}
						}
					}
					if o.Kind == "ConfigMap" && strings.HasSuffix(o.Name, "-dashboard") {
						boards++
						data, ok := field(t, o, "data").(map[string]any)
						require.True(t, ok)
						text, ok := data[board+".json"].(string)
						require.True(t, ok, "%v", slices.Collect(maps.Keys(data)))
						require.True(t, json.Valid([]byte(text)))
					}
				}
				require.Equal(t, 1, rules)
				require.Equal(t, board != "", boards == 1)
			})
		}
	}
	require.NotZero(t, rendered)
}

// presetMetrics gives what a preset says of alerts and dashboard for a pattern, nil where it has no metrics.
func presetMetrics(t *testing.T, pattern string, values map[string]any) (alerts []string, board string) {
	t.Helper()
	preset, _ := values["preset"].(string)
	type metrics struct {
		Alerts    []string `json:"alerts"`
		Dashboard string   `json:"dashboard"`
	}
	for preset != "" {
		var file struct {
			Like     string
			Facts    struct{ Metrics metrics }
			Patterns map[string]struct{ Facts struct{ Metrics metrics } }
		}
		text, err := charts.FS.ReadFile("stateful/presets/" + preset + ".yaml")
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, &file))
		for _, of := range []metrics{file.Patterns[pattern].Facts.Metrics, file.Facts.Metrics} {
			if alerts == nil {
				alerts = of.Alerts
			}
			board = cmp.Or(board, of.Dashboard)
		}
		preset = file.Like
	}
	return alerts, board
}

package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"text/template"

	"helm.sh/helm/v3/pkg/chartutil"
)

// Templates can make a value that contains itself (`set . "root" .`) or one that
// is nested a million deep. Helm renders a chart that does so, unless it prints,
// copies or merges the value: then Go ends the process. So such a chart is
// rendered again, carefully: what a function would walk through is looked at
// first, and so is what is printed.

// funcPrintable looks at what an action is about to print.
const funcPrintable = "_printable"

// maxNesting is how deep a value may be nested in a careful render; YAML and JSON
// readers stop at the same depth.
const maxNesting = 10_000

func errEndless(place string) error {
	return &stop{message: "a value contains itself, or is nested too deep to be printed", hint: "look for a map that is set into itself", place: place}
}

// watchedFunctions gives the functions that can make a value contain itself. They
// ask for a careful render when that happens.
func watchedFunctions() template.FuncMap {
	m := functions()
	watched := template.FuncMap{
		"set": func(into map[string]any, key string, value any) (map[string]any, error) {
			if reaches(value, into) {
				return nil, errCareful
			}
			into[key] = value
			return into, nil
		},
	}
	for name, overwrite := range map[string]bool{"merge": false, "mergeOverwrite": true} {
		merge := m[name].(func(map[string]any, ...map[string]any) any)
		watched[name] = func(into map[string]any, from ...map[string]any) (any, error) {
			if linksBack(into, from, overwrite) {
				return nil, errCareful
			}
			return merge(into, from...), nil
		}
		name = "mustM" + name[1:]
		mustMerge := m[name].(func(map[string]any, ...map[string]any) (any, error))
		watched[name] = func(into map[string]any, from ...map[string]any) (any, error) {
			if linksBack(into, from, overwrite) {
				return nil, errCareful
			}
			return mustMerge(into, from...)
		}
	}
	return watched
}

// walkers are the functions that walk through whatever they are given. Those that
// write JSON and those that compare find a value within itself by themselves, so
// only the depth matters.
var (
	walkers = []string{
		"toYamlPretty", "toToml", "deepCopy", "mustDeepCopy", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite",
		"toString", "toStrings", "toDecimal", "quote", "squote", "cat", "join", "sortAlpha",
		"print", "printf", "println", "html", "js", "urlquery",
	}
	deepWalkers = []string{
		"toYaml", "toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson", "mustToRawJson",
		"deepEqual", "has", "mustHas", "uniq", "mustUniq", "without", "mustWithout",
	}
)

// carefulFunctions gives the functions that differ in a careful render.
var carefulFunctions = sync.OnceValue(func() template.FuncMap {
	all := maps.Clone(functions())
	maps.Copy(all, template.FuncMap{
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	})
	careful := template.FuncMap{funcPrintable: printable}
	for _, name := range walkers {
		careful[name] = checked(all[name], true)
	}
	for _, name := range deepWalkers {
		careful[name] = checked(all[name], false)
	}
	return careful
})

// checked gives function with its arguments looked at first.
func checked(function any, cycles bool) any {
	v := reflect.ValueOf(function)
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		for _, arg := range args {
			if cyclic, deep := endless(arg); deep || cyclic && cycles {
				panic(errEndless("")) // text/template turns it into the function's error
			}
		}
		if v.Type().IsVariadic() {
			return v.CallSlice(args)
		}
		return v.Call(args)
	}).Interface()
}

func printable(place string, v reflect.Value) (reflect.Value, error) {
	if cyclic, deep := endless(v); cyclic || deep {
		return v, errEndless(place)
	}
	return v, nil
}

// endless says whether v contains itself, and whether it is nested deeper than
// maxNesting otherwise.
func endless(v reflect.Value) (cyclic, deep bool) {
	i := inspection{heights: map[container]int{}}
	i.height(v, 0)
	return i.cyclic, i.deep
}

// container identifies a map, or a slice with its length.
type container struct {
	at  uintptr
	len int
}

type inspection struct {
	heights      map[container]int // -1 while its parts are looked at
	cyclic, deep bool
}

// height gives how deep v is nested.
func (i *inspection) height(v reflect.Value, depth int) int {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() != reflect.Map && v.Kind() != reflect.Slice || v.Len() == 0 {
		return 0
	}
	id := container{at: v.Pointer(), len: v.Len()}
	if known, found := i.heights[id]; found {
		i.cyclic = i.cyclic || known < 0
		return max(known, 0)
	}
	if depth > maxNesting || i.deep {
		i.deep = true
		return 0
	}
	i.heights[id] = -1
	most := 0
	if v.Kind() == reflect.Map {
		for it := v.MapRange(); it.Next(); {
			most = max(most, i.height(it.Value(), depth+1))
		}
	} else if kind := v.Type().Elem().Kind(); kind == reflect.Interface || kind == reflect.Map || kind == reflect.Slice {
		for n := range v.Len() {
			most = max(most, i.height(v.Index(n), depth+1))
		}
	}
	i.heights[id] = most + 1
	i.deep = i.deep || most >= maxNesting
	return most + 1
}

// reaches says whether one of the maps is value or inside of it.
func reaches(value any, targets ...map[string]any) bool {
	ids := make([]uintptr, len(targets))
	for i, target := range targets {
		ids[i] = reflect.ValueOf(target).Pointer()
	}
	s := search{targets: ids}
	return s.find(value)
}

type search struct {
	targets []uintptr
	seen    map[container]bool
}

func (s *search) find(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		return s.findIn(value)
	case chartutil.Values:
		return s.findIn(value)
	case []any:
		return s.enter(value) && slices.ContainsFunc(value, s.find)
	case [][]any:
		return s.enter(value) && slices.ContainsFunc(value, func(list []any) bool { return s.find(list) })
	case []map[string]any:
		return s.enter(value) && slices.ContainsFunc(value, s.findIn)
	}
	return false
}

func (s *search) findIn(m map[string]any) bool {
	if slices.Contains(s.targets, reflect.ValueOf(m).Pointer()) {
		return true
	}
	entered := false
	for _, value := range m {
		switch value.(type) {
		case string, bool, float64, int64, int, nil:
			continue
		}
		if !entered && !s.enter(m) { // most maps hold nothing to search
			return false
		}
		entered = true
		if s.find(value) {
			return true
		}
	}
	return false
}

// enter says whether a map or slice has to be searched: once, if it holds anything.
func (s *search) enter(of any) bool {
	v := reflect.ValueOf(of)
	id := container{at: v.Pointer(), len: v.Len()}
	if id.len == 0 || s.seen[id] {
		return false
	}
	if s.seen == nil {
		s.seen = map[container]bool{}
	}
	s.seen[id] = true
	return true
}

// linksBack says whether merging from into another map would put one that is
// changed by it into itself.
func linksBack(into map[string]any, from []map[string]any, overwrite bool) bool {
	var changed []map[string]any
	var added []any
	var match func(into, from map[string]any)
	match = func(into, from map[string]any) {
		if into == nil || reflect.ValueOf(into).Pointer() == reflect.ValueOf(from).Pointer() {
			return
		}
		changed = append(changed, into)
		for key, value := range from {
			old, found := into[key]
			oldMap, isMap := old.(map[string]any)
			valueMap, bothMaps := value.(map[string]any)
			switch {
			case found && isMap && bothMaps && len(oldMap) > 0:
				match(oldMap, valueMap)
			case !found || overwrite || !truth(old):
				added = append(added, value)
			}
		}
	}
	for _, m := range from {
		match(into, m)
	}
	return slices.ContainsFunc(added, func(value any) bool { return reaches(value, changed...) })
}

func truth(v any) bool {
	t, _ := template.IsTrue(v)
	return t
}

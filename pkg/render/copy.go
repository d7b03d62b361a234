package render

// deepCopy copies plain data; false for anything else, which sprig copies.
func deepCopy(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return nil, false
		}
		out := make(map[string]any, len(v))
		for key, value := range v {
			c, ok := deepCopy(value)
			if !ok {
				return nil, false
			}
			out[key] = c
		}
		return out, true
	case []any:
		if v == nil {
			return nil, false
		}
		out := make([]any, len(v))
		for i, value := range v {
			c, ok := deepCopy(value)
			if !ok {
				return nil, false
			}
			out[i] = c
		}
		return out, true
	case string, bool, float64, int, int64:
		return v, true
	case nil:
		return nil, true
	}
	return nil, false
}

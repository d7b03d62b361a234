package render

import "sync"

// What a cache keeps at most; then it begins anew.
const (
	maxKept      = 2048
	maxKeptBytes = 4 << 20
)

// cache keeps what texts were read as. Most texts are the same in the next render.
type cache[V any] struct {
	mu    sync.Mutex
	kept  map[string]V
	bytes int
}

// get gives what read makes of a text. Errors are not kept.
func (c *cache[V]) get(text string, read func(string) (V, error)) (V, error) {
	c.mu.Lock()
	v, ok := c.kept[text]
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := read(text)
	if err != nil || len(text) > maxKeptBytes {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxKept || c.bytes+len(text) > maxKeptBytes {
		c.kept, c.bytes = map[string]V{}, 0
	}
	if _, ok := c.kept[text]; !ok {
		c.kept[text] = v
		c.bytes += len(text)
	}
	return v, nil
}

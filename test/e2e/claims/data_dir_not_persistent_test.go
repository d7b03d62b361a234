package claims_test

import "testing"

func TestDataDirNotPersistent(t *testing.T) {
	claim(t, "data-dir-not-persistent", func(e *example) {
		if got := e.replacedWithKey(); got != "" {
			e.Errorf("the next pod has the key: %q", got)
		}
		if out := e.mustExec("db-0", "ls", "-A", "/var/lib/valkey"); out != "" {
			e.Errorf("the claim is not empty: %s", out)
		}
	}, func(e *example) {
		if got := e.replacedWithKey(); got != "value" {
			e.Errorf("the next pod has %q", got)
		}
	})
}

// replacedWithKey gives what is left of a key after the pod was evicted.
func (e *example) replacedWithKey() string {
	e.Helper()
	e.apply("objects.yaml")
	e.ready("db-0")
	e.valkey("db-0", "set", "key", "value")
	old := e.pod("db-0")
	e.must(e.evict("db-0"))
	e.replaced(old)
	return e.valkey("db-0", "get", "key")
}

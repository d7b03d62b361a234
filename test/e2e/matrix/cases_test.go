package matrix

// Case is a preset in a pattern, with what the checks must know about the system.
// Its values are those of the example, with as little memory and disk as it runs in.
type Case struct {
	Preset  string
	Pattern string
	// Variant names a case beside the example's own: other values, fewer checks.
	Variant string
	// System is what the test's client speaks, the preset where empty.
	System string
	// Members of the main pool, and the other pools.
	Members int
	Pools   []string
	// MemoryMiB is the limit of each member; the case needs that of all its pods.
	MemoryMiB int
	// Values are merged over the example's and the common ones.
	Values string
	// Change is the setting that the upgrade check changes beside the image's tag.
	Change string
	// Manual: no member takes over by itself; the value `primary` moves the role.
	Manual bool
	// MayLose says why acknowledged writes may be lost with a node, empty where they may not.
	MayLose string
	// NoImage says why nothing can be started; then only the API server and the
	// scheduler are asked.
	NoImage string
	// Smoke cases run in CI.
	Smoke bool
	// Only these checks, all where empty.
	Only []string
}

const noMongoDB = "no package of MongoDB exists to build an image from"

// asynchronous is the reason of most systems that may lose.
const asynchronous = "replication is asynchronous"

var cases = []Case{
	{Preset: "postgresql", Pattern: "single-instance", Members: 1, MemoryMiB: 384, Smoke: true,
		Change: "server: {config: {max_connections: 150}}"},
	{Preset: "mysql", Pattern: "single-instance", Members: 1, MemoryMiB: 768,
		Change: "server: {config: {max_connections: 250}}"},
	{Preset: "mariadb", Pattern: "single-instance", Members: 1, MemoryMiB: 384,
		Change: "server: {config: {max_connections: 250}}"},
	{Preset: "redis", Pattern: "single-instance", Members: 1, MemoryMiB: 256,
		Change: "server: {config: {timeout: 900}}"},
	{Preset: "valkey", Pattern: "single-instance", Members: 1, MemoryMiB: 256,
		// The example is a cache without a log; this is about data.
		Values:  "server: {config: {appendonly: true, maxmemory-policy: noeviction}}",
		Change:  "server: {config: {timeout: 900}}",
		MayLose: "the log is synced every second"},
	{Preset: "custom", Pattern: "single-instance", System: "victoria-metrics", Members: 1, MemoryMiB: 256,
		MayLose: "the newest seconds are in memory only"},

	{Preset: "mongodb", Pattern: "single-instance", Members: 1, MemoryMiB: 256, NoImage: noMongoDB},

	{Preset: "mongodb", Pattern: "primary-replica", Members: 3, MemoryMiB: 256, NoImage: noMongoDB,
		// The cluster has neither cert-manager nor the Prometheus operator.
		Values: "{tls: {enabled: false}, metrics: {monitor: {enabled: false}, rules: {enabled: false}}}"},
	{Preset: "postgresql", Pattern: "primary-replica", Members: 3, MemoryMiB: 384, Smoke: true,
		Change: "server: {config: {max_connections: 150}}"},
	{Preset: "postgresql", Pattern: "primary-replica", Variant: "asynchronous", Members: 3, MemoryMiB: 384,
		Values:  "server: {config: {patroni.synchronous_mode: false}}",
		MayLose: asynchronous, Only: []string{"install", "failover"}},
	{Preset: "redis", Pattern: "primary-replica", Members: 3, Pools: []string{"sentinels", "router"}, MemoryMiB: 192,
		Change: "server: {config: {timeout: 900}}", MayLose: asynchronous},
	{Preset: "valkey", Pattern: "primary-replica", Members: 3, Pools: []string{"sentinels", "router"}, MemoryMiB: 192,
		Change: "server: {config: {timeout: 900}}", MayLose: asynchronous},
	{Preset: "mysql", Pattern: "primary-replica", Members: 3, MemoryMiB: 768, Manual: true,
		Change: "server: {config: {max_connections: 250}}"},
	{Preset: "mariadb", Pattern: "primary-replica", Members: 3, MemoryMiB: 384, Manual: true,
		Change: "server: {config: {max_connections: 250}}"},
	{Preset: "custom", Pattern: "primary-replica", System: "valkey", Members: 2, MemoryMiB: 192, Manual: true,
		MayLose: "the log is synced every second"},

	{Preset: "etcd", Pattern: "distributed", Members: 3, MemoryMiB: 384, Smoke: true,
		Change: "server: {config: {snapshot-count: 20000}}"},
	{Preset: "kafka", Pattern: "distributed", Members: 3, Pools: []string{"controllers"}, MemoryMiB: 640,
		Change: "server: {config: {log.cleaner.threads: 2}}"},
	{Preset: "redis-cluster", Pattern: "distributed", Members: 6, MemoryMiB: 192,
		Change: "server: {config: {timeout: 900}}", MayLose: asynchronous},
	{Preset: "valkey-cluster", Pattern: "distributed", Members: 6, MemoryMiB: 192,
		MayLose: asynchronous, Only: []string{"install", "engine", "network", "keep", "failover"}}, // the scripts are redis-cluster's
	{Preset: "custom", Pattern: "distributed", System: "nats", Members: 3, MemoryMiB: 256,
		Change: "server: {env: {JETSTREAM_MAX_STORE: 512M}}"},
}

// Name is as in E2E=PRESET/PATTERN.
func (c Case) Name() string {
	name := c.Preset + "/" + c.Pattern
	if c.Variant != "" {
		name += "/" + c.Variant
	}
	return name
}

func (c Case) system() string {
	if c.System != "" {
		return c.System
	}
	return c.Preset
}

func (c Case) single() bool { return c.Pattern == "single-instance" }

package manifest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/manifest"
)

func TestHideTakesOutTheValuesOfSecrets(t *testing.T) {
	text := []byte(`kind: ConfigMap
apiVersion: v1
metadata: {name: a}
data: {shown: hunter2}
---
apiVersion: v1
kind: Secret
metadata:
  name: b # kept
data:
  plain: aHVudGVyMg==
  "größe": "aHVudGVyMg=="
stringData:
  block: |
    hunter2

    hunter3
  folded:
    hunter2
    hunter3
  last: x
type: Opaque
---
{apiVersion: v1, kind: Secret, metadata: {name: c}, stringData: {a: hunter2, b: hunter3}}
---
apiVersion: v1
kind: Secret
metadata: {name: d}
data: hunter2
`)
	objects, found := manifest.Parse("f", text)
	require.Empty(t, found)
	require.Len(t, objects, 4)
	require.Equal(t, `kind: ConfigMap
apiVersion: v1
metadata: {name: a}
data: {shown: hunter2}
---
apiVersion: v1
kind: Secret
metadata:
  name: b # kept
data:
  plain: (hidden)
  "größe": (hidden)
stringData:
  block: (hidden)
    (hidden)

    (hidden)
  folded:
    (hidden)
    (hidden)
  last: (hidden)
type: Opaque
---
{apiVersion: v1, kind: Secret, metadata: {name: c}, stringData: {a: (hidden)
---
apiVersion: v1
kind: Secret
metadata: {name: d}
data: hunter2
`, string(manifest.Hide(text, objects)))
}

func TestHideLeavesOtherTextAlone(t *testing.T) {
	text := []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	objects, _ := manifest.Parse("f", text)
	require.Equal(t, string(text), string(manifest.Hide(text, objects)))
}

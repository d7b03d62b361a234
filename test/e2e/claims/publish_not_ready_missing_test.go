package claims_test

import (
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var etcds = []string{"etcd-0", "etcd-1", "etcd-2"}

func TestPublishNotReadyMissing(t *testing.T) {
	claim(t, "publish-not-ready-missing", func(e *example) {
		e.apply("objects.yaml")
		e.running(etcds...)
		for _, name := range etcds {
			e.until(time.Minute, name+" looks for its peers in vain", func() (bool, error) {
				return noSuchHost.MatchString(e.log(name)), nil
			})
			e.Logf("%s: %s", name, noSuchHost.FindString(e.log(name)))
		}
		// The Service knows all of them, and keeps them out of the DNS as not ready.
		e.until(time.Minute, "the Service has three pods, none of them ready", func() (bool, error) {
			ready, all := e.endpoints("etcd")
			return ready == 0 && all == 3, nil
		})
		e.stays(20*time.Second, "no member is ready", func() bool {
			for _, name := range etcds {
				if isReady(e.pod(name)) {
					return false
				}
			}
			return true
		})

		// It is this field and nothing else.
		_, err := lab.CoreV1().Services(e.namespace).Patch(e.ctx, "etcd", types.MergePatchType,
			[]byte(`{"spec": {"publishNotReadyAddresses": true}}`), metav1.PatchOptions{})
		e.must(err)
		e.ready(etcds...)
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready(etcds...)
		e.write("etcd-0", "key")
	})
}

// endpoints counts the pods that a Service has, and those that it publishes.
func (e *example) endpoints(service string) (ready, all int) {
	e.Helper()
	slices, err := lab.DiscoveryV1().EndpointSlices(e.namespace).List(e.ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service})
	e.must(err)
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			all++
			if endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
				ready++
			}
		}
	}
	return ready, all
}

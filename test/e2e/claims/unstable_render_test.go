package claims_test

import (
	"os/exec"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestUnstableRender(t *testing.T) {
	claim(t, "unstable-render", func(e *example) {
		if out, err := e.release("1.0.0"); err != nil {
			e.Fatal(out)
		}
		e.ready("db-0")
		first := e.password()
		e.login(first)
		if out, err := e.release("1.0.0"); err != nil { // the same chart, the same values
			e.Fatal(out)
		}
		second := e.password()
		if first == second {
			e.Fatal("the password is the same")
		}
		out, err := e.psql(second)
		if err == nil {
			e.Fatal("the server takes a password that it was not told")
		}
		e.Logf("with the password of the Secret: %s", out)
		e.contains(out, `password authentication failed for user "postgres"`)
		e.login(first)

		// helm rollback does not render: it applies what it has stored.
		if out, err := exec.CommandContext(e.ctx, helm, "rollback", "db", "1", "--kubeconfig", lab.Kubeconfig, "--namespace", e.namespace).CombinedOutput(); err != nil {
			e.Fatalf("%s", out)
		}
		if e.password() != first {
			e.Error("helm rollback does not bring the password back")
		}
	}, func(e *example) {
		_, err := lab.CoreV1().Secrets(e.namespace).Create(e.ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "db"}, StringData: map[string]string{"password": "chosen-by-the-user"}}, metav1.CreateOptions{})
		e.must(err)
		for range 2 {
			if out, err := e.release("1.0.0"); err != nil {
				e.Fatal(out)
			}
			e.ready("db-0")
			e.login(e.password())
		}
	})
}

// password is what a client would read.
func (e *example) password() string {
	e.Helper()
	secret, err := lab.CoreV1().Secrets(e.namespace).Get(e.ctx, "db", metav1.GetOptions{})
	e.must(err)
	return string(secret.Data["password"])
}

func (e *example) psql(password string) (string, error) {
	return e.exec("db-0", "env", "PGPASSWORD="+password, "psql", "--host=127.0.0.1", "--username=postgres", "--command=select 1")
}

func (e *example) login(password string) {
	e.Helper()
	if out, err := e.psql(password); err != nil {
		e.Fatal(out)
	}
}

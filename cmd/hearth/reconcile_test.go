package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
)

// The command says that nothing is left over, or what is and is an error.
func TestReconcileSaysWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.Confirmed(factory.Person(t, w.DB, "Tom"), factory.Home(t, w.DB, w.Owner("Olga").ID, nil), 20, 2)
	var out bytes.Buffer
	if err := reconcileAll(t.Context(), w.Reconcile, &out, false); err != nil || !strings.Contains(out.String(), "Nothing is left over.") {
		t.Errorf("%v\n%s", err, &out)
	}
	form := url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_visa"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Sandbox+"/v1/charges", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer sk_test_somebody")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(err, answer)
	}
	answer.Body.Close()
	out.Reset()
	if err := reconcileAll(t.Context(), w.Reconcile, &out, false); !errors.Is(err, errBooks) {
		t.Errorf("the error is %v", err)
	}
	for _, want := range []string{"ours", "$74.47", "Stripe has $77.00 more", "A charge that Hearth did not make"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, &out)
		}
	}
	out.Reset()
	if err := reconcileAll(t.Context(), w.Reconcile, &out, true); !errors.Is(err, errBooks) {
		t.Errorf("the error is %v", err)
	}
	var told booksJSON
	if err := json.Unmarshal(out.Bytes(), &told); err != nil || told.Agrees || len(told.Remainders) != 2 || told.Balances[0].Difference != 7447 {
		t.Errorf("%v\n%s", err, &out)
	}
}

package stripesandbox

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// A plain value is what encoding and decoding would make of it.
func TestPlainIsWhatJSONSees(t *testing.T) {
	type inner struct {
		A text           `json:"a"`
		B number         `json:"b"`
		C []string       `json:"c"`
		D map[string]any `json:"d,omitempty"`
	}
	for _, v := range []any{
		&Charge{header: header{ID: "ch_1", Object: "charge", Created: 7}, Billing: BillingDetails{Email: "a@example.com"}, Metadata: map[string]string{"a": "b"}, TransferData: &TransferData{Destination: "acct_1"}},
		&Charge{}, &Account{Requirements: noRequirements()}, &Event{Data: EventData{Object: json.RawMessage(`{"x":[1,"<"]}`)}},
		&inner{}, &inner{A: "<&>", B: -3, C: []string{}, D: map[string]any{"n": nil, "f": 1.5, "l": []any{1, "x", inner{}}}},
		&apiError{Status: 402, Message: "no", Intent: map[string]any{"id": "pi_1"}}, &Session{Lines: []LineItem{{ID: "li_1"}}},
	} {
		got, want := decoded(t, plain(v)), decoded(t, v)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%T:\n%v\nJSON sees\n%v", v, got, want)
		}
	}
	if reflect.DeepEqual(decoded(t, plain(&inner{B: 1})), decoded(t, &inner{B: 2})) {
		t.Error("the comparison sees no difference")
	}
}

func decoded(t *testing.T, v any) (out any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

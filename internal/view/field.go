package view

import (
	"fmt"
	"strings"
	"time"

	"hearth/internal/money"
)

// Field is one input of a form with its label, hint and error: the part
// "field". Templates make it with the function field, from names and values:
//
//	{{template "field" (field "name" "email" "label" "Email" "type" "email"
//	    "value" .Form.Email "errors" .Errors "required" true)}}
//
// Type is one of text, email, password, tel, url, search, number, date, time,
// file, money, select, textarea, checkbox and radio.
type Field struct {
	Name, Label, Type, Value, Error, Hint, Placeholder, Autocomplete string
	Min, Max, Step, Prefix, InputMode, Accept, Pattern               string
	Rows, MaxLength                                                  int
	Options                                                          []Option
	Required, Checked, Disabled, Autofocus, Multiple                 bool
}

// Option is one choice of a select or radio field.
type Option struct{ Value, Label string }

// ID is the input's id: the error summary links to it.
func (f Field) ID() string { return fieldID(f.Name) }

func fieldID(name string) string {
	return "f-" + strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(name)
}

// DescribedBy names the hint and the error for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// newField makes a Field of names and values; a name it does not know is an
// error, so that a slip of the pen is found by the first test of the page.
func newField(pairs ...any) (Field, error) {
	values, err := dict(pairs...)
	if err != nil {
		return Field{}, err
	}
	f := Field{Type: "text", Rows: 4}
	texts := map[string]*string{
		"name": &f.Name, "label": &f.Label, "type": &f.Type, "error": &f.Error, "hint": &f.Hint,
		"placeholder": &f.Placeholder, "autocomplete": &f.Autocomplete, "min": &f.Min, "max": &f.Max,
		"step": &f.Step, "prefix": &f.Prefix, "inputmode": &f.InputMode, "accept": &f.Accept, "pattern": &f.Pattern,
		"value": &f.Value,
	}
	flags := map[string]*bool{
		"required": &f.Required, "checked": &f.Checked, "disabled": &f.Disabled,
		"autofocus": &f.Autofocus, "multiple": &f.Multiple,
	}
	numbers := map[string]*int{"rows": &f.Rows, "maxlength": &f.MaxLength}
	for name, value := range values {
		ok := true
		if text := texts[name]; text != nil {
			*text = fieldText(value)
		} else if flag := flags[name]; flag != nil {
			*flag, ok = value.(bool)
		} else if number := numbers[name]; number != nil {
			*number, ok = value.(int)
		} else if name == "options" {
			f.Options, ok = value.([]Option)
		} else if name != "errors" {
			return Field{}, fmt.Errorf("field %v: there is no %q", values["name"], name)
		}
		if !ok {
			return Field{}, fmt.Errorf("field %v: %q cannot be a %T", values["name"], name, value)
		}
	}
	if f.Name == "" || f.Label == "" {
		return Field{}, fmt.Errorf("field %q %q: wants a name and a label", f.Name, f.Label)
	}
	if errors, ok := values["errors"].(map[string]string); ok && f.Error == "" {
		f.Error = errors[f.Name]
	}
	return f, nil
}

// fieldText writes a value as its input wants it.
func fieldText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		return isoDay(v)
	case money.Amount:
		return v.Decimal()
	}
	return fmt.Sprint(value)
}

// newOptions makes choices of values and labels in turn.
func newOptions(pairs ...any) ([]Option, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("options wants pairs, got %d values", len(pairs))
	}
	var all []Option
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Option{fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])})
	}
	return all, nil
}

// fieldErrors are the errors of a form in the order of their names, each with
// a link to its input: the part "formErrors".
func fieldErrors(errors map[string]string) []Link {
	var all []Link
	for _, name := range sortedKeys(errors) {
		href := "#" + fieldID(name)
		if name == "" {
			href = "" // about the form as a whole
		}
		all = append(all, Link{errors[name], href})
	}
	return all
}

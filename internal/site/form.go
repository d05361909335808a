package site

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"hearth/internal/fault"

	"github.com/go-playground/form/v4"
)

// decode reads a sent form into a struct by its tags `form:"name"`. What is
// not in the struct is ignored; what does not fit is Invalid, by field.
func decode(r *http.Request, into any) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	return decodeValues(r.PostForm, into)
}

// decodeQuery reads the address's query in the same way.
func decodeQuery(r *http.Request, into any) error { return decodeValues(r.URL.Query(), into) }

func decodeValues(values url.Values, into any) error {
	decoder := form.NewDecoder()
	decoder.SetMode(form.ModeExplicit)
	for name, texts := range values {
		if len(texts) == 1 && texts[0] == "" && !isText(into, name) {
			delete(values, name) // an empty number or date is none
		}
	}
	err := decoder.Decode(into, values)
	var wrong form.DecodeErrors
	if errors.As(err, &wrong) {
		fields := map[string]string{}
		for name := range wrong {
			fields[tagOf(into, name)] = "We cannot read this."
		}
		return fault.Fields(fields)
	}
	if err != nil {
		return fmt.Errorf("decode a form: %w", err)
	}
	return nil
}

// unreadable keeps what is too large apart from what is no form at all.
func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return refusal{http.StatusBadRequest, "We could not read what your browser sent."}
}

// isText reports whether the field of a tag is a string, for which empty is a
// value like any other.
func isText(into any, tag string) bool {
	t := reflect.TypeOf(into).Elem()
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("form") == tag {
			return t.Field(i).Type.Kind() == reflect.String
		}
	}
	return true
}

// tagOf is the form's name of a struct's field; the decoder reports either.
func tagOf(into any, name string) string {
	if field, ok := reflect.TypeOf(into).Elem().FieldByName(name); ok && field.Tag.Get("form") != "" {
		return field.Tag.Get("form")
	}
	return strings.ToLower(name)
}

// formErrors are the messages that a form shows when it is rendered again; nil
// if the error is not the person's to mend. A message about no field in
// particular has the name "".
func formErrors(err error) map[string]string {
	f, ok := fault.Of(err)
	if !ok || (f.Kind != fault.Invalid && f.Kind != fault.Conflict && f.Kind != fault.Denied) {
		return nil
	}
	if len(f.Fields) > 0 {
		return f.Fields
	}
	return map[string]string{"": f.Message}
}

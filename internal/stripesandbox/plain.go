package stripesandbox

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// plain is a struct as JSON sees it. It does what encoding and decoding again
// would do, at a fraction of the cost: every answer and event begins here.
func plain(v any) map[string]any { return plainValue(reflect.ValueOf(v)).(map[string]any) }

func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Interface, reflect.Pointer:
		return plainValue(v.Elem())
	case reflect.Struct:
		m := make(map[string]any, v.NumField()+8)
		for _, f := range fieldsOf(v.Type()) {
			if inside := v.FieldByIndex(f.index); !f.omitEmpty || !empty(inside) {
				m[f.name] = plainValue(inside)
			}
		}
		return m
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = plainValue(it.Value())
		}
		return m
	case reflect.Slice:
		return plainSlice(v)
	case reflect.String:
		if v.Type() == typeText && v.Len() == 0 {
			return nil
		}
		return v.String()
	case reflect.Int, reflect.Int64:
		if v.Type() == typeNumber && v.Int() == 0 {
			return nil
		}
		return v.Int()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float64:
		return v.Float()
	}
	panic(fmt.Sprintf("no object holds a %s", v.Type()))
}

func plainSlice(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return v.Interface() // bytes, or JSON as it is
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = plainValue(v.Index(i))
	}
	return list
}

var (
	typeText   = reflect.TypeFor[text]()
	typeNumber = reflect.TypeFor[number]()
)

// empty is what omitempty leaves out.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// field is a field of a struct as JSON names it.
type field struct {
	name      string
	index     []int
	omitEmpty bool
}

var fieldCache sync.Map // reflect.Type to []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := fieldCache.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{name, f.Index, options == "omitempty"})
	}
	fieldCache.Store(t, fields)
	return fields
}

// compact is a value as JSON on one line, with < and & as they are.
func compact(v any) json.RawMessage {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // plain values always encode
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

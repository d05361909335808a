package config

import "reflect"

// variable is the environment variable of a field.
func variable(field string) string {
	if f, ok := reflect.TypeFor[Config]().FieldByName(field); ok {
		return f.Tag.Get("env")
	}
	return field
}

// Variables lists every environment variable that is read, in order.
func Variables() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("env"); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

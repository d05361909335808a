package stripesandbox

// optionNames are the payment_method_options that are kept, by type.
var optionNames = map[string][]string{
	"card": {"capture_method", "network", "request_extended_authorization", "request_incremental_authorization", "request_multicapture", "request_overcapture",
		"request_three_d_secure", "setup_future_usage"},
	"link":    {"capture_method", "setup_future_usage"},
	sepaDebit: {"setup_future_usage"},
	usBank:    {"preferred_settlement_speed", "setup_future_usage", "verification_method"},
	"ideal":   {"setup_future_usage"},
	"oxxo":    {"expires_after_days", "setup_future_usage"},
}

// methodOptions lays the payment_method_options sent over those there are.
func (c *call) methodOptions(old map[string]map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for kind, names := range optionNames {
		options := map[string]any{}
		for k, v := range old[kind] {
			options[k] = v
		}
		for _, name := range names {
			c.readOption(options, "payment_method_options["+kind+"]["+name+"]", name)
		}
		if len(options) > 0 {
			out[kind] = options
		}
	}
	return out
}

func (c *call) readOption(options map[string]any, key, name string) {
	switch {
	case !c.has(key):
	case name == "expires_after_days":
		options[name] = c.int(key)
		if days := c.int(key); days < 1 || days > 7 {
			c.fail(invalid("parameter_invalid_integer", key, "The number of days must be between 1 and 7."))
		}
	case c.str(key) == "":
		delete(options, name)
	default:
		options[name] = c.str(key)
	}
}

// showOptions is how an intent shows the options of the types it takes.
func showOptions(types []string, options map[string]map[string]any) map[string]any {
	out := map[string]any{}
	for _, kind := range types {
		shown := map[string]any{}
		switch kind {
		case "card":
			shown = map[string]any{"installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}
		case usBank:
			shown["verification_method"] = "automatic"
		case "oxxo":
			shown["expires_after_days"] = 3
		}
		for k, v := range options[kind] {
			shown[k] = v
		}
		out[kind] = shown
	}
	return out
}

// option is what an intent was told about a type; "" when nothing.
func (in *Intent) option(kind, name string) string {
	v, _ := in.Options[kind][name].(string)
	return v
}

// holds says whether a payment by this type waits for a capture.
func (in *Intent) holds(kind string) bool {
	return in.CaptureMethod == "manual" || in.option(kind, "capture_method") == "manual"
}

// future is what the type is saved for: "", on_session or off_session.
func (in *Intent) future(kind string) text {
	switch v := in.option(kind, "setup_future_usage"); v {
	case "":
		return in.FutureUsage
	case "none":
		return ""
	default:
		return text(v)
	}
}

// showSetupOptions: cards always say theirs.
func showSetupOptions(si *SetupIntent) map[string]any {
	out := showOptions(si.MethodTypes, si.Options)
	delete(out, "link")
	if card, ok := out["card"].(map[string]any); ok {
		out["card"] = map[string]any{"mandate_options": nil, "network": card["network"], "request_three_d_secure": card["request_three_d_secure"]}
	}
	return out
}

package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/config"
)

func production() map[string]string {
	return map[string]string{
		"HEARTH_BASE_URL": "https://homes.example", "STRIPE_SECRET_KEY": "sk_live_abc", "SMTP_HOST": "smtp.example",
		"STRIPE_WEBHOOK_SECRET": "whsec_a,whsec_b", "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_c",
	}
}

func TestProductionIsAccepted(t *testing.T) {
	c, err := config.Read(production())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if !c.Live() || c.Sandbox() || !c.Secure() || len(c.WebhookSecrets) != 2 || c.Fee() != 1200 {
		t.Errorf("read wrong: %+v", c)
	}
}

func TestEveryMistakeIsSaidAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		set  map[string]string
		want string
	}{
		"live key to a stand-in":    {map[string]string{"STRIPE_API_BASE": "http://127.0.0.1:12111"}, "a live key may only be sent to"},
		"live key on http":          {map[string]string{"HEARTH_BASE_URL": "http://homes.example"}, "needs an https HEARTH_BASE_URL"},
		"publishable key":           {map[string]string{"STRIPE_SECRET_KEY": "pk_test_abc"}, "does not look like a secret key"},
		"no key":                    {map[string]string{"STRIPE_SECRET_KEY": ""}, "STRIPE_SECRET_KEY is missing"},
		"no webhook secret":         {map[string]string{"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is missing"},
		"no connect webhook secret": {map[string]string{"STRIPE_CONNECT_WEBHOOK_SECRET": ""}, "STRIPE_CONNECT_WEBHOOK_SECRET is missing"},
		"one secret for both":       {map[string]string{"STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_a"}, "same secret"},
		"fee above the whole":       {map[string]string{"HEARTH_FEE_BPS": "10001"}, "HEARTH_FEE_BPS"},
		"unknown currency":          {map[string]string{"HEARTH_CURRENCY": "USD"}, "HEARTH_CURRENCY"},
		"no mail":                   {map[string]string{"SMTP_HOST": ""}, "SMTP_HOST is missing"},
	} {
		environment := production()
		for k, v := range c.set {
			environment[k] = v
		}
		got, err := config.Read(environment)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	c, _ := config.Read(map[string]string{})
	if err := c.Check(); err == nil || strings.Count(err.Error(), "\n") < 3 {
		t.Errorf("an empty environment has several mistakes, got: %v", err)
	}
	if _, err := config.Read(map[string]string{"HEARTH_FEE_BPS": "twelve"}); err == nil || !strings.Contains(err.Error(), "HEARTH_FEE_BPS is not a valid") {
		t.Errorf("unreadable number: %v", err)
	}
}

// README lists every setting, and no other.
func TestReadmeListsTheSettings(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range config.Variables() {
		if !strings.Contains(string(raw), "`"+name+"`") {
			t.Errorf("README.md does not say what %s is", name)
		}
	}
	for _, name := range regexp.MustCompile("`(HEARTH_[A-Z_]+)`").FindAllStringSubmatch(string(raw), -1) {
		if !slices.Contains(config.Variables(), name[1]) {
			t.Errorf("README.md speaks of %s, which nothing reads", name[1])
		}
	}
}

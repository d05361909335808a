package stripesandbox

import "encoding/json"

// settleBilling keeps what objects of billing show of others in full.
func (s *Server) settleBilling(r record, shown map[string]any) (err error) {
	switch t := r.(type) {
	case *Subscription:
		if t.Items, err = s.takeList(shown, "items"); err == nil && len(t.Items) > 0 && !t.over() && t.PeriodEnd > s.nowOn(t.Clock) {
			s.watch(t)
		}
	case *SubscriptionItem:
		t.Price, err = s.takePrice(shown)
	case *InvoiceItem:
		t.Price, err = s.takePrice(shown)
	case *Invoice:
		t.Lines, err = s.takeLines(shown)
	}
	return err
}

// takePrice takes in the price that an object shows, and names it.
func (s *Server) takePrice(shown map[string]any) (string, error) {
	if id, ok := shown["price"].(string); ok || shown["price"] == nil {
		return id, nil
	}
	raw, err := json.Marshal(shown["price"])
	if err != nil {
		return "", err
	}
	return s.adopt(raw, "")
}

func (s *Server) takeLines(shown map[string]any) (lines []*InvoiceLine, err error) {
	list, _ := shown["lines"].(map[string]any)
	data, _ := list["data"].([]any)
	for _, item := range data {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		l := &InvoiceLine{}
		if err := json.Unmarshal(raw, l); err != nil {
			return nil, err
		}
		if m, ok := item.(map[string]any); ok {
			if l.Price, err = s.takePrice(m); err != nil {
				return nil, err
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

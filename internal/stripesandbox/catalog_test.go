package stripesandbox_test

import (
	"slices"
	"testing"
)

// walkCatalog calls every route of products and prices.
func (w *walk) walkCatalog() {
	p := "/v1/products/" + id(w.step("POST", "/v1/products", "name=A room", "description=By the sea", "images[0]=https://h.test/a.jpg", "metadata[a]=b", "shippable=false",
		"default_price_data[currency]=usd", "default_price_data[unit_amount]=90000", "default_price_data[recurring][interval]=month", "features[0][name]=Balcony", "url=https://h.test/"))
	w.step("GET", p, "expand[0]=default_price")
	w.step("POST", p, "name=A larger room", "active=true", "metadata[a]=c")
	w.step("GET", "/v1/products", "active=true", "limit=3")
	price := "/v1/prices/" + id(w.step("POST", "/v1/prices", "currency=usd", "unit_amount_decimal=12.5", "product="+id(w.get(p).Result), "lookup_key=night", "nickname=Night", "metadata[a]=b"))
	w.step("GET", price, "expand[0]=product")
	w.step("POST", price, "active=false", "nickname=Old")
	w.step("GET", "/v1/prices", "currency=usd", "type=one_time", "lookup_keys[0]=night", "recurring[interval]=month")
	w.step("POST", "/v1/prices", "currency=usd", "unit_amount=500", "product_data[name]=Cleaning")
	gone := id(w.step("POST", "/v1/products", "name=Gone", "id=gone"))
	w.step("DELETE", "/v1/products/"+gone)
}

func TestProductsAndPrices(t *testing.T) {
	b := start(t)
	p := b.post("/v1/products", "name=Room", "default_price_data[currency]=eur", "default_price_data[unit_amount]=120000", "default_price_data[recurring][interval]=month")
	rent := b.get("/v1/prices/"+p.Get("default_price").String(), "expand[0]=product")
	if rent.Get("product.name").String() != "Room" || rent.Get("type").String() != "recurring" || rent.Get("recurring.interval_count").Int() != 1 || rent.Get("unit_amount_decimal").String() != "120000" {
		t.Errorf("rent: %s", rent.Raw)
	}
	half := b.post("/v1/prices", "currency=eur", "unit_amount_decimal=0.5", "product="+id(p.Result), "lookup_key=half")
	if half.Get("unit_amount").Raw != "null" || half.Get("unit_amount_decimal").String() != "0.5" {
		t.Errorf("half a cent: %s", half.Raw)
	}
	b.refused(400, "resource_already_exists", "already uses that lookup key", "/v1/prices", "currency=eur", "unit_amount=1", "product="+id(p.Result), "lookup_key=half")
	b.post("/v1/prices", "currency=eur", "unit_amount=2", "product="+id(p.Result), "lookup_key=half", "transfer_lookup_key=true")
	if got := b.get("/v1/prices", "lookup_keys[0]=half").Get("data.#.unit_amount").Raw; got != "[2]" {
		t.Errorf("the lookup key names %s", got)
	}
	if got := b.get("/v1/prices", "recurring[interval]=month").Get("data.#.id").Raw; got != `["`+id(rent.Result)+`"]` {
		t.Errorf("monthly prices: %s", got)
	}
	b.refused(400, "", "must belong to the product", "/v1/products/"+id(b.post("/v1/products", "name=Other").Result), "default_price="+id(half.Result))
	b.refused(400, "resource_missing", "No such product: 'prod_x'", "/v1/prices", "currency=eur", "unit_amount=1", "product=prod_x")
	b.refused(400, "parameter_missing", "unit_amount", "/v1/prices", "currency=eur", "product="+id(p.Result))
	if r := b.call("DELETE", "/v1/products/"+id(p.Result)); r.status != 400 {
		t.Errorf("a product with prices was deleted: %s", r.Raw)
	}
	b.post("/v1/products", "name=Mine", "id=mine")
	b.refused(400, "resource_already_exists", "already exists", "/v1/products", "name=Mine", "id=mine")
	b.flush()
	if got := b.hook.types(); !slices.Contains(got, "product.created") || !slices.Contains(got, "price.created") || !slices.Contains(got, "price.updated") {
		t.Errorf("told: %v", got)
	}
}

// A session's lines may name prices or bring their own; what they cost is the
// same, and the price is one that can be looked up.
func TestCheckoutLinesByPrice(t *testing.T) {
	b := start(t)
	third := id(b.post("/v1/prices", "currency=usd", "unit_amount_decimal=33.35", "product_data[name]=Towel").Result)
	rent := id(b.post("/v1/prices", "currency=usd", "unit_amount=90000", "recurring[interval]=month", "product_data[name]=Rent").Result)
	base := []string{"mode=payment", "success_url=https://h.test/ok"}
	cs := b.post("/v1/checkout/sessions", with(base, "line_items[0][price]="+third, "line_items[0][quantity]=3", "line_items[1][price_data][currency]=usd",
		"line_items[1][price_data][unit_amount]=500", "line_items[1][price_data][product_data][name]=Cleaning", "line_items[1][quantity]=2", "expand[0]=line_items.data.price.product")...)
	if cs.Get("amount_total").Int() != 100+1000 {
		t.Errorf("three at 33.35 and two at 500 are %d", cs.Get("amount_total").Int())
	}
	if got := cs.Get("line_items.data.#.price.product.name").Raw; got != `["Towel","Cleaning"]` {
		t.Errorf("lines are of %s", got)
	}
	if got := cs.Get("line_items.data.#.price.active").Raw; got != `[true,false]` {
		t.Errorf("for sale: %s", got)
	}
	inline := b.get("/v1/prices/" + cs.Get("line_items.data.1.price.id").String())
	b.refused(400, "", "inactive", "/v1/checkout/sessions", with(base, "line_items[0][price]="+id(inline.Result), "line_items[0][quantity]=1")...)
	b.refused(400, "", "passed a recurring price", "/v1/checkout/sessions", with(base, "line_items[0][price]="+rent, "line_items[0][quantity]=1")...)
	b.refused(400, "resource_missing", "No such price: 'price_x'", "/v1/checkout/sessions", with(base, "line_items[0][price]=price_x", "line_items[0][quantity]=1")...)
	b.refused(400, "parameter_missing", "Quantity is required", "/v1/checkout/sessions", with(base, "line_items[0][price]="+third)...)
	if paid := b.steer("/checkout/"+id(cs.Result)+"/pay", m{"card": visa, "email": "a@example.com"}); paid.Get("payment_status").String() != "paid" {
		t.Errorf("not paid: %s", paid.Raw)
	}
	b.balanced()
}

// The part of a merchant's server: it has the secret key and says what is paid.
// A page of yours never does this itself; this one may, because it is served by
// the sandbox and the key opens nothing else.
async function post(path, params) {
  const response = await fetch(path, {method: 'POST', body: new URLSearchParams(params), headers: {Authorization: 'Bearer sk_test_demo'}});
  const body = await response.json();
  if (!response.ok) throw new Error(body.error.message);
  return body;
}

const ways = {usd: ['card', 'us_bank_account'], eur: ['card', 'sepa_debit', 'ideal'], mxn: ['card', 'oxxo']};

export async function makePayment(currency) {
  const types = ways[currency].map((type, i) => [`payment_method_types[${i}]`, type]);
  return (await post('/v1/payment_intents', [['amount', '9000'], ['currency', currency], ...types])).client_secret;
}

export async function makeSetup() {
  return (await post('/v1/setup_intents', {'payment_method_types[0]': 'card'})).client_secret;
}

export async function makeCheckout(currency) {
  const line = 'line_items[0]';
  return (await post('/v1/checkout/sessions', {
    mode: 'payment', ui_mode: 'embedded', redirect_on_completion: 'if_required', return_url: `${location.origin}/demo/elements?show=checkout&session={CHECKOUT_SESSION_ID}`, [`${line}[quantity]`]: '1',
    [`${line}[price_data][currency]`]: currency, [`${line}[price_data][unit_amount]`]: '9000', [`${line}[price_data][product_data][name]`]: 'A stay',
  })).client_secret;
}

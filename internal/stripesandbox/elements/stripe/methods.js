// createPaymentMethod, createToken and createSource.
async function createPaymentMethod(stripe, first, second, third) {
  if (typeof first === 'string') return createPaymentMethod(stripe, {...third, type: first, [first]: second instanceof Element ? second : second?.[first] ?? second});
  if (!first || typeof first !== 'object') mistake(`Invalid value for createPaymentMethod: data should be an object. You specified: ${shown(first)}.`);
  if (first.elements) {
    const payment = first.elements.getElement('payment');
    if (!payment?._mounted) mistake('Invalid value for createPaymentMethod: elements should have a mounted Payment Element.');
    const {error} = await first.elements.submit();
    if (error) return {error};
    const params = (await withGathered(first.elements, {payment_method_data: first.params})).payment_method_data;
    return named('paymentMethod', await fromElement(payment, '')('/v1/payment_methods', params));
  }
  const {type, ...rest} = first;
  if (!type) mistake('Invalid value for createPaymentMethod: type is missing.');
  const made = rest[type];
  if (made instanceof Element) {
    delete rest[type];
    return named('paymentMethod', await fromElement(made, '')('/v1/payment_methods', {type, ...rest}));
  }
  if (type === 'card' && !made?.token) mistake(`Invalid value for createPaymentMethod: card should be object or element. You specified: ${shown(made)}.`);
  return named('paymentMethod', await request(stripe._access, 'POST', '/v1/payment_methods', first));
}

async function createToken(stripe, from, data = {}) {
  if (from instanceof Element) {
    if (from._type === 'iban') return named('token', {error: {type: 'invalid_request_error', message: 'An IBAN makes a payment method, not a token.'}});
    return named('token', await fromElement(from, 'token')('/v1/tokens', {card: data}));
  }
  if (!['bank_account', 'pii', 'account', 'person', 'cvc_update'].includes(from)) mistake('You must provide a Stripe Element or a valid token type to create a Token.');
  if (data instanceof Element) mistake('The sandbox makes no cvc_update token of an Element.');
  if (data.personal_id_number) data = {id_number: data.personal_id_number}; // its name on pages
  return named('token', await request(stripe._access, 'POST', '/v1/tokens', {[from]: data}));
}

function named(name, {object, error}) {
  return error ? {error} : {[name]: object};
}

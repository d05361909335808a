// What a page does with an intent: read it, confirm it, and carry out what is
// asked for then.

const kinds = {
  payment_intent: {path: '/v1/payment_intents', result: 'paymentIntent', error: 'last_payment_error'},
  setup_intent: {path: '/v1/setup_intents', result: 'setupIntent', error: 'last_setup_error'},
};

// parseSecret takes a client secret apart.
function parseSecret(caller, secret, wanted) {
  const [, id, prefix] = /^((pi|seti)_\w+?)_secret_\w+$/.exec(secret) ?? [];
  const kind = {pi: 'payment_intent', seti: 'setup_intent'}[prefix];
  if (!kind || (wanted && wanted !== kind)) {
    mistake(`Invalid value for ${caller} intent secret: value should be a client secret of the form \${id}_secret_\${secret}. You specified: ${shown(secret)}.`);
  }
  return {kind, id, secret};
}

async function retrieve(access, {kind, id, secret}) {
  const {object, error} = await request(access, 'GET', `${kinds[kind].path}/${id}`, {client_secret: secret});
  return error ? {error} : {[kinds[kind].result]: object};
}

// settled is how an intent is told to the page: one that failed is an error.
function settled(kind, intent) {
  const failure = intent[kinds[kind].error];
  if (intent.status === 'requires_payment_method' && failure) return {error: {...failure, [kind]: intent}};
  return {[kinds[kind].result]: intent};
}

// act does what an intent asks for next, and answers with what came of it.
async function act(access, what, intent) {
  const action = intent.next_action;
  if (intent.status !== 'requires_action' || !action) return settled(what.kind, intent);
  switch (action.type) {
    case 'use_stripe_sdk':
      if (await dialog(`${origin}/v3/window/${intent.id}`, 'Secure authentication frame') === null) {
        await request(access, 'POST', `${kinds[what.kind].path}/${intent.id}/source_cancel`, {client_secret: what.secret});
      }
      break;
    case 'redirect_to_url':
      return leave(action.redirect_to_url.url);
    case 'oxxo_display_details':
      await dialog(`${origin}/v3/window/${intent.id}`, 'Voucher');
      break;
    default:
      return settled(what.kind, intent); // nothing that a page can do
  }
  const after = await retrieve(access, what);
  return after.error ? after : settled(what.kind, after[kinds[what.kind].result]);
}

// confirm confirms an intent with the parameters, and with what source adds to
// them: an element fills in what the page must never see.
async function confirm(access, what, params, source, handle = true) {
  const path = `${kinds[what.kind].path}/${what.id}/confirm`;
  const all = {...params, use_stripe_sdk: true, client_secret: what.secret};
  const {object, error} = source ? await source(path, all) : await request(access, 'POST', path, all);
  if (error) return {error};
  return handle ? act(access, what, object) : settled(what.kind, object);
}

// fromElement lets an element's frame send a request with what was typed there,
// under a name: its own type for a token, payment_method_data for a confirmation.
function fromElement(element, under) {
  return (path, params) => {
    const group = element._group;
    const holder = ['cardExpiry', 'cardCvc'].includes(element._type) ? group.getElement('cardNumber') || element : element;
    return holder._ask('send', {path, params, under, parts: holder._type === 'cardNumber' ? group._cardParts() : []});
  };
}

// splitMethod reads the ways to name a payment method: by id, by element, by
// token, or by what it is made of.
function splitMethod(caller, type, method) {
  if (method === undefined || method === null) return {};
  if (typeof method === 'string') return {params: {payment_method: method}};
  const {[type]: made, ...rest} = method;
  if (made instanceof Element) return {element: made, data: {type, ...rest}};
  if (type === 'card' && (typeof made !== 'object' || made === null)) {
    mistake(`Invalid value for ${caller}: payment_method.card should be an object or element. You specified: ${shown(made)}.`);
  }
  if (type === 'card' && !made.token) mistake('The sandbox, like Stripe, takes card numbers from Elements and tokens only, not from the page.');
  return {data: {type, [type]: made, ...rest}};
}

// confirmWith is every confirmCardPayment, confirmSepaDebitPayment and so on.
async function confirmWith(access, caller, kind, type, secret, data = {}, options = {}) {
  const what = parseSecret(`stripe.${caller}`, secret, kind);
  const {payment_method: method, ...params} = data;
  const {element, data: made, params: named} = splitMethod(`stripe.${caller}`, type, method);
  const all = {...params, ...named, ...(made && {payment_method_data: made})};
  return confirm(access, what, all, element && fromElement(element, 'payment_method_data'), options.handleActions !== false);
}

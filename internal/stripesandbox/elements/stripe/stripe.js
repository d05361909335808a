// Stripe itself: what window.Stripe(key, options) answers.
class StripeClient {
  constructor(key, {stripeAccount, apiVersion, locale} = {}) {
    this._access = {origin, key, account: stripeAccount, version: apiVersion};
    this._locale = locale || 'auto';
    this._apiKey = key;
    this._keyMode = 'test';
    this._embedded = false;
  }

  _registerWrapper() {}
  registerAppInfo() {}

  elements(options) { return new Elements(this, options); }

  confirmPayment(options) { return confirmElements(this, 'payment_intent', 'stripe.confirmPayment()', options); }
  confirmSetup(options) { return confirmElements(this, 'setup_intent', 'stripe.confirmSetup()', options); }

  async retrievePaymentIntent(secret) { return retrieve(this._access, parseSecret('stripe.retrievePaymentIntent', secret, 'payment_intent')); }
  async retrieveSetupIntent(secret) { return retrieve(this._access, parseSecret('stripe.retrieveSetupIntent', secret, 'setup_intent')); }

  async handleNextAction({clientSecret} = {}) { return this.#handle('stripe.handleNextAction', clientSecret); }
  async handleCardAction(secret) { return this.#handle('stripe.handleCardAction', secret, 'payment_intent'); }

  async #handle(caller, secret, kind) {
    const what = parseSecret(caller, secret, kind);
    const found = await retrieve(this._access, what);
    return found.error ? found : act(this._access, what, found[kinds[what.kind].result]);
  }

  createPaymentMethod(...args) { return createPaymentMethod(this, ...args); }
  createToken(from, data) { return createToken(this, from, data); }
  async createSource() { mistake('The sandbox does not know Sources: use a payment method.'); }
  async createConfirmationToken() { mistake('The sandbox does not know Confirmation Tokens: pass elements to stripe.confirmPayment() instead.'); }

  initEmbeddedCheckout(options) { return initEmbeddedCheckout(this, options); }
  redirectToCheckout(options) { return redirectToCheckout(options); }
  paymentRequest() { return new PaymentRequest(); }
}

// confirmCardPayment and its like are one thing under many names.
for (const [name, kind, type] of [
  ['confirmCardPayment', 'payment_intent', 'card'], ['handleCardPayment', 'payment_intent', 'card'],
  ['confirmSepaDebitPayment', 'payment_intent', 'sepa_debit'], ['confirmUsBankAccountPayment', 'payment_intent', 'us_bank_account'],
  ['confirmIdealPayment', 'payment_intent', 'ideal'], ['confirmOxxoPayment', 'payment_intent', 'oxxo'],
  ['confirmCardSetup', 'setup_intent', 'card'], ['confirmSepaDebitSetup', 'setup_intent', 'sepa_debit'],
  ['confirmUsBankAccountSetup', 'setup_intent', 'us_bank_account'], ['confirmIdealSetup', 'setup_intent', 'ideal'],
]) {
  StripeClient.prototype[name] = function (secret, data, options) {
    return confirmWith(this._access, name, kind, type, secret, data, options);
  };
}

// Stripe is called with new or without.
function Stripe(key, options) {
  if (typeof key !== 'string') mistake('Missing value for Stripe(): apiKey should be a string.');
  if (key === '') mistake('Please call Stripe() with your publishable key. You used an empty string.');
  if (/^[sr]k_/.test(key)) mistake('You should not use your secret key with Stripe.js.\nPlease pass a publishable key instead.');
  if (key.startsWith('pk_live_')) mistake('The sandbox never takes a live key: use any pk_test_ key here.');
  return new StripeClient(key, options);
}

Stripe.version = 3;
window.Stripe ??= Stripe;

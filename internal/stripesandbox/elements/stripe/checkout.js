// Checkout, in a frame of the page or on a page of its own.
async function initEmbeddedCheckout(stripe, options = {}) {
  if (stripe._embedded) mistake('You cannot have multiple Embedded Checkout objects.');
  const {clientSecret, fetchClientSecret, onComplete} = options;
  if (!clientSecret && typeof fetchClientSecret !== 'function') mistake('Invalid value for initEmbeddedCheckout(): you must pass a clientSecret or fetchClientSecret.');
  stripe._embedded = true;
  let secret;
  try {
    secret = clientSecret || await fetchClientSecret();
    if (!/^cs_\w+_secret_/.test(secret ?? '')) mistake(`Invalid value for initEmbeddedCheckout(): the client secret should be that of a Checkout Session in embedded mode. You specified: ${shown(secret)}.`);
  } catch (error) {
    stripe._embedded = false;
    throw error;
  }
  return new EmbeddedCheckout(stripe, secret, onComplete);
}

class EmbeddedCheckout {
  #frame = null;

  constructor(stripe, secret, onComplete) {
    this._stripe = stripe;
    this._session = secret.split('_secret_')[0];
    this._onComplete = onComplete;
  }

  mount(where) {
    const container = typeof where === 'string' ? document.querySelector(where) : where;
    if (!container) mistake(`The selector you specified (${where}) applies to no DOM elements that are currently on the page.`);
    if (!this._stripe) mistake('This Embedded Checkout has already been destroyed. Please create a new one.');
    if (this.#frame) mistake('Embedded Checkout is already mounted. Use `unmount()` to unmount it before re-mounting.');
    const frame = document.createElement('iframe');
    frame.name = 'embedded-checkout';
    frame.title = 'Checkout';
    frame.src = `${origin}/c/embed/${this._session}`;
    frame.allow = 'payment *; clipboard-write';
    Object.assign(frame.style, {border: '0', width: '1px', minWidth: '100%', height: '600px', display: 'block', colorScheme: 'normal'});
    container.append(frame);
    this.#frame = frame;
    window.addEventListener('message', this.#hear);
  }

  unmount() {
    window.removeEventListener('message', this.#hear);
    this.#frame?.remove();
    this.#frame = null;
  }

  destroy() {
    this.unmount();
    if (this._stripe) this._stripe._embedded = false;
    this._stripe = null;
  }

  #hear = ({source, origin: from, data}) => {
    if (source !== this.#frame?.contentWindow || from !== origin) return;
    if (data?.type === 'checkout.height') this.#frame.style.height = `${data.height}px`;
    if (data?.type !== 'checkout.complete') return;
    if (data.return_url) leave(data.return_url);
    else this._onComplete?.();
  };
}

async function redirectToCheckout({sessionId} = {}) {
  if (!sessionId) mistake('The sandbox takes redirectToCheckout({sessionId}) only: make the Checkout Session on your server.');
  if (!/^cs_\w+$/.test(sessionId)) mistake(`Invalid value for redirectToCheckout: sessionId should be the id of a Checkout Session. You specified: ${shown(sessionId)}.`);
  return leave(`${origin}/c/pay/${sessionId}`);
}

// paymentRequest is Apple Pay and Google Pay, which no sandbox has.
class PaymentRequest {
  async canMakePayment() { return null; }
  isShowing() { return false; }
  show() { mistake('show() must only be called after canMakePayment() answered that a payment can be made.'); }
  abort() {}
  update() {}
  on() { return this; }
  once() { return this; }
  off() { return this; }
}

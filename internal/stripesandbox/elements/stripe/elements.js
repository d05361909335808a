// Elements is a group of elements that belong to one payment.
class Elements {
  #elements = [];
  #id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('');

  constructor(stripe, options = {}) {
    if (options.clientSecret !== undefined && options.clientSecret !== null) parseSecret('elements()', options.clientSecret);
    if (options.clientSecret && options.mode) mistake('You cannot pass both a clientSecret and a mode to elements().');
    if (options.mode === 'payment' && !Number.isInteger(options.amount)) mistake('Invalid value for elements(): amount should be an integer in the smallest unit of the currency.');
    if (options.mode && options.mode !== 'setup' && !options.currency) mistake('Invalid value for elements(): currency should be a three-letter ISO code.');
    this._stripe = stripe;
    this._options = options;
    this._submitted = false;
  }

  get _clientSecret() {
    return this._options.clientSecret;
  }

  // described is what the frames are told of the group.
  described() {
    return {id: this.#id, access: this._stripe._access, locale: this._options.locale || this._stripe._locale, ...sendable(this._options)};
  }

  create(type, options) {
    if (!frameTitles[type]) {
      mistake(`A valid Element name must be provided. Valid Elements are:\n  ${Object.keys(frameTitles).join(', ')}; you passed: ${shown(type)}. (There may be more at Stripe: these are what the sandbox knows.)`);
    }
    if (this.getElement(type)) mistake(`Can only create one Element of type ${type}.`);
    if (type === 'payment' && !this._options.clientSecret && !this._options.mode) {
      mistake('In order to create a payment element, you must pass a clientSecret or mode when creating the Elements group.\n\ne.g. stripe.elements({clientSecret: "{{CLIENT_SECRET}}"})');
    }
    if (type === 'address' && !['shipping', 'billing'].includes(options?.mode)) {
      mistake('Invalid value for elements.create(\'address\'): mode should be \'shipping\' or \'billing\'.');
    }
    const element = new Element(type, options, this);
    this.#elements.push(element);
    return element;
  }

  // getElement takes a type, or the React component of one.
  getElement(type) {
    const wanted = type?.__elementType || type;
    return this.#elements.find((e) => e._type === wanted) || null;
  }

  forget(element) {
    this.#elements = this.#elements.filter((e) => e !== element);
  }

  update(options) {
    this._options = {...this._options, ...options};
    this._submitted = false;
    for (const e of this.#elements) {
      e._paint();
      e._tell('group', this.described());
    }
    return this;
  }

  async fetchUpdates() {
    const payment = this.getElement('payment');
    return payment?._mounted ? payment._ask('reload') : {};
  }

  // submit lets every element say whether it can be used as it is.
  async submit() {
    const payment = this.getElement('payment');
    if (!payment?._mounted && !this.getElement('expressCheckout')?._mounted) {
      mistake('Invalid value for elements.submit(): elements should have a mounted Payment Element or Express Checkout Element.');
    }
    for (const e of this.#elements.filter((e) => e._mounted && grows.includes(e._type))) {
      const {error} = await e._ask('validate');
      if (error) return {error};
    }
    this._submitted = true;
    return payment ? {selectedPaymentMethod: payment._value?.type} : {};
  }

  // _gathered is what the other elements add to a payment: an e-mail address, an
  // address to bill, one to ship to.
  async _gathered() {
    let billing = {}, shipping;
    for (const e of this.#elements.filter((e) => e._mounted && ['linkAuthentication', 'address'].includes(e._type))) {
      const {value} = await e._ask('value');
      if (e._type === 'linkAuthentication') billing = merge(billing, value);
      else if (e._options.mode === 'billing') billing = merge(billing, value);
      else shipping = value;
    }
    return {billing, shipping};
  }

  // _cardParts are the elements that hold one card together.
  _cardParts() {
    return ['cardExpiry', 'cardCvc'].filter((type) => this.getElement(type)?._mounted);
  }
}

// The elements there are, and what their frames are called for those who listen
// to a page instead of looking at it.
const frameTitles = {
  card: 'Secure card payment input frame',
  cardNumber: 'Secure card number input frame',
  cardExpiry: 'Secure expiration date input frame',
  cardCvc: 'Secure CVC input frame',
  iban: 'Secure IBAN input frame',
  idealBank: 'Secure bank selection frame',
  payment: 'Secure payment input frame',
  linkAuthentication: 'Secure email input frame',
  address: 'Secure address input frame',
  expressCheckout: 'Secure express checkout frame',
  paymentRequestButton: 'Secure payment button frame',
};

// grows are the elements whose frame is as high as what is in it.
const grows = ['payment', 'linkAuthentication', 'address'];

// Element is one element on the page: a container, the frame in it, and the
// listeners of the page.
class Element {
  #channel = null;
  #container = null;
  #listeners = [];
  #destroyed = false;
  #state = {empty: true, complete: false, invalid: false, focus: false};

  constructor(type, options, group) {
    this._type = type;
    this._componentName = type;
    this._group = group;
    this._options = options || {};
    this._value = {};
  }

  get _mounted() {
    return this.#channel !== null;
  }

  mount(where) {
    this.#alive();
    const container = typeof where === 'string' ? document.querySelector(where) : where;
    if (!container) {
      mistake(typeof where === 'string'
        ? `The selector you specified (${where}) applies to no DOM elements that are currently on the page.\nMake sure the element exists on the page before calling mount().`
        : 'Missing argument. Make sure to call mount() with a valid DOM element or selector.');
    }
    if (!container.isConnected) mistake('This Element must be mounted in a DOM element that is in the document.');
    if (this.#container === container) return this;
    if (this.#container) mistake('This Element is already mounted. Use `unmount()` to unmount the Element before re-mounting.');
    container.textContent = '';
    this.#channel = new Channel({
      src: `${origin}/v3/frame#${this._type}`,
      title: frameTitles[this._type],
      hello: () => ({kind: this._type, options: sendable(this._options), group: this._group.described()}),
      hear: (event, data) => this.#hear(event, data),
    });
    this._paint();
    const holder = document.createElement('div');
    holder.className = '__PrivateStripeElement';
    Object.assign(holder.style, {margin: '0', padding: '0', border: 'none', display: 'block', background: 'transparent', position: 'relative', opacity: '1'});
    holder.append(this.#channel.node);
    if (this._type === 'expressCheckout' || this._type === 'paymentRequestButton') holder.style.display = 'none';
    container.append(holder);
    this.#container = container;
    this.#dress();
    container.closest('label')?.addEventListener('click', this.#focusByLabel);
    if (grows.includes(this._type)) queueMicrotask(() => this.#emit('loaderstart', {elementType: this._type}));
    return this;
  }

  // _paint keeps the frame see-through: it is where page and frame have the same
  // scheme of colours.
  _paint() {
    if (this.#channel) this.#channel.node.style.colorScheme = this._group._options.appearance?.theme === 'night' ? 'dark' : 'light';
  }

  #focusByLabel = () => this.focus();

  unmount() {
    this.#alive();
    if (!this.#container) return this;
    this.#container.closest('label')?.removeEventListener('click', this.#focusByLabel);
    this.#channel.node.parentNode?.remove();
    this.#container.classList.remove(...Object.values(this.#classes()).flatMap(words));
    this.#channel = this.#container = null;
    this.#state = {empty: true, complete: false, invalid: false, focus: false};
    return this;
  }

  destroy() {
    this.unmount();
    this.#destroyed = true;
    this._group.forget(this);
    return this;
  }

  on(event, handler) {
    if (typeof handler !== 'function') mistake('Missing argument. Event handlers must be functions.');
    this.#listeners.push({event, handler});
    return this;
  }

  once(event, handler) {
    const first = (data) => {
      this.off(event, first);
      handler(data);
    };
    return this.on(event, first);
  }

  off(event, handler) {
    this.#listeners = this.#listeners.filter((l) => l.event !== event || (handler && l.handler !== handler));
    return this;
  }

  addEventListener(event, handler) {
    return this.on(event, handler);
  }

  removeEventListener(event, handler) {
    return this.off(event, handler);
  }

  update(options) {
    this.#alive();
    this._options = {...this._options, ...options};
    this.#channel?.tell('update', sendable(this._options));
    return this;
  }

  focus() {
    this.#channel?.node.focus();
    this.#channel?.tell('focus');
    return this;
  }

  blur() {
    this.#channel?.tell('blur');
    this.#channel?.node.blur();
    return this;
  }

  clear() {
    this.#channel?.tell('clear');
    return this;
  }

  collapse() {
    this.#channel?.tell('collapse');
    return this;
  }

  async getValue() {
    return this._ask('value');
  }

  // _ask is a question to the frame; without one the page has made a mistake.
  _ask(op, data) {
    if (!this.#channel) mistake('We could not retrieve data from the specified Element.\nPlease make sure the Element you are attempting to use is still mounted.');
    return this.#channel.ask(op, data);
  }

  _tell(op, data) {
    this.#channel?.tell(op, data);
  }

  #alive() {
    if (this.#destroyed) mistake('This Element has already been destroyed. Please create a new one.');
  }

  #hear(event, data) {
    if (event === 'height') {
      this.#channel.node.style.height = data.height;
      return;
    }
    if (event === 'change') {
      this._value = data.value;
      Object.assign(this.#state, {empty: data.empty, complete: data.complete, invalid: Boolean(data.error)});
    }
    if (event === 'focus' || event === 'blur') this.#state.focus = event === 'focus';
    this.#dress();
    this.#emit(event, {elementType: this._type, ...data});
  }

  #emit(event, data) {
    for (const l of this.#listeners.filter((l) => l.event === event)) l.handler.call(this, data);
  }

  #classes() {
    return {
      base: 'StripeElement', complete: 'StripeElement--complete', empty: 'StripeElement--empty', focus: 'StripeElement--focus',
      invalid: 'StripeElement--invalid', ...this._options.classes,
    };
  }

  // #dress names the element's state in the classes of its container.
  #dress() {
    const {base, ...states} = this.#classes();
    this.#container.classList.add(...words(base));
    for (const [state, names] of Object.entries(states)) {
      for (const name of words(names)) this.#container.classList.toggle(name, Boolean(this.#state[state]));
    }
  }
}

function words(names) {
  return String(names || '').split(/\s+/).filter(Boolean);
}

// sendable leaves out what cannot be sent to a frame, such as callbacks.
function sendable(options) {
  return JSON.parse(JSON.stringify(options ?? {}));
}

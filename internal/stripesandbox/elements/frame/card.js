import {Field, stateOf} from './field.js';
import {brandOf, checkCvc, checkExpiry, checkNumber, checkPostal, digitsOf, expiryOf, formatExpiry, formatNumber} from './cards.js';


// The fields of a card, as every element that asks for one has them.
export function numberField(more) {
  return new Field({inputMode: 'numeric', autocomplete: 'cc-number', placeholder: '1234 1234 1234 1234', format: formatNumber, check: checkNumber, maxLength: 24, ...more});
}

export function expiryField(more) {
  return new Field({inputMode: 'numeric', autocomplete: 'cc-exp', placeholder: 'MM / YY', format: formatExpiry, check: (text) => checkExpiry(text), maxLength: 9, ...more});
}

export function cvcField(brand, more) {
  return new Field({inputMode: 'numeric', autocomplete: 'cc-csc', placeholder: 'CVC', format: (text) => digitsOf(text).slice(0, 4), check: (text) => checkCvc(text, brand()), ...more});
}

// cardOf is a card as the API takes it.
export function cardOf({number, expiry, cvc}) {
  return {
    ...(number && {number: digitsOf(number.text)}),
    ...(expiry && !expiry.empty && expiryOf(expiry.text)),
    ...(cvc && {cvc: cvc.text}),
  };
}

export function badge() {
  const node = document.createElement('span');
  node.className = 'brand';
  node.setAttribute('aria-hidden', 'true');
  return node;
}

export function brand(node, number) {
  const found = brandOf(number);
  node.textContent = found.shown;
  node.dataset.brand = found.name;
  return found.name;
}

// card is number, expiry, code and postal code in one line.
export function card({options, changed}) {
  const root = document.createElement('form');
  root.className = 'line';
  root.addEventListener('submit', (event) => event.preventDefault());
  const icon = badge();
  const fields = {};
  const order = () => [fields.number, fields.expiry, fields.cvc, ...(options.hidePostalCode ? [] : [fields.postal])];
  const on = (what, field) => {
    brand(icon, fields.number.text);
    if (what === 'input' && field.complete && field.node.selectionStart === field.text.length && full(field)) next(field);
    root.classList.toggle('past-number', fields.number.complete && document.activeElement !== fields.number.node);
    if (document.activeElement !== fields.number.node) fields.number.node.scrollLeft = fields.number.node.scrollWidth; // its last digits
    changed(what, field);
  };
  // full: no more digits fit, so that the next field can have the caret.
  const full = (field) => field !== fields.postal && (field !== fields.number || brandOf(field.text).lengths.at(-1) === digitsOf(field.text).length);
  const next = (field) => order()[order().indexOf(field) + 1]?.node.focus();
  fields.number = numberField({name: 'cardnumber', label: 'Credit or debit card number', changed: on});
  fields.expiry = expiryField({name: 'exp-date', label: 'Credit or debit card expiration date', changed: on});
  fields.cvc = cvcField(() => brandOf(fields.number.text).name, {name: 'cvc', label: 'Credit or debit card CVC/CVV', changed: on});
  fields.postal = new Field({name: 'postal', label: 'ZIP', placeholder: 'ZIP', autocomplete: 'billing postal-code', check: checkPostal, maxLength: 12, value: options.value?.postalCode ?? '', changed: on});
  for (const [name, field] of Object.entries(fields)) {
    field.node.setAttribute('aria-label', field.label);
    field.node.classList.add(name);
    // An empty field hands Backspace to the one before it.
    field.node.addEventListener('keydown', (event) => event.key === 'Backspace' && field.text === '' && order()[order().indexOf(field) - 1]?.node.focus());
  }
  const draw = () => {
    root.replaceChildren(...(options.hideIcon ? [] : [icon]), ...order().map((f) => f.node));
    for (const field of order()) field.node.disabled = Boolean(options.disabled);
  };
  brand(icon, '');
  draw();
  return {
    root,
    fields: order,
    state: () => ({...stateOf(order()), brand: brandOf(fields.number.text).name, value: {postalCode: options.hidePostalCode ? '' : fields.postal.text}}),
    value: () => ({value: {postalCode: fields.postal.text}}),
    details: () => ({
      type: 'card', card: cardOf(fields),
      ...(!options.hidePostalCode && !fields.postal.empty && {billing_details: {address: {postal_code: fields.postal.text.trim()}}}),
    }),
    focus: () => (order().find((f) => !f.complete) ?? fields.number).node.focus(),
    update(changes) {
      options = changes;
      if (changes.value?.postalCode !== undefined) fields.postal.set(changes.value.postalCode);
      draw();
    },
  };
}

// A part of a card, in a frame of its own.
function single(field, {options}, more = {}) {
  const root = document.createElement('form');
  root.className = 'line';
  root.addEventListener('submit', (event) => event.preventDefault());
  field.node.setAttribute('aria-label', field.label);
  if (options.placeholder !== undefined) field.node.placeholder = options.placeholder;
  field.node.disabled = Boolean(options.disabled);
  root.append(...(more.icon ? [more.icon] : []), field.node);
  return {
    root,
    fields: () => [field],
    state: () => ({...stateOf([field]), ...more.state?.()}),
    value: () => ({}),
    details: more.details,
    update(changes) {
      if (changes.placeholder !== undefined) field.node.placeholder = changes.placeholder;
      field.node.disabled = Boolean(changes.disabled);
    },
  };
}

export function cardNumber(frame) {
  const icon = frame.options.showIcon ? badge() : null;
  const number = numberField({name: 'cardnumber', label: 'Credit or debit card number', changed(what, field) {
    if (icon) brand(icon, field.text);
    frame.changed(what, field);
  }});
  if (icon) brand(icon, '');
  return single(number, frame, {icon, state: () => ({brand: brandOf(number.text).name}), details: () => ({type: 'card', card: cardOf({number})})});
}

export function cardExpiry(frame) {
  const expiry = expiryField({name: 'exp-date', label: 'Credit or debit card expiration date', changed: frame.changed});
  return single(expiry, frame, {details: () => ({type: 'card', card: cardOf({expiry})})});
}

export function cardCvc(frame) {
  const cvc = cvcField(() => 'unknown', {name: 'cvc', label: 'Credit or debit card CVC/CVV', changed: frame.changed});
  return single(cvc, frame, {details: () => ({type: 'card', card: cardOf({cvc})})});
}

// labelled puts a label above a field, and below it what is wrong with it.
export function labelled(field, {className = '', after} = {}) {
  const box = document.createElement('div');
  box.className = `Field ${className}`;
  const label = document.createElement('label');
  label.className = 'Label';
  label.htmlFor = field.node.id;
  label.textContent = field.label;
  const holder = document.createElement('div');
  holder.className = 'holder';
  holder.append(field.node, ...(after ? [after] : []));
  field.node.classList.add('Input');
  const error = document.createElement('p');
  error.className = 'Error';
  error.id = `${field.node.id}-error`;
  error.setAttribute('role', 'alert');
  box.append(label, holder, error);
  box.show = () => {
    const wrong = field.error;
    error.textContent = wrong?.message ?? '';
    box.classList.toggle('Field--invalid', Boolean(wrong));
    field.node.classList.toggle('Input--invalid', Boolean(wrong));
    field.node.classList.toggle('Input--empty', field.text === '');
    label.classList.toggle('Label--invalid', Boolean(wrong));
    if (wrong) field.node.setAttribute('aria-describedby', error.id);
    else field.node.removeAttribute('aria-describedby');
  };
  return box;
}


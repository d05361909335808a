// The Payment Element: the ways to pay that an intent allows, one of them open.
import {request} from '../shared/api.js';
import {badge, brand, cardOf, cvcField, expiryField, labelled, numberField} from './card.js';
import {brandOf, checkPostal, postalCountries} from './cards.js';
import {countries} from './countries.js';
import {Choice, Field, stateOf} from './field.js';
import {emailField, filled, ibanField, idealBanks} from './forms.js';
import {say} from './words.js';

export function payment({options, group, changed, access}) {
  const root = document.createElement('form');
  root.className = 'payment';
  root.addEventListener('submit', (event) => event.preventDefault());
  let methods = {}, order = [], open = '', merchant = '';

  const at = (what, field) => {
    show();
    changed(what, field);
  };
  const show = () => methods[open]?.boxes.forEach((box) => box.show?.());

  // load learns from the API what may be offered.
  async function load() {
    const {object, error} = await request(access, 'GET', '/v1/elements/sessions', sessionOf(group));
    if (error) return error;
    merchant = options.business?.name ?? object.business_name;
    const offered = object.payment_method_preference.ordered_payment_method_types.filter((type) => builders[type]);
    const wanted = options.paymentMethodOrder ?? [];
    order = [...offered].sort((a, b) => rank(a, wanted) - rank(b, wanted));
    if (order.length === 0) return {type: 'invalid_request_error', message: 'The sandbox draws none of the payment methods of this intent.'};
    methods = Object.fromEntries(order.map((type) => [type, methods[type] ?? builders[type]({options, at, merchant: () => merchant})]));
    if (!methods[open]) open = order[0];
    draw();
    return undefined;
  }

  function draw() {
    root.replaceChildren(...(order.length > 1 ? [tabs(order, open, choose)] : []), panel(open, methods[open], order.length > 1));
    for (const field of methods[open].fields) field.node.disabled = Boolean(options.readOnly);
    show();
  }

  function choose(type) {
    open = type;
    draw();
    root.querySelector(`#${type}-tab`)?.focus();
    changed('input');
  }

  return {
    root,
    load,
    fields: () => methods[open]?.fields ?? [],
    state() {
      const {empty, complete} = stateOf(methods[open]?.fields ?? []);
      return {empty, complete, collapsed: false, value: {type: open}};
    },
    value: () => ({value: {type: open}}),
    details: () => ({type: open, ...methods[open].details()}),
    focus: () => methods[open]?.fields[0]?.node.focus(),
    update(changes) {
      options = changes;
      if (open) draw();
    },
    regroup(changes) {
      const before = JSON.stringify(sessionOf(group));
      group = changes;
      if (JSON.stringify(sessionOf(group)) !== before) load();
    },
  };
}

// sessionOf is the question that the API is asked for a group of elements.
function sessionOf({clientSecret, mode, amount, currency, paymentMethodTypes, captureMethod}) {
  if (clientSecret) return {client_secret: clientSecret};
  return {deferred_intent: {mode, amount, currency, payment_method_types: paymentMethodTypes, capture_method: captureMethod}};
}

function rank(type, wanted) {
  const i = wanted.indexOf(type);
  return i < 0 ? wanted.length : i;
}

function tabs(order, open, choose) {
  const list = document.createElement('div');
  list.className = 'TabList';
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', say('methods'));
  for (const type of order) {
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.id = `${type}-tab`;
    tab.value = type;
    tab.className = `Tab${type === open ? ' Tab--selected' : ''}`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-selected', String(type === open));
    if (type === open) tab.setAttribute('aria-controls', `${type}-panel`);
    tab.tabIndex = type === open ? 0 : -1;
    const label = document.createElement('span');
    label.className = `TabLabel${type === open ? ' TabLabel--selected' : ''}`;
    label.textContent = say(type);
    tab.append(label);
    tab.addEventListener('click', () => choose(type));
    tab.addEventListener('keydown', (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      event.preventDefault();
      choose(order[(order.indexOf(type) + step + order.length) % order.length]);
    });
    list.append(tab);
  }
  return list;
}

function panel(type, method, inTabs) {
  const box = document.createElement('div');
  box.id = `${type}-panel`;
  box.className = 'panel';
  if (inTabs) {
    box.setAttribute('role', 'tabpanel');
    box.setAttribute('aria-labelledby', `${type}-tab`);
  }
  box.append(...method.boxes);
  return box;
}

function note(key, merchant) {
  const p = document.createElement('p');
  p.className = 'TermsText';
  p.textContent = say(key).replace('{name}', merchant?.() ?? '');
  return p;
}

// asks says whether the page leaves a billing detail to the element.
function asks(options, detail) {
  const fields = options.fields?.billingDetails;
  if (fields === 'never') return false;
  const [name, inner] = detail.split('.');
  const rule = fields?.[name];
  return rule !== 'never' && rule?.[inner] !== 'never';
}

// person are the fields for who pays, and what the API is told of them.
function person({options, at}) {
  const first = options.defaultValues?.billingDetails ?? {};
  const name = asks(options, 'name') && new Field({name: 'name', id: 'Field-nameInput', label: say('name'), autocomplete: 'name', value: first.name ?? '', check: filled('incomplete_name'), changed: at});
  const email = asks(options, 'email') && emailField({id: 'Field-emailInput', value: first.email ?? '', changed: at});
  const fields = [name, email].filter(Boolean);
  return {fields, billing: () => ({...(name && {name: name.text.trim()}), ...(email && {email: email.text.trim()})})};
}

const builders = {
  card({options, at}) {
    const first = options.defaultValues?.billingDetails?.address ?? {};
    const icon = badge();
    const moved = (what, field) => {
      brand(icon, number.text);
      placePostal();
      at(what, field);
    };
    const number = numberField({name: 'number', id: 'Field-numberInput', label: say('number'), changed: moved});
    const expiry = expiryField({name: 'expiry', id: 'Field-expiryInput', label: say('expiry'), changed: moved});
    const cvc = cvcField(() => brandOf(number.text).name, {name: 'cvc', id: 'Field-cvcInput', label: say('cvc'), changed: moved});
    const country = asks(options, 'address.country') && new Choice({name: 'country', id: 'Field-countryInput', label: say('country'), options: countries(), value: first.country ?? 'US', autocomplete: 'billing country', changed: moved});
    const where = () => (country ? country.text : first.country ?? 'US');
    const postal = asks(options, 'address.postalCode') && new Field({name: 'postalCode', id: 'Field-postalCodeInput', label: say('zip'), autocomplete: 'billing postal-code', value: first.postal_code ?? '', maxLength: 12, changed: moved,
      check: (code) => checkPostal(code, where())});
    const fields = [number, expiry, cvc, country, postal].filter(Boolean);
    const wide = {className: 'Field--wide'};
    const boxes = fields.map((f) => labelled(f, f === number ? {...wide, after: icon} : f === country && !postal ? wide : {}));
    const placePostal = () => {
      if (postal) boxes[fields.indexOf(postal)].hidden = !postalCountries.includes(where());
    };
    brand(icon, '');
    placePostal();
    return {fields, boxes, details: () => ({card: cardOf({number, expiry, cvc}), billing_details: {address: {
      ...(country && {country: country.text}), ...(postal && !postal.empty && postalCountries.includes(where()) && {postal_code: postal.text.trim()}),
    }}})};
  },

  sepa_debit({options, at, merchant}) {
    const number = ibanField({id: 'Field-ibanInput', placeholder: 'AT61 1904 3002 3457 3201', changed: at});
    const {fields: who, billing} = person({options, at});
    const fields = [number, ...who];
    return {fields, boxes: [...fields.map((f) => labelled(f, {className: 'Field--wide'})), note('mandate', merchant)],
      details: () => ({sepa_debit: {iban: number.text.replace(/\s/g, '')}, billing_details: billing()})};
  },

  us_bank_account({options, at, merchant}) {
    const text = (name, label, code, placeholder) => new Field({name, label: say(label), inputMode: 'numeric', format: (t) => t.replace(/\D/g, ''), placeholder, maxLength: 17, changed: at,
      check: (t) => (t.length >= (name === 'routingNumber' ? 9 : 4) ? '' : code)});
    const routing = text('routingNumber', 'routing', 'incomplete_routing_number', '110000000');
    const number = text('accountNumber', 'account', 'incomplete_account_number', '000123456789');
    const {fields: who, billing} = person({options, at});
    const fields = [...who, routing, number];
    return {fields, boxes: [...fields.map((f) => labelled(f, {className: who.includes(f) ? 'Field--wide' : ''})), note('mandate', merchant)],
      details: () => ({us_bank_account: {routing_number: routing.text, account_number: number.text, account_holder_type: 'individual', account_type: 'checking'}, billing_details: billing()})};
  },

  ideal({at}) {
    const bank = new Choice({name: 'bank', id: 'Field-bankInput', label: say('bank'), options: [['', say('chooseBank')], ...idealBanks], changed: at, check: filled('incomplete_ideal_bank'), optional: false});
    return {fields: [bank], boxes: [labelled(bank, {className: 'Field--wide'}), note('redirect')], details: () => ({ideal: {bank: bank.text}})};
  },

  oxxo({options, at}) {
    const {fields, billing} = person({options, at});
    return {fields, boxes: [...fields.map((f) => labelled(f, {className: 'Field--wide'})), note('voucher')], details: () => ({oxxo: {}, billing_details: billing()})};
  },
};

// The smaller elements: an IBAN, a bank, an e-mail address, a postal address.
import {Choice, Field, stateOf} from './field.js';
import {labelled} from './card.js';
import {checkIban, checkPostal, formatIban} from './cards.js';
import {countries} from './countries.js';
import {say} from './words.js';

export const idealBanks = [
  ['abn_amro', 'ABN AMRO'], ['asn_bank', 'ASN Bank'], ['bunq', 'bunq'], ['ing', 'ING'], ['knab', 'Knab'],
  ['n26', 'N26'], ['nn', 'NN'], ['rabobank', 'Rabobank'], ['regiobank', 'RegioBank'], ['revolut', 'Revolut'], ['sns_bank', 'SNS Bank'], ['triodos_bank', 'Triodos Bank'],
  ['van_lanschot', 'Van Lanschot'], ['yoursafe', 'Yoursafe'],
];

export function ibanField(more) {
  return new Field({name: 'iban', format: formatIban, check: checkIban, maxLength: 42, label: say('iban'), ...more});
}

export function emailField(more) {
  return new Field({name: 'email', type: 'email', inputMode: 'email', autocomplete: 'email', placeholder: 'you@example.com', label: say('email'),
    check: (text) => (/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? '' : text.includes('@') && / /.test(text) ? 'invalid_email' : 'incomplete_email'), ...more});
}

export function filled(code) {
  return (text) => (text.trim() ? '' : code);
}

function line(field) {
  const root = document.createElement('form');
  root.className = 'line';
  root.addEventListener('submit', (event) => event.preventDefault());
  field.node.setAttribute('aria-label', field.label);
  root.append(field.node);
  return root;
}

export function iban({options, changed}) {
  const field = ibanField({placeholder: {DE: 'DE00 0000 0000 0000 0000 00', FR: 'FR00 0000 0000 0000 0000 0000 000'}[options.placeholderCountry] ?? 'AT61 1904 3002 3457 3201', changed});
  return {
    root: line(field),
    fields: () => [field],
    state: () => ({...stateOf([field]), country: field.text.slice(0, 2), bankName: undefined}),
    value: () => ({}),
    details: () => ({type: 'sepa_debit', sepa_debit: {iban: field.text.replace(/\s/g, '')}}),
  };
}

export function idealBank({options, changed}) {
  const field = new Choice({name: 'bank', label: say('bank'), options: [['', say('chooseBank')], ...idealBanks], value: options.value ?? '', changed, check: filled('incomplete_ideal_bank'), optional: false});
  return {
    root: line(field),
    fields: () => [field],
    state: () => ({...stateOf([field]), value: field.text}),
    value: () => ({value: field.text}),
    details: () => ({type: 'ideal', ideal: {bank: field.text}}),
  };
}

// stack is labelled fields below each other.
export function stack(boxes) {
  const root = document.createElement('form');
  root.className = 'stack';
  root.addEventListener('submit', (event) => event.preventDefault());
  root.append(...boxes);
  return root;
}

export function linkAuthentication({options, changed}) {
  const field = emailField({value: options.defaultValues?.email ?? '', changed(what, f) {
    changed(what, f);
    box.show();
  }});
  const box = labelled(field);
  return {
    root: stack([box]),
    fields: () => [field],
    state: () => ({...stateOf([field]), value: {email: field.text}}),
    value: () => ({value: {email: field.text}}),
    details: () => ({}),
  };
}

export function address({options, changed}) {
  const first = options.defaultValues?.address ?? {};
  const allowed = options.allowedCountries ?? [];
  const at = (what, f) => {
    changed(what, f);
    for (const box of boxes) box.show();
  };
  const text = (name, label, autocomplete, value, more) => new Field({name, label: say(label), autocomplete: `${options.mode} ${autocomplete}`, value: value ?? '', check: filled('incomplete_address'), changed: at, ...more});
  const fields = {
    name: text('name', 'name', 'name', options.defaultValues?.name, {check: filled('incomplete_name')}),
    country: new Choice({name: 'country', label: say('country'), options: countries(allowed), value: first.country ?? (allowed.length && !allowed.includes('US') ? allowed[0] : 'US'), changed: at, autocomplete: 'country'}),
    line1: text('addressLine1', 'line1', 'address-line1', first.line1),
    line2: text('addressLine2', 'line2', 'address-line2', first.line2, {optional: true}),
    city: text('locality', 'city', 'address-level2', first.city),
    state: text('administrativeArea', 'state', 'address-level1', first.state, {optional: true}),
    postal: text('postalCode', 'postal', 'postal-code', first.postal_code, {check: (code) => (checkPostal(code, fields.country.text) ? 'incomplete_zip' : '')}),
  };
  const all = Object.values(fields);
  const boxes = all.map((f) => labelled(f));
  const value = () => ({
    name: fields.name.text,
    address: {line1: fields.line1.text, line2: fields.line2.text || null, city: fields.city.text, state: fields.state.text, postal_code: fields.postal.text, country: fields.country.text},
  });
  return {
    root: stack(boxes),
    fields: () => all,
    state: () => ({...stateOf(all), elementMode: options.mode, isNewAddress: true, value: value()}),
    value: () => ({complete: all.every((f) => f.complete), isNewAddress: true, value: value()}),
    details: () => ({}),
  };
}

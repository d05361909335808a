// A frame of the sandbox: it holds one element, and talks with the page that
// shows it through the port of the page's first message. What is typed here
// goes to the API, never to the page.
import {merge, request} from '../shared/api.js';
import {card, cardCvc, cardExpiry, cardNumber} from './card.js';
import {address, iban, idealBank, linkAuthentication} from './forms.js';
import {payment} from './payment.js';
import {decorate} from './style.js';
import {speak} from './words.js';
import {paint} from './field.js';

const builders = {card, cardNumber, cardExpiry, cardCvc, iban, idealBank, linkAuthentication, address, payment};

let port, element, hello, told = '';

function emit(event, data = {}) {
  port?.postMessage({event, data});
}

// changed paints the fields and tells the page what it may know, if that is new.
function changed() {
  for (const field of element.fields()) paint(field);
  const state = element.state();
  const now = JSON.stringify([state, state.error?.code]);
  if (now === told) return;
  told = now;
  emit('change', state);
}

// happened is what a field reports: that it was typed in, entered or left.
function happened(what) {
  if (what === 'escape') {
    emit('escape');
    return;
  }
  changed();
  if (what === 'focus' && !happened.inside) emit('focus');
  if (what === 'focus') happened.inside = true;
  if (what === 'blur') {
    setTimeout(() => {
      if (document.hasFocus() && document.activeElement !== document.body) return;
      happened.inside = false;
      emit('blur');
    });
  }
}

async function start(message) {
  hello = message;
  const {kind, options = {}, group} = hello;
  speak(group.locale);
  element = builders[kind]?.({options, group, changed: happened, access: access()});
  if (!element) {
    emit('ready', {availablePaymentMethods: undefined}); // a button that no wallet here can use
    return;
  }
  document.body.className = `kind-${kind}`;
  document.body.replaceChildren(element.root);
  decorate(kind, options, group);
  new ResizeObserver(() => emit('height', {height: `${Math.ceil(element.root.getBoundingClientRect().height)}px`})).observe(element.root);
  const error = await element.load?.();
  for (const field of element.fields()) paint(field);
  if (error) emit('loaderror', {error});
  else emit('ready');
}

function access() {
  return {...hello.group.access, origin: location.origin};
}

// validate asks of every field that it be complete.
function validate() {
  for (const field of element.fields()) field.asked = true;
  changed();
  const wrong = element.fields().find((f) => f.error);
  wrong?.node.focus();
  return wrong ? {error: wrong.error} : {};
}

// send calls the API with what was typed here and in the frames that hold the
// other parts of the same card.
async function send({path, params, under, parts}) {
  const others = await Promise.all(parts.map(part));
  const invalid = validate();
  if (invalid.error) return invalid;
  const bad = others.find((o) => o.error);
  if (bad) return {error: bad.error};
  let details = element.details();
  for (const {details: more} of others) details = merge(details, more);
  if (under === 'token') {
    const zip = details.billing_details?.address?.postal_code;
    return request(access(), 'POST', path, merge({card: {...details.card, address_zip: zip}}, params));
  }
  return request(access(), 'POST', path, merge(under ? {[under]: details} : details, params));
}

// part asks the frame of a sibling element, over a channel that only frames of
// the sandbox can hear and whose name is the group's.
function part(kind) {
  const channel = new BroadcastChannel(`elements ${hello.group.id}`);
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve({details: {}}), 3000);
    channel.onmessage = ({data}) => {
      if (data.from !== kind) return;
      clearTimeout(late);
      resolve(data);
    };
    channel.postMessage({want: kind});
  }).finally(() => channel.close());
}

function answerSiblings() {
  const channel = new BroadcastChannel(`elements ${hello.group.id}`);
  channel.onmessage = ({data}) => {
    if (data.want === hello.kind) channel.postMessage({from: hello.kind, ...validate(), details: element.details()});
  };
}

const operations = {
  validate,
  send,
  value: () => element.value(),
  focus: () => element.focus?.() ?? element.fields()[0]?.node.focus(),
  blur: () => document.activeElement?.blur(),
  clear() {
    for (const field of element.fields()) field.clear();
    changed();
  },
  collapse: () => element.collapse?.(),
  async reload() {
    const error = await element.load?.();
    changed();
    return error ? {error} : {};
  },
  update(options) {
    hello.options = options;
    element.update?.(options);
    decorate(hello.kind, options, hello.group);
    changed();
  },
  group(group) {
    hello.group = group;
    element.regroup?.(group);
    decorate(hello.kind, hello.options, group);
  },
};

window.addEventListener('message', (event) => {
  if (event.source !== window.parent || event.data?.sandbox !== 'hello') return;
  [port] = event.ports;
  port.onmessage = async ({data: {op, data, ask}}) => {
    if (!element) return;
    const answer = await operations[op]?.(data);
    if (ask) port.postMessage({answer: ask, data: answer ?? {}});
  };
  start(event.data);
  if (['cardExpiry', 'cardCvc'].includes(event.data.kind)) answerSiblings();
});

// On a page of its own a frame shows what it would show, to look at.
async function alone() {
  await start({kind: location.hash.slice(1) || 'payment', options: {mode: 'shipping'}, group: {
    id: 'alone', access: {key: 'pk_test_alone'}, mode: 'payment', amount: 9000, currency: 'eur', paymentMethodTypes: ['card', 'sepa_debit', 'ideal'],
  }});
  const main = document.createElement('main'), heading = document.createElement('h1');
  heading.textContent = 'An element of the sandbox';
  main.append(heading, element.root);
  document.body.replaceChildren(main);
}

if (window.parent === window) alone();

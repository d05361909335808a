// What a page does with stripe.js, in each of the ways it can.
import {makeCheckout, makePayment, makeSetup} from './server.js';

const query = new URLSearchParams(location.search);
const stripe = window.Stripe('pk_test_demo', {locale: query.get('locale') ?? 'auto'});
const find = (id) => document.getElementById(id);
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const kind = query.get('show') ?? 'payment';

// Card elements are dressed by options: the page's style sheets end at their frame.
const style = {base: dark ? {color: '#eceff4', iconColor: '#a9b2c1', '::placeholder': {color: '#a9b2c1'}} : {color: '#1b2230'}, invalid: {color: dark ? '#ffb0a6' : '#a3221a'}};

function tell(result) {
  find('problem').textContent = result.error?.message ?? '';
  find('result').textContent = JSON.stringify(result, null, 2);
}

function box(label) {
  const node = document.createElement('div');
  node.className = 'box';
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', label);
  return node;
}

function heed(element) {
  element.on('change', ({error}) => { find('problem').textContent = error?.message ?? ''; });
  element.on('ready', () => document.body.classList.add('ready'));
  return element;
}

// Each way mounts its element and answers what the button does.
const demos = {
  async payment() {
    const clientSecret = await makePayment(find('currency').value);
    const elements = stripe.elements({clientSecret, appearance: {theme: dark ? 'night' : 'stripe'}});
    heed(elements.create('payment')).mount('#element');
    return () => stripe.confirmPayment({elements, redirect: 'if_required', confirmParams: {return_url: location.href.split('#')[0]}});
  },

  async card() {
    const card = heed(stripe.elements().create('card', {style}));
    const place = box('Card');
    find('element').append(place);
    card.mount(place);
    return async () => stripe.confirmCardPayment(await makePayment(find('currency').value), {payment_method: {card}});
  },

  async split() {
    const elements = stripe.elements();
    find('element').className = 'split';
    const labels = {cardNumber: 'Card number', cardExpiry: 'Expiration date', cardCvc: 'Security code'};
    for (const [type, label] of Object.entries(labels)) {
      const place = box(label);
      find('element').append(place);
      heed(elements.create(type, {style})).mount(place);
    }
    return async () => stripe.confirmCardPayment(await makePayment(find('currency').value), {payment_method: {card: elements.getElement('cardNumber'), billing_details: {name: 'Ada Lovelace'}}});
  },

  async setup() {
    const elements = stripe.elements({clientSecret: await makeSetup(), appearance: {theme: dark ? 'night' : 'stripe'}});
    heed(elements.create('payment')).mount('#element');
    find('submit').textContent = 'Save';
    return () => stripe.confirmSetup({elements, redirect: 'if_required', confirmParams: {return_url: location.href.split('#')[0]}});
  },

  async checkout() {
    find('pay').hidden = true;
    find('checkout').hidden = false;
    const checkout = await stripe.initEmbeddedCheckout({
      fetchClientSecret: () => makeCheckout(find('currency').value),
      onComplete: () => tell({complete: true}),
    });
    checkout.mount('#checkout');
  },
};

let submit;

async function show() {
  find('element').replaceChildren();
  find('script').textContent = `${location.origin}/v3/`;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.search === `?show=${kind}`) link.setAttribute('aria-current', 'page');
  }
  try {
    submit = await demos[kind]();
  } catch (error) {
    tell({error: {message: error.message}});
  }
}

find('pay').addEventListener('submit', async (event) => {
  event.preventDefault();
  find('submit').disabled = true;
  tell(await submit());
  find('submit').disabled = false;
});

find('currency').value = query.get('currency') ?? 'usd';
find('currency').addEventListener('change', () => {
  query.set('currency', find('currency').value);
  location.search = query;
});

// Back from a bank's page.
if (query.get('payment_intent_client_secret')) tell(await stripe.retrievePaymentIntent(query.get('payment_intent_client_secret')));
else if (query.get('setup_intent_client_secret')) tell(await stripe.retrieveSetupIntent(query.get('setup_intent_client_secret')));
await show();

// What makes Checkout pleasant beyond what it needs: the page works without.
'use strict';

const grouped = (digits, sizes) => {
  const parts = [];
  for (let at = 0, i = 0; at < digits.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)];
    parts.push(digits.slice(at, at + size));
    at += size;
  }
  return parts.join(' ');
};

// How each field is written while it is typed.
const written = {
  number: text => {
    const digits = text.replace(/\D/g, '').slice(0, 19);
    return grouped(digits, /^3[47]/.test(digits) ? [4, 6, 5] : [4]);
  },
  expiry: (text, erasing) => {
    let digits = text.replace(/\D/g, '').slice(0, 4);
    if (/^[2-9]$/.test(digits)) digits = '0' + digits;
    return digits.length > 2 || digits.length === 2 && !erasing ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
  },
  cvc: text => text.replace(/\D/g, '').slice(0, 4),
  iban: text => grouped(text.replace(/\W/g, '').toUpperCase(), [4]),
};

// What is typed is formatted, what a browser or a test fills in is left alone.
// The caret stays behind as many signs as before.
const format = event => {
  const field = event.target, write = written[field.name];
  if (!write || !event.inputType) return;
  const behind = field.value.slice(field.selectionStart).replace(/\W/g, '').length;
  field.value = write(field.value, event.inputType.startsWith('delete'));
  let at = field.value.length;
  for (let left = behind; left > 0 && at > 0; at--) if (/\w/.test(field.value[at - 1])) left--;
  field.setSelectionRange(at, at);
};

const form = document.querySelector('#pay');
form?.addEventListener('input', format);
form?.addEventListener('submit', event => {
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes'; // a second click pays no second time
  event.submitter?.setAttribute('aria-busy', 'true');
});
window.addEventListener('pageshow', () => { if (form) delete form.dataset.sent; });

// In a frame: tell the page around it how tall it is, and when it is done.
if (window.parent !== window) {
  const tell = message => window.parent.postMessage(message, '*');
  const height = () => tell({type: 'checkout.height', height: Math.ceil(document.body.getBoundingClientRect().height)});
  new ResizeObserver(height).observe(document.body);
  height();
  const done = document.querySelector('[data-complete]');
  if (done) tell({type: 'checkout.complete', session: done.dataset.complete, return_url: done.dataset.returnUrl || undefined});
}

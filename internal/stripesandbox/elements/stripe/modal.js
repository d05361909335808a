// dialog shows a page of the sandbox over the merchant's: a bank's question, a
// voucher. It resolves with the message that the page sends when it is done, or
// with null once the payer closes it.
function dialog(url, label) {
  const box = document.createElement('dialog');
  box.className = '__PrivateStripeModal';
  box.setAttribute('aria-label', label);
  Object.assign(box.style, {
    position: 'fixed', inset: '0', width: '100%', height: '100%', maxWidth: 'none', maxHeight: 'none', margin: '0', padding: '16px', border: '0', boxSizing: 'border-box',
    background: 'rgba(10, 14, 22, .55)', display: 'grid', placeItems: 'center', zIndex: '2147483647',
  });
  const frame = document.createElement('iframe');
  frame.name = `__privateStripeFrame${Channel.count++}`;
  frame.id = 'challengeFrame';
  frame.title = label;
  frame.src = url;
  frame.addEventListener('load', () => frame.contentWindow?.focus());
  Object.assign(frame.style, {
    width: '100%', maxWidth: '440px', height: '100%', maxHeight: '340px', border: '0', borderRadius: '14px', background: '#fff', boxShadow: '0 12px 40px rgba(0, 0, 0, .35)',
  });
  box.append(frame);
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) => {
    const end = (outcome) => {
      window.removeEventListener('message', hear);
      box.remove();
      resolve(outcome);
    };
    const hear = (event) => {
      if (event.source === frame.contentWindow && event.origin === origin && event.data?.sandbox === 'done') end(event.data);
    };
    window.addEventListener('message', hear);
    box.addEventListener('cancel', (event) => {
      event.preventDefault();
      end(null);
    });
    box.addEventListener('click', (event) => event.target === box && frame.contentWindow.focus());
  });
}

// leave goes to another page; what would have come after never does.
function leave(url) {
  window.location.assign(url);
  return new Promise(() => {});
}

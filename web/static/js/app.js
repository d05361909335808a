// Progressive enhancement only: every page works without this file. It never
// reckons with money; live totals are fragments that the server wrote.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Saved homes: shown at once, put back if the server says no.
for (const form of all('form.heart')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    const saved = button.getAttribute('aria-pressed') === 'true';
    button.setAttribute('aria-pressed', String(!saved));
    try {
      const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
      if (new URL(answer.url).pathname === '/login') location.assign(answer.url);
      else if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      button.setAttribute('aria-pressed', String(saved));
    }
  });
}

// In a strip that is wider than the screen, where one is comes into view.
for (const current of all('.side [aria-current], .tabs [aria-current]')) {
  const strip = current.closest('.side, .tabs');
  const left = current.getBoundingClientRect().left - strip.getBoundingClientRect().left;
  strip.scrollLeft = left - (strip.clientWidth - current.clientWidth) / 2;
}

// Card photos: the others wait in a <template> until somebody shows interest;
// arrows where there is a mouse.
const arrow = { prev: ['Previous photo', 'm15 18-6-6 6-6', -1], next: ['Next photo', 'm9 18 6-6-6-6', 1] };
for (const media of all('.card .media')) {
  const reel = media.querySelector('.reel');
  const waiting = reel.querySelector('template');
  const dots = all('.dots i', media);
  if (dots.length < 2) continue;
  const load = () => waiting?.isConnected && waiting.replaceWith(waiting.content);
  for (const event of ['pointerenter', 'touchstart', 'focusin']) {
    media.parentElement.addEventListener(event, load, { once: true, passive: true });
  }
  const paint = () => {
    const current = Math.round(reel.scrollLeft / reel.clientWidth);
    dots.forEach((dot, i) => dot.classList.toggle('on', i === current));
  };
  paint();
  reel.addEventListener('scroll', () => requestAnimationFrame(paint), { passive: true });
  if (!matchMedia('(hover:hover)').matches) continue;
  for (const [name, [label, path, step]] of Object.entries(arrow)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `nav ${name}`;
    button.tabIndex = -1;
    button.setAttribute('aria-label', label);
    button.innerHTML = `<svg class="ico bold" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`;
    button.onclick = () => {
      load();
      reel.scrollBy({ left: step * reel.clientWidth, behavior: 'smooth' });
    };
    media.append(button);
  }
}

// Gallery counter on small screens.
for (const gallery of all('.gallery')) {
  const count = gallery.parentElement.querySelector('.gal-count');
  const total = all('a:not(.all)', gallery).length;
  gallery.addEventListener('scroll', () => {
    const at = Math.round(gallery.scrollLeft / gallery.clientWidth) + 1;
    count.textContent = count.textContent.replace(/^\d+/, Math.min(at, total));
  }, { passive: true });
}

// Availability: nights, not days, are taken. Once a start is chosen the stay
// may end on the first taken night's morning, but not cross it.
for (const calendar of all('calendar-range')) {
  customElements.whenDefined('calendar-range').then(() => {
    const iso = (date) => date.toISOString().slice(0, 10);
    const taken = (calendar.dataset.blocked || '').split(' ').filter(Boolean).map((run) => run.split('/'));
    const nextTaken = (day) => taken.map(([first]) => first).filter((first) => first > day).sort()[0] || '';
    const end = calendar.max;
    let from = '';
    const refresh = () => { calendar.isDateDisallowed = (date) => disallowed(iso(date)); };
    const disallowed = (day) => {
      if (from && day === nextTaken(from)) return false;
      return day === from || taken.some(([first, last]) => day >= first && day <= last);
    };
    refresh();
    calendar.addEventListener('rangestart', (event) => {
      from = iso(event.detail);
      calendar.max = nextTaken(from) || end;
      refresh();
    });
    calendar.addEventListener('rangeend', () => { from = ''; calendar.max = end; refresh(); });
    calendar.addEventListener('change', () => {
      const [start, finish] = calendar.value.split('/');
      for (const form of all('form[data-quote]')) {
        form.elements.in.value = start;
        form.elements.out.value = finish;
        form.dispatchEvent(new Event('change'));
      }
    });
  });
}

// Live totals: <form data-quote="/homes/x/quote"> asks the server whenever a
// field changes and shows its answer in [data-quote-result].
for (const form of all('form[data-quote]')) {
  const result = form.querySelector('[data-quote-result]');
  let running;
  form.addEventListener('change', async () => {
    running?.abort();
    running = new AbortController();
    result.setAttribute('aria-busy', 'true');
    try {
      const query = new URLSearchParams(new FormData(form));
      const answer = await fetch(`${form.dataset.quote}?${query}`, { headers: { Accept: 'text/html' }, signal: running.signal });
      // 422 and 409 carry a fragment too: it says what is wrong with the dates.
      if (answer.ok || answer.status === 422 || answer.status === 409) {
        result.innerHTML = await answer.text();
        const total = result.querySelector('.total');
        for (const copy of all('[data-quote-total]')) copy.innerHTML = total?.innerHTML || copy.dataset.quoteTotal;
      }
      result.removeAttribute('aria-busy');
    } catch (error) {
      if (error.name !== 'AbortError') result.removeAttribute('aria-busy');
    }
  });
}

// Waiting for Stripe: [data-sse="/trips/x/events"] reloads when the server
// says "done". The browser reconnects by itself.
for (const box of all('[data-sse]')) {
  const source = new EventSource(box.dataset.sse);
  source.addEventListener('done', () => { source.close(); location.reload(); });
  addEventListener('pagehide', () => source.close(), { once: true });
}

// Photos: progress while several files go up; a plain post if this fails.
for (const form of all('form[data-upload]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const bar = form.querySelector('progress');
    const status = form.querySelector('[data-upload-status]');
    const request = new XMLHttpRequest();
    bar.hidden = false;
    request.upload.onprogress = (sent) => {
      if (!sent.lengthComputable) return;
      bar.value = Math.round(100 * sent.loaded / sent.total);
      status.textContent = bar.value < 100 ? `${bar.value}% sent` : 'Making smaller sizes…';
    };
    request.onload = () => {
      if (request.status < 400) location.assign(request.responseURL || location.href);
      else if (request.getResponseHeader('Content-Type')?.startsWith('text/html')) replacePage(request.responseText);
      else form.submit();
    };
    request.onerror = () => form.submit();
    request.open('POST', form.action);
    request.send(new FormData(form));
  });
}

// replacePage shows the server's answer to a form with errors.
function replacePage(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  document.querySelector('main').replaceWith(page.querySelector('main'));
  document.querySelector('.form-errors')?.focus();
}

// Dialogs: a link with data-dialog="id" opens that <dialog> instead of leading
// to the page that does the same without scripts.
for (const opener of all('[data-dialog]')) {
  opener.addEventListener('click', (event) => {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  });
}
for (const closer of all('[data-close]')) {
  closer.addEventListener('click', () => closer.closest('dialog').close());
}
// A form with data-confirm asks once more.
for (const form of all('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (!confirm(form.dataset.confirm)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
}

// Copy buttons appear only where copying works.
for (const button of all('[data-copy]')) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.done = '';
    button.addEventListener('pointerleave', () => delete button.dataset.done, { once: true });
  });
}

// A form is sent once. The button stays enabled, so that its own name and value
// are sent; coming back by the back button makes it usable again.
addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') return;
  if ('sent' in form.dataset) { event.preventDefault(); return; }
  form.dataset.sent = '';
  for (const button of all('button:not([type=button])', form)) button.setAttribute('aria-disabled', 'true');
  setTimeout(release, 30_000); // an answer that leaves the page as it is: a download, a lost connection
});
function release() {
  for (const form of all('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of all('[aria-disabled]', form)) button.removeAttribute('aria-disabled');
  }
}
addEventListener('pageshow', release);

// Choices that act at once: <select data-submit>.
for (const select of all('select[data-submit]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}
document.querySelector('.form-errors')?.focus();

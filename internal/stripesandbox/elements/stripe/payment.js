// confirmPayment and confirmSetup: with a Payment Element, or without.
async function confirmElements(stripe, kind, caller, options) {
  const access = stripe._access;
  const {elements, clientSecret, confirmParams = {}, redirect = 'always'} = typeof options === 'string' ? {clientSecret: options} : options || {};
  if (!elements && !clientSecret) mistake(`Invalid value for ${caller}: you must pass elements or a clientSecret.`);
  if (elements && !(elements instanceof Elements)) mistake(`Invalid value for ${caller}: elements should be an Elements object. You specified: ${shown(elements)}.`);
  if (redirect !== 'always' && redirect !== 'if_required') mistake(`Invalid value for ${caller}: redirect should be 'always' or 'if_required'. You specified: ${shown(redirect)}.`);
  const secret = clientSecret || elements._clientSecret;
  if (!secret) mistake(`You must pass in a clientSecret when calling ${caller}.`);
  const what = parseSecret(caller, secret, kind);
  const {return_url: back} = confirmParams;
  if (redirect === 'always' && !/^https?:\/\//.test(back ?? '')) {
    mistake(`Invalid value for ${caller}: confirmParams.return_url should be a full URL${back ? `. You specified: ${shown(back)}.` : ', unless redirect is \'if_required\'.'}`);
  }
  let answer;
  if (elements) {
    const payment = elements.getElement('payment');
    if (!payment?._mounted) mistake(`Invalid value for ${caller}: elements should have a mounted Payment Element or Express Checkout Element.`);
    if (!elements._clientSecret && !elements._submitted) mistake(`You must call elements.submit() before ${caller}, before anything else that waits.`);
    const {error} = await elements.submit();
    if (error) return {error};
    answer = await confirm(access, what, await withGathered(elements, confirmParams), fromElement(payment, 'payment_method_data'));
  } else {
    answer = await confirm(access, what, confirmParams);
  }
  const intent = answer[kinds[kind].result];
  if (!intent || redirect === 'if_required') return answer;
  return leave(withOutcome(back, kind, intent));
}

// withGathered adds what the group's other elements hold; what the page says
// itself goes before.
async function withGathered(elements, params) {
  const {billing, shipping} = await elements._gathered();
  const gathered = {payment_method_data: {billing_details: billing}, ...(shipping && {shipping})};
  return merge(gathered, params);
}

// withOutcome is the page's address with what Stripe adds to it.
function withOutcome(back, kind, intent) {
  const url = new URL(back);
  url.searchParams.set(kind, intent.id);
  url.searchParams.set(`${kind}_client_secret`, intent.client_secret);
  url.searchParams.set('redirect_status', intent.status === 'processing' ? 'pending' : 'succeeded');
  return url.href;
}

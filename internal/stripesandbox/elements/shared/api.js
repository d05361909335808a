// Requests to the API as a page makes them: forms whose key is one of their
// fields, so that no browser needs to ask first whether it may.

// flatten writes nested values as a[b][c]=d.
export function flatten(value, name = '', out = new URLSearchParams()) {
  if (value === undefined || value === null) return out;
  if (typeof value !== 'object') {
    out.append(name, String(value));
    return out;
  }
  for (const [key, inner] of Object.entries(value)) flatten(inner, name ? `${name}[${key}]` : key, out);
  return out;
}

// request answers {object} or {error}; it never throws.
export async function request(access, method, path, params) {
  const form = flatten({...params, key: access.key, _stripe_account: access.account, _stripe_version: access.version});
  try {
    const url = access.origin + path;
    const response = method === 'GET'
      ? await fetch(`${url}?${form}`, {credentials: 'omit', cache: 'no-store'})
      : await fetch(url, {method, body: form, credentials: 'omit'});
    const body = await response.json();
    return response.ok ? {object: body} : {error: body.error};
  } catch {
    return {error: {
      type: 'api_connection_error',
      message: 'We are experiencing issues connecting to our payments provider. Please check your internet connection and try again.',
    }};
  }
}

// merge lays nested values over others.
export function merge(under, over) {
  if (over === undefined) return under;
  if (!isPlain(under) || !isPlain(over)) return over;
  const out = {...under};
  for (const key of Object.keys(over)) out[key] = merge(under[key], over[key]);
  return out;
}

function isPlain(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

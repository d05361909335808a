// How a page may dress its elements. Everything goes through the CSSOM, property
// by property: a page's strings never become a style sheet.

const plainProperties = new Set(['backgroundColor', 'color', 'fontFamily', 'fontSize', 'fontSmoothing', 'fontStyle', 'fontVariant', 'fontVariantNumeric', 'fontWeight', 'letterSpacing',
  'lineHeight', 'padding', 'textAlign', 'textDecoration', 'textShadow', 'textTransform', 'outline', 'opacity', 'transition', 'caretColor', 'fill']);
const boxProperties = new Set(['border', 'borderColor', 'borderWidth', 'borderStyle', 'borderRadius', 'borderTop', 'borderRight', 'borderBottom', 'borderLeft', 'borderBottomColor', 'boxShadow',
  'margin', 'marginTop', 'marginBottom', 'paddingTop', 'paddingBottom', 'paddingLeft', 'paddingRight', 'height', 'outlineOffset']);
const insides = [':hover', ':focus', '::placeholder', '::selection', ':-webkit-autofill', ':autofill', ':disabled'];

const sheet = new CSSStyleSheet();

export function decorate(kind, options, group) {
  while (sheet.cssRules.length) sheet.deleteRule(0);
  document.adoptedStyleSheets = [sheet];
  if (options.style) dressLine(options.style);
  const appearance = group.appearance ?? {};
  document.documentElement.dataset.theme = ['night', 'flat', 'none'].includes(appearance.theme) ? appearance.theme : 'stripe';
  if (['payment', 'linkAuthentication', 'address'].includes(kind)) dressForm(appearance);
}

// dressLine follows the style object of the card elements.
function dressLine(style) {
  for (const [state, selector] of [['base', 'input'], ['complete', 'input.is-complete'], ['empty', 'input.is-empty'], ['invalid', 'input.is-invalid']]) {
    const wanted = style[state];
    if (!wanted) continue;
    rule(`.line ${selector}, .line ${selector.replace('input', 'select')}`, wanted, plainProperties);
    for (const inside of insides) if (wanted[inside]) rule(`.line ${selector}${inside}`, wanted[inside], plainProperties);
    if (wanted.iconColor && state === 'base') rule('.line .brand', {color: wanted.iconColor}, plainProperties);
    if (wanted.iconColor && state === 'invalid') rule('.line:has(.is-invalid) .brand', {color: wanted.iconColor}, plainProperties);
  }
}

// dressForm follows the appearance of the Payment Element: its variables, and
// rules for the class names that Stripe promises.
function dressForm({variables = {}, rules = {}}) {
  const root = document.documentElement.style;
  for (const name of [...root]) root.removeProperty(name);
  for (const [name, value] of Object.entries(variables)) {
    if (/^[a-zA-Z0-9]+$/.test(name)) root.setProperty(`--${kebab(name)}`, resolve(value, variables));
  }
  const all = new Set([...plainProperties, ...boxProperties]);
  for (const [selector, wanted] of Object.entries(rules)) {
    if (/^\.[A-Z][A-Za-z-]*([.:][\w:()-]+|\s+[.:][\w:()-]+)*$/.test(selector)) rule(`.payment ${selector}, .stack ${selector}`, wanted, all);
  }
}

function resolve(value, variables) {
  return String(value).replace(/var\(--(\w+)\)/g, (_, name) => variables[name] ?? `var(--${kebab(name)})`);
}

function rule(selector, properties, allowed) {
  let at;
  try {
    at = sheet.insertRule(`${selector} {}`, sheet.cssRules.length);
  } catch {
    return; // no selector of this browser's
  }
  for (const [name, value] of Object.entries(properties)) {
    if (allowed.has(name) && !/url\s*\(/i.test(value)) sheet.cssRules[at].style.setProperty(kebab(name), String(value));
  }
}

function kebab(name) {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

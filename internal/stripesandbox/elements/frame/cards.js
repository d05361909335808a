// What can be told of a card from what was typed, before any bank is asked.

const brands = [
  {name: 'amex', shown: 'AMEX', starts: /^3[47]/, lengths: [15], groups: [4, 6, 5], cvc: 4},
  {name: 'diners', shown: 'DINERS', starts: /^(36|30[0-5]|3[89])/, lengths: [14, 16], groups: [4, 4, 4, 4], cvc: 3},
  {name: 'jcb', shown: 'JCB', starts: /^35/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3},
  {name: 'visa', shown: 'VISA', starts: /^4/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3},
  {name: 'mastercard', shown: 'MC', starts: /^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3},
  {name: 'unionpay', shown: 'UNION', starts: /^(62|81)/, lengths: [16, 17, 18, 19], groups: [4, 4, 4, 4, 3], cvc: 3},
  {name: 'discover', shown: 'DISC', starts: /^(6011|64[4-9]|65)/, lengths: [16], groups: [4, 4, 4, 4], cvc: 3},
];

const unknown = {name: 'unknown', shown: '', lengths: [16], groups: [4, 4, 4, 4, 3], cvc: 3};

export function digitsOf(text) {
  return text.replace(/\D/g, '');
}

export function brandOf(number) {
  return brands.find((b) => b.starts.test(digitsOf(number))) ?? unknown;
}

export function luhn(number) {
  let sum = 0;
  [...number].reverse().forEach((c, i) => {
    const d = Number(c) * (i % 2 ? 2 : 1);
    sum += d > 9 ? d - 9 : d;
  });
  return sum % 10 === 0;
}

export function formatNumber(text) {
  const brand = brandOf(text);
  let rest = digitsOf(text).slice(0, Math.max(...brand.lengths));
  const groups = [];
  for (const size of brand.groups) {
    if (!rest) break;
    groups.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return groups.join(' ');
}

// Each check answers '' or the code of what is wrong; codes that begin with
// "incomplete" are not held against someone who still types.
export function checkNumber(text) {
  const digits = digitsOf(text), {lengths} = brandOf(digits);
  if (digits.length < Math.min(...lengths)) return 'incomplete_number';
  if (lengths.includes(digits.length) && luhn(digits)) return '';
  return digits.length < Math.max(...lengths) ? 'incomplete_number' : 'invalid_number';
}

export function formatExpiry(text, before = '') {
  let digits = digitsOf(text);
  if (/^[2-9]/.test(digits)) digits = `0${digits}`;
  if (/^\d\s*\/$/.test(text.trim()) && digits.length === 1) digits = `0${digits}`;
  const year = digits.slice(2, /^\d{2}20\d{2}/.test(digits) ? 6 : 4);
  const month = digits.slice(0, 2);
  if (month.length < 2) return month;
  // The slash comes by itself, and goes with the digit before it.
  if (!year && before.startsWith(month) && text.length < before.length) return month;
  return `${month} / ${year.length === 4 ? year.slice(2) : year}`;
}

export function expiryOf(text) {
  const digits = digitsOf(text);
  return {exp_month: Number(digits.slice(0, 2)), exp_year: 2000 + Number(digits.slice(2, 4))};
}

export function checkExpiry(text, now = new Date()) {
  const digits = digitsOf(text);
  if (digits.length >= 2 && !(Number(digits.slice(0, 2)) >= 1 && Number(digits.slice(0, 2)) <= 12)) return 'invalid_expiry_month';
  if (digits.length < 4) return 'incomplete_expiry';
  const {exp_month: month, exp_year: year} = expiryOf(text);
  if (year < now.getFullYear()) return 'invalid_expiry_year_past';
  if (year > now.getFullYear() + 50) return 'invalid_expiry_year';
  if (year === now.getFullYear() && month < now.getMonth() + 1) return 'invalid_expiry_month_past';
  return '';
}

export function checkCvc(text, brand = 'unknown') {
  const wants = brands.find((b) => b.name === brand)?.cvc;
  const n = digitsOf(text).length;
  return (wants ? n === wants : n === 3 || n === 4) ? '' : 'incomplete_cvc';
}

// A postal code of digits alone is taken for one of the United States.
export function checkPostal(text, country = '') {
  const code = text.trim();
  if (country && !postalCountries.includes(country)) return '';
  const american = country ? country === 'US' : /^\d+$/.test(code);
  return (american ? /^\d{5}(-?\d{4})?$/.test(code) : code.length >= 3) ? '' : 'incomplete_zip';
}

export const postalCountries = ['US', 'CA', 'GB'];

export function formatIban(text) {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, 34).replace(/(.{4})(?=.)/g, '$1 ');
}

const ibanLengths = {AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27, GB: 22, GR: 27, HR: 21, HU: 28, IE: 22,
  IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, SE: 24, SI: 19, SK: 24};

export function checkIban(text) {
  const iban = text.replace(/\s/g, '');
  if (iban.length >= 2 && !ibanLengths[iban.slice(0, 2)]) return 'invalid_iban_country_code';
  const wants = ibanLengths[iban.slice(0, 2)];
  if (!wants || iban.length < wants) return 'incomplete_iban';
  let rest = 0;
  for (const c of iban.slice(4) + iban.slice(0, 4)) for (const d of String(parseInt(c, 36))) rest = (rest * 10 + Number(d)) % 97;
  return rest === 1 && iban.length === wants ? '' : 'invalid_iban';
}

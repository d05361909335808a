import {fault} from './words.js';

let made = 0;

// Field is one input: it formats what is typed, knows whether that is complete,
// and holds nothing against someone who is not done yet.
export class Field {
  constructor({name, id, label, format, check, changed, type = 'text', inputMode, autocomplete, placeholder, maxLength, value = '', optional = false}) {
    Object.assign(this, {name, label, format, check, changed, optional});
    this.asked = false; // the field was left, or the payment tried
    this.node = document.createElement('input');
    Object.assign(this.node, {type, name, id: id ?? `${name}-${made++}`, placeholder: placeholder ?? '', value});
    if (inputMode) this.node.inputMode = inputMode;
    if (maxLength) this.node.maxLength = maxLength;
    this.node.autocomplete = autocomplete ?? 'off';
    this.node.autocapitalize = 'off';
    this.node.spellcheck = false;
    this.before = value;
    this.node.addEventListener('input', () => this.#typed());
    this.node.addEventListener('focus', () => changed('focus', this));
    this.node.addEventListener('blur', () => {
      if (!this.empty) this.asked = true;
      changed('blur', this);
    });
    this.node.addEventListener('keydown', (event) => event.key === 'Escape' && changed('escape', this));
    this.#put(value);
  }

  get text() { return this.node.value; }
  get empty() { return this.text.trim() === ''; }
  get code() { return this.optional && this.empty ? '' : this.check?.(this.text) ?? ''; }
  get complete() { return this.code === ''; }

  // error is what the payer is told now.
  get error() {
    if (this.complete) return undefined;
    if (!this.asked && (this.empty || this.code.startsWith('incomplete'))) return undefined;
    return fault(this.code);
  }

  #typed() {
    if (!this.complete) this.asked = false;
    this.#put(this.text);
    this.changed('input', this);
  }

  // #put formats a value and leaves the caret behind the character it was behind.
  #put(value) {
    if (!this.format) return;
    const at = this.node.selectionStart ?? value.length;
    const significant = value.slice(0, at).replace(/[^0-9A-Za-z]/g, '').length;
    const text = this.format(value, this.before);
    if (text !== this.node.value) {
      const atEnd = at >= value.length;
      this.node.value = text;
      let caret = 0;
      for (let n = 0; caret < text.length && n < significant; caret++) if (/[0-9A-Za-z]/.test(text[caret])) n++;
      if (document.activeElement === this.node) this.node.setSelectionRange(atEnd ? text.length : caret, atEnd ? text.length : caret);
    }
    this.before = text;
  }

  set(value) {
    this.node.value = value;
    this.#put(value);
  }

  clear() {
    this.node.value = this.before = '';
    this.asked = false;
  }
}

// Choice is a select in the same terms.
export class Choice {
  constructor({name, id, label, options, value = '', changed, check, autocomplete, optional = true}) {
    Object.assign(this, {name, label, changed, check, optional, asked: false});
    this.node = document.createElement('select');
    this.node.name = name;
    this.node.id = id ?? `${name}-${made++}`;
    if (autocomplete) this.node.autocomplete = autocomplete;
    for (const [code, text] of options) this.node.append(new Option(text, code, code === value, code === value));
    this.first = this.node.value;
    this.node.addEventListener('change', () => changed('input', this));
    this.node.addEventListener('focus', () => changed('focus', this));
    this.node.addEventListener('blur', () => changed('blur', this));
    this.node.addEventListener('keydown', (event) => event.key === 'Escape' && changed('escape', this));
  }

  get text() { return this.node.value; }
  get empty() { return this.optional || this.text === ''; }
  get code() { return this.check?.(this.text) ?? ''; }
  get complete() { return this.code === ''; }
  get error() { return this.asked ? fault(this.code) : undefined; }

  clear() {
    this.node.value = this.first;
    this.asked = false;
  }
}

// paint shows a field's state on its input.
export function paint(field) {
  const {classList} = field.node;
  const invalid = Boolean(field.error);
  classList.toggle('is-empty', field.text === '');
  classList.toggle('is-complete', !field.empty && field.complete);
  classList.toggle('is-invalid', invalid);
  field.node.setAttribute('aria-invalid', String(invalid));
}

// stateOf sums fields up as a change event does.
export function stateOf(fields) {
  return {
    empty: fields.every((f) => f.empty),
    complete: fields.every((f) => f.complete),
    error: fields.map((f) => f.error).find(Boolean),
  };
}

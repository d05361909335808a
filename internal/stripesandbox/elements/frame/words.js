// What the frames say, by language. A language that is not here reads English.

const words = {
  en: {
    number: 'Card number', expiry: 'Expiration date', cvc: 'Security code', zip: 'ZIP code', postal: 'Postal code', country: 'Country or region', name: 'Full name', email: 'Email',
    iban: 'IBAN', bank: 'Bank', chooseBank: 'Choose a bank', routing: 'Routing number', account: 'Account number', line1: 'Address', line2: 'Apartment, suite, etc.', city: 'City', state: 'State or province',
    card: 'Card', sepa_debit: 'SEPA Debit', us_bank_account: 'US bank account', ideal: 'iDEAL', oxxo: 'OXXO', methods: 'Payment method', loading: 'Loading…',
    redirect: 'After submission, you will be redirected to complete the next steps.', voucher: 'After submission, you will get a voucher to pay in cash.',
    mandate: 'By providing your bank details you allow {name} to debit your account (test mode: nobody does).',
  },
  de: {
    number: 'Kartennummer', expiry: 'Ablaufdatum', cvc: 'Prüfziffer', zip: 'Postleitzahl', postal: 'Postleitzahl', country: 'Land oder Region', name: 'Vollständiger Name', email: 'E-Mail',
    bank: 'Bank', chooseBank: 'Bank wählen', routing: 'Bankleitzahl', account: 'Kontonummer', line1: 'Adresse', line2: 'Adresszusatz', city: 'Ort', state: 'Bundesland',
    card: 'Karte', sepa_debit: 'SEPA-Lastschrift', methods: 'Zahlungsart', loading: 'Lädt …',
  },
  fr: {
    number: 'Numéro de carte', expiry: 'Date d’expiration', cvc: 'Code de sécurité', zip: 'Code postal', postal: 'Code postal', country: 'Pays ou région', name: 'Nom complet', email: 'E-mail',
    bank: 'Banque', chooseBank: 'Choisir une banque', line1: 'Adresse', line2: 'Complément d’adresse', city: 'Ville', card: 'Carte', sepa_debit: 'Prélèvement SEPA', methods: 'Moyen de paiement', loading: 'Chargement…',
  },
  es: {
    number: 'Número de tarjeta', expiry: 'Fecha de caducidad', cvc: 'Código de seguridad', zip: 'Código postal', postal: 'Código postal', country: 'País o región', name: 'Nombre completo', email: 'Correo electrónico',
    bank: 'Banco', chooseBank: 'Elegir un banco', line1: 'Dirección', city: 'Ciudad', card: 'Tarjeta', sepa_debit: 'Adeudo SEPA', methods: 'Método de pago', loading: 'Cargando…',
  },
};

// What is wrong, by Stripe's code; the texts are those that tests look for.
const faults = {
  en: {
    incomplete_number: 'Your card number is incomplete.', invalid_number: 'Your card number is invalid.',
    incomplete_expiry: "Your card's expiration date is incomplete.", invalid_expiry_month: "Your card's expiration date is invalid.",
    invalid_expiry_month_past: "Your card's expiration date is in the past.", invalid_expiry_year_past: "Your card's expiration year is in the past.", invalid_expiry_year: "Your card's expiration year is invalid.",
    incomplete_cvc: "Your card's security code is incomplete.", incomplete_zip: 'Your postal code is incomplete.',
    incomplete_iban: 'Your IBAN is incomplete.', invalid_iban: 'Your IBAN is invalid.', invalid_iban_country_code: 'The country code of your IBAN is not supported.',
    incomplete_ideal_bank: 'Please choose a bank.', incomplete_email: 'Your email is incomplete.', invalid_email: 'Your email is invalid.', incomplete_name: 'Please provide your full name.',
    incomplete_address: 'This field is incomplete.', incomplete_routing_number: 'Your routing number is incomplete.', incomplete_account_number: 'Your account number is incomplete.',
  },
  de: {
    incomplete_number: 'Ihre Kartennummer ist unvollständig.', invalid_number: 'Die Kartennummer ist ungültig.', incomplete_expiry: 'Das Ablaufdatum Ihrer Karte ist unvollständig.',
    invalid_expiry_month_past: 'Das Ablaufdatum Ihrer Karte liegt in der Vergangenheit.', invalid_expiry_year_past: 'Das Ablaufjahr Ihrer Karte liegt in der Vergangenheit.',
    incomplete_cvc: 'Die Prüfziffer Ihrer Karte ist unvollständig.', incomplete_zip: 'Die Postleitzahl ist unvollständig.', incomplete_iban: 'Ihre IBAN ist unvollständig.', invalid_iban: 'Ihre IBAN ist ungültig.',
  },
  fr: {
    incomplete_number: 'Le numéro de votre carte est incomplet.', invalid_number: 'Le numéro de votre carte est invalide.', incomplete_expiry: 'La date d’expiration de votre carte est incomplète.',
    invalid_expiry_month_past: 'La date d’expiration de votre carte est passée.', invalid_expiry_year_past: 'L’année d’expiration de votre carte est passée.',
    incomplete_cvc: 'Le code de sécurité de votre carte est incomplet.', incomplete_zip: 'Votre code postal est incomplet.',
  },
  es: {
    incomplete_number: 'El número de tarjeta está incompleto.', invalid_number: 'El número de tarjeta no es válido.', incomplete_expiry: 'La fecha de caducidad de tu tarjeta está incompleta.',
    invalid_expiry_month_past: 'La fecha de caducidad de tu tarjeta ha pasado.', invalid_expiry_year_past: 'El año de caducidad de tu tarjeta ha pasado.',
    incomplete_cvc: 'El código de seguridad de tu tarjeta está incompleto.', incomplete_zip: 'El código postal está incompleto.',
  },
};

let language = 'en';

export function speak(locale) {
  const wanted = !locale || locale === 'auto' ? navigator.language : locale;
  const short = wanted.slice(0, 2).toLowerCase();
  language = words[short] ? short : 'en';
  document.documentElement.lang = language;
}

export function say(key) {
  return words[language][key] ?? words.en[key] ?? key;
}

// fault is what is wrong as a change event tells it.
export function fault(code) {
  return code ? {type: 'validation_error', code, message: faults[language][code] ?? faults.en[code]} : undefined;
}

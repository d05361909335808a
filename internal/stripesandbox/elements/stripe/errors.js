// IntegrationError is a mistake of the page's author. Everything that goes wrong
// for the payer is an answer with an error instead.
class IntegrationError extends Error {
  constructor(message) {
    super(message);
    this.name = 'IntegrationError';
  }
}

function mistake(message) {
  throw new IntegrationError(message);
}

// shown is a value as an error's text quotes it.
function shown(value) {
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return String(value);
  }
}

// Tells the page that opened this window that the bank was answered. What the
// answer was, the page asks the API.
window.parent.postMessage({sandbox: 'done'}, '*');

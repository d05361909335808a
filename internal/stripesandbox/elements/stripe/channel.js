// Channel is an iframe of the sandbox and the messages to and from it. What is
// said before the frame listens waits; a frame that the page moves starts anew.
class Channel {
  #port = null;
  #waiting = [];
  #asked = new Map();
  #next = 1;

  constructor({src, title, hello, hear}) {
    this.hear = hear;
    this.hello = hello;
    this.node = document.createElement('iframe');
    this.node.name = `__privateStripeFrame${Channel.count++}`;
    this.node.title = title;
    this.node.src = src;
    this.node.allow = 'payment *';
    this.node.setAttribute('frameborder', '0');
    this.node.setAttribute('scrolling', 'no');
    Object.assign(this.node.style, {
      border: '0', margin: '0', padding: '0', width: '1px', minWidth: '100%', overflow: 'hidden', display: 'block', userSelect: 'none', height: '1.2em',
    });
    this.node.addEventListener('load', () => this.#connect());
  }

  static count = 1;

  #connect() {
    if (!this.node.contentWindow) return;
    const {port1, port2} = new MessageChannel();
    port1.onmessage = (event) => this.#heard(event.data);
    this.node.contentWindow.postMessage({sandbox: 'hello', ...this.hello()}, origin, [port2]);
    this.#port = port1;
    for (const message of this.#waiting.splice(0)) port1.postMessage(message);
  }

  #heard(message) {
    if (message.event) {
      this.hear(message.event, message.data);
      return;
    }
    this.#asked.get(message.answer)?.(message.data);
    this.#asked.delete(message.answer);
  }

  tell(op, data) {
    const message = {op, data};
    if (this.#port) this.#port.postMessage(message);
    else this.#waiting.push(message);
  }

  // ask resolves with the frame's answer.
  ask(op, data) {
    const ask = this.#next++;
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve);
      const message = {op, data, ask};
      if (this.#port) this.#port.postMessage(message);
      else this.#waiting.push(message);
    });
  }
}

// The print shop of the tutorial: a small job server that nobody has heard of.  node server.cjs [PORT]
const { createServer } = process.getBuiltinModule('node:http');

const TOKEN = 'let-me-in';
const PORT = 4010;
const SECOND = 1000;

/** What the shop has to print, in seconds from its opening; null: not while anybody looks. */
const ORDERS = [
  { no: 101, name: 'Flyers', queued: -900, begins: -880, ends: -700, how: 'OK' },
  { no: 102, name: 'Posters', queued: -800, begins: -690, ends: -400, how: 'JAMMED' },
  { no: 103, name: 'Menus', queued: -700, begins: -390, ends: -380, how: 'SHREDDED' },
  { no: 104, name: 'Flyers', queued: -1600, begins: -1500, ends: 12, how: 'OK' },
  { no: 105, name: 'Stickers', queued: -500, begins: 13, ends: null, how: null },
  { no: 106, name: 'Posters', queued: -60, begins: null, ends: null, how: null },
];

/** One order as the API shows it. `touched` is the shop's weakness: it moves when an order begins, and not when it ends. */
function show(order, opened, now) {
  const at = (seconds) => opened + seconds * SECOND;
  const has = (seconds) => seconds !== null && at(seconds) <= now;
  const began = has(order.begins);
  const ended = has(order.ends);
  const length = ((order.ends ?? order.begins + 600) - order.begins) * SECOND;
  return {
    no: order.no,
    product: order.name,
    phase: ended ? order.how : began ? 'PRINTING' : 'WAITING',
    percent: began ? Math.min(100, Math.floor(((now - at(order.begins)) / length) * 100)) : 0,
    ordered_ms: at(order.queued),
    began_ms: began ? at(order.begins) : 0,
    ended_ms: ended ? at(order.ends) : 0,
    touched: new Date(at(began ? order.begins : order.queued)).toISOString(),
    customer: { name: 'Ada', email: 'ada@example.com' },
    ...(ended && order.how === 'JAMMED' ? { trouble: 'paper jam in tray 2' } : {}),
  };
}

/** `clock` answers milliseconds since 1970. */
function createPrintShop(clock = Date.now) {
  const opened = clock();
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://shop');
    const send = (status, body) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        date: new Date(clock()).toUTCString(),
      });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return send(401, { error: 'who are you?' });
    if (request.method !== 'GET' || pathname !== '/api/orders') return send(404, { error: 'no such thing' });
    const since = searchParams.get('touched_since') ?? '';
    const orders = ORDERS.map((order) => show(order, opened, clock())).filter(
      ({ touched }) => touched >= since,
    );
    const start = Number(searchParams.get('start') ?? 0);
    const count = Math.min(Number(searchParams.get('count') ?? 4), 50);
    return send(200, { found: orders.length, orders: orders.slice(start, start + count) });
  });
}

function greeting(port) {
  return `The print shop is open: http://127.0.0.1:${port} (token ${TOKEN})`;
}

module.exports = { createPrintShop, greeting };

if (process.argv[1] === module.filename) {
  const port = Number(process.argv[2] ?? PORT);
  createPrintShop().listen(port, '127.0.0.1', () => console.log(greeting(port)));
}

// A process of its own: a gateway that authorises everything after GATEWAY_MS, so that not its work is measured.
import { createServer } from 'node:http';

const waits = Number(process.env['GATEWAY_MS'] ?? '0');
const answer = JSON.stringify({ id: 'a', amount: 1, currency: 'EUR', status: 'authorised', reason: null });

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const end = () => response.writeHead(201, { 'content-type': 'application/json' }).end(answer);
    if (waits > 0) setTimeout(end, waits);
    else end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`no port: ${address}`);
  console.log(JSON.stringify({ url: `http://127.0.0.1:${address.port}` }));
});

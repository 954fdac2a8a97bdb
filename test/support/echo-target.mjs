// An instance of a service, for tests of traffic: node echo-target.mjs <file for the ids of received POSTs>
// Prints its port. Answers `<method> <id>`, after the query's `ms` if it is given.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , received] = process.argv;
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://target');
  const id = url.searchParams.get('id');
  request.resume().on('end', () => {
    if (request.method === 'POST') appendFileSync(received, `${id}\n`);
    setTimeout(() => response.end(`${request.method} ${id}`), Number(url.searchParams.get('ms') ?? 0));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));

// One instance of any service of the benches. It sleeps as long as behaviour.json says, listens, and is ready from then on.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { version, startMs } = JSON.parse(readFileSync(new URL('./behaviour.json', import.meta.url), 'utf8'));
const WORK_MS = 5;
let measuredStartMs = 0;
let isEnding = false;

const server = createServer((request, response) => {
  const answer = (value) => {
    response.writeHead(200, { 'content-type': 'application/json', ...(isEnding ? { connection: 'close' } : {}) });
    response.end(JSON.stringify(value));
  };
  if (request.url === '/ready') return answer({ ready: true });
  // From the start of the process until it listened, Node's own start included.
  if (request.url === '/start') return answer({ version, startMs: measuredStartMs });
  setTimeout(() => answer({ version }), WORK_MS);
});

setTimeout(() => {
  server.listen(Number(process.env.PORT), process.env.HOST, () => {
    measuredStartMs = performance.now();
  });
}, startMs);
// Answers what it has accepted, asks clients to go away with that, then ends.
process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit(0));
});

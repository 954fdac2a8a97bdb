// One instance of any service of the tiny product. What it does is decided by behaviour.json beside it, so that every release has other bytes;
// the variable BEHAVIOUR, in the same form, overrides it for one instance.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const behaviour = {
  ...JSON.parse(readFileSync(new URL('./behaviour.json', import.meta.url), 'utf8')),
  ...JSON.parse(process.env.BEHAVIOUR ?? '{}'),
};
const { PORT, HOST, ONWARD_SERVICE, ONWARD_RELEASE, ONWARD_INSTANCE } = process.env;
const startedAt = Date.now();
let writes = 0;
const told = behaviour.tells === undefined ? '' : ` ${process.env[behaviour.tells]}`;
if (told !== '') console.log(`${behaviour.tells} is${told}`);

const server = createServer((request, response) => {
  const answer = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.url === '/ready') {
    const isReady = behaviour.neverReady !== true && Date.now() - startedAt >= (behaviour.startMs ?? 100);
    if (isReady && behaviour.diesAfterMs !== undefined) setTimeout(() => process.exit(7), behaviour.diesAfterMs);
    return answer(isReady ? 200 : 503, {
      service: ONWARD_SERVICE,
      why: isReady ? 'ready' : `${behaviour.why ?? 'starting'}${told}`,
    });
  }
  if (request.url === '/version')
    return answer(200, { version: behaviour.version ?? ONWARD_RELEASE, host: hostname() });
  if (request.url === '/configuration') {
    const file = process.env.ONWARD_CONFIG_VALUES;
    return answer(200, {
      environment: process.env,
      values: file === undefined ? undefined : readFileSync(file, 'utf8'),
    });
  }
  if (request.method === 'POST') writes += 1;
  const [, slowMs] = /^\/slow\/?(\d*)/.exec(request.url ?? '') ?? [];
  const work = slowMs === undefined ? 5 : Number(slowMs || 600);
  setTimeout(
    () => answer(behaviour.failing ? 500 : 200, { release: ONWARD_RELEASE, instance: ONWARD_INSTANCE, writes }),
    work,
  );
});

server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => {
  if (behaviour.ignoresSigterm) return;
  server.close(() => process.exit(0));
});

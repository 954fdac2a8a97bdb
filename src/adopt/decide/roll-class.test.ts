import { describe, expect, it } from 'vitest';
import { project } from '../test-support.ts';
import { adoptProject } from './adopt-project.ts';

const IMAGE = 'shop/app:1.0.0';
const done = { condition: 'service_completed_successfully' };
type Raw = Readonly<Record<string, unknown>>;

/** The roll class of a service called `name`, with its reason, beside an api that may depend on it. */
function roll(name: string, service: Raw, containers?: readonly { state?: string; exitCode?: number }[]) {
  const services = { [name]: { image: IMAGE, ...service }, other: { image: IMAGE, depends_on: service.needed ?? {} } };
  const observed = project({ name: 'shop', services, ...(containers ? { containers: { [name]: containers } } : {}) });
  const found = adoptProject(observed).services.find(({ origin }) => origin === name)?.roll;
  return `${found?.value}, ${found?.certainty}: ${found?.because}`;
}

describe('chooseRollClass()', () => {
  it.each<[string, string, Raw, ({ state?: string; exitCode?: number }[] | undefined)?]>([
    ['one-shot, told: other waits until it has completed', 'prepare', { needed: { prepare: done } }],
    [
      'one-shot, guessed: it has ended with exit code 0, and nothing starts it again',
      'loader',
      {},
      [{ state: 'exited', exitCode: 0 }],
    ],
    [
      'one-shot, guessed: it does not run, and its name or command is that of a task',
      'db-setup',
      { profiles: ['setup'] },
      [],
    ],
    ['stop-first, guessed: by its name it is a singleton: two at once would do everything twice', 'task-scheduler', {}],
    [
      'stop-first, guessed: by its name it is a singleton: two at once would do everything twice',
      'tasks',
      { command: ['celery', '-A', 'shop', 'beat'] },
    ],
    [
      'stop-first, told: it writes to uploads at /data, which two at once would share',
      'files',
      { volumes: [{ type: 'volume', source: 'uploads', target: '/data' }], expose: ['8080'] },
    ],
    [
      'stop-first, told: only one container can be called the-api',
      'api',
      { container_name: 'the-api', expose: ['80'] },
    ],
    [
      'stop-first, told: it uses the network of the host, where its ports can be held once',
      'api',
      { network_mode: 'host', expose: ['80'] },
    ],
    [
      'stop-first, told: it holds host port 514/udp, which only one can hold',
      'syslog',
      { ports: [{ target: 514, published: '514', protocol: 'udp' }] },
    ],
    ['overlap, guessed: it listens on no port: a worker, of which old and new may run at once', 'worker', {}],
    ['start-first, told: it holds no port of the host, so old and new can run at once', 'web', { expose: ['3000'] }],
    [
      'start-first, told: it holds no port of the host, so old and new can run at once',
      'web',
      { ports: [{ target: 3000 }] },
    ],
    [
      'start-first, told: once HAProxy holds host port 127.0.0.1:3000, as "onward adopt traffic" makes it; until then it would be stop-first',
      'web',
      { ports: [{ target: 3000, published: '3000', host_ip: '127.0.0.1' }] },
    ],
    [
      'start-first, told: it holds no port of the host, so old and new can run at once',
      'web',
      { volumes: [{ type: 'bind', source: '/srv/conf', target: '/conf', read_only: true }], expose: ['3000'] },
    ],
  ])('says %s', (expected, name, service, containers) => {
    expect(roll(name, service, containers)).toBe(expected);
  });
});
